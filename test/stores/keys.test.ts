import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NO_LIMITS } from "../../src/core/key-limits.ts";
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
  limits: {
    budget: { limitNanoUsd: 5_000_000_000, period: "day", over: "degrade" },
    requestsPerMinute: 60,
    burst: 10,
    tokensPerMinute: 100_000,
    concurrent: 4,
  },
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

  test("carry limits that can be changed while they live", () => {
    withKeys((keys) => {
      keys.create(KEY, "d1");
      const before = keys.revision();
      const tighter: ApiKey["limits"] = { ...NO_LIMITS, concurrent: 1 };
      expect(keys.limit("key_1", tighter)).toBe(true);
      expect(keys.findByDigest("d1")?.limits).toEqual(tighter);
      expect(keys.limit("nobody", tighter)).toBe(false);
      keys.revoke("key_1", 5_000);
      expect(keys.limit("key_1", NO_LIMITS)).toBe(false);
      expect(keys.findByDigest("d1")?.limits).toEqual(tighter);
      expect(keys.revision()).toBeGreaterThan(before);
      const settled = keys.revision();
      keys.touch("key_1", 6_000);
      expect(keys.revision()).toBe(settled);
    });
  });

  test("of a file from before limits have none", () => {
    using folder = temporaryFolder();
    const old = new Database(join(folder.path, "keys.db"));
    old.run(readFileSync("src/stores/sqlite/migrations/keys/0001-initial.sql", "utf8"));
    old.run("INSERT INTO keys VALUES ('key_0', 'd0', 'old', 'ls-…0000', NULL, 1, NULL, NULL, NULL, '[]')");
    old.run("PRAGMA user_version = 1");
    old.close();
    const stores = mustOpen(folder.path);
    expect(stores.keys.findByDigest("d0")).toMatchObject({ name: "old", limits: NO_LIMITS });
    stores.close();
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
