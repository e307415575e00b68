import { describe, expect, test } from "bun:test";
import type { ApiKey, KeyStore } from "../../src/stores/ports.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const KEY: ApiKey = {
  id: "key_1",
  name: "laptop",
  hint: "ls-…wxyz",
  project: "lodestar",
  createdAt: 1_000,
  expiresAt: 9_000_000,
  revokedAt: null,
  lastUsedAt: null,
  models: ["ollama/*", "openai/gpt-5.4-nano"],
};

function withKeys(check: (keys: KeyStore) => void): void {
  using folder = temporaryFolder();
  const stores = mustOpen(folder.path);
  check(stores.keys);
  stores.close();
}

describe("client keys", () => {
  test("are found by their digest and by nothing else", () => {
    withKeys((keys) => {
      const digest = "a".repeat(64);
      keys.create(KEY, digest);
      expect(keys.findByDigest(digest)).toEqual(KEY);
      expect(keys.findByDigest(`${"a".repeat(63)}b`)).toBeNull();
      expect(keys.findByDigest("a".repeat(63))).toBeNull();
      expect(keys.findByDigest("")).toBeNull();
      expect(keys.findByDigest("' OR 1=1 --")).toBeNull();
    });
  });

  test("are listed oldest first, and an id or a digest is taken once", () => {
    withKeys((keys) => {
      keys.create({ ...KEY, id: "young", createdAt: 2_000, models: [], project: null, expiresAt: null }, "d2");
      keys.create(KEY, "d1");
      expect(keys.list().map(({ id }) => id)).toEqual(["key_1", "young"]);
      expect(keys.list()[1]).toMatchObject({ models: [], project: null, expiresAt: null });
      expect(() => keys.create(KEY, "d3")).toThrow();
      expect(() => keys.create({ ...KEY, id: "other" }, "d1")).toThrow();
    });
  });

  test("end keyless access while one is not revoked", () => {
    withKeys((keys) => {
      expect(keys.hasAny()).toBe(false);
      keys.create(KEY, "d1");
      expect(keys.hasAny()).toBe(true);
      expect(keys.revoke("key_1", 5_000)).toBe(true);
      expect(keys.revoke("key_1", 6_000)).toBe(false);
      expect(keys.revoke("nobody", 6_000)).toBe(false);
      expect(keys.hasAny()).toBe(false);
      expect(keys.findByDigest("d1")).toMatchObject({ revokedAt: 5_000 });
    });
  });

  test("note their last use to the minute", () => {
    withKeys((keys) => {
      keys.create(KEY, "d1");
      const uses: readonly [at: number, noted: number][] = [
        [100_000, 100_000],
        [130_000, 100_000],
        [159_999, 100_000],
        [160_000, 160_000],
      ];
      for (const [at, noted] of uses) {
        keys.touch("key_1", at);
        expect(keys.findByDigest("d1")?.lastUsedAt).toBe(noted);
      }
    });
  });
});
