import { describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { NO_USAGE } from "../../src/core/usage.ts";
import type { CachedAnswer, CacheStore } from "../../src/stores/ports.ts";
import { openCacheReader, openResponseCache } from "../../src/stores/response-cache.ts";
import { temporaryFolder } from "./temporary.ts";

const ALICE = { keyId: "key_alice", project: null };
const BOB = { keyId: "key_bob", project: null };

function answerOf(digest: string, more: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    ...ALICE,
    digest,
    provider: "cloud",
    account: "default",
    model: "m",
    endpoint: "chat",
    createdAt: 1_000,
    dialect: "openai-chat",
    form: "reply",
    framing: "sse",
    isVerbatim: true,
    usage: { ...NO_USAGE, raw: { prompt_tokens: 1 } },
    usageSource: "provider",
    warnings: [{ field: "seed", action: "dropped", reason: "not there" }],
    body: '{"text":"héllo 🙂"}',
    ...more,
  };
}

function open(stateDir: string, maxBytes = 1_000_000): CacheStore {
  const opened = openResponseCache({ stateDir, maxBytes: () => maxBytes });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function withStore(check: (store: CacheStore, folder: string) => void, maxBytes?: number): void {
  using folder = temporaryFolder();
  const store = open(folder.path, maxBytes);
  check(store, folder.path);
  store.close();
}

describe("kept answers", () => {
  test("come back as they were saved, also after reopening, in a file of the owner's alone", () => {
    using folder = temporaryFolder();
    const answer = answerOf("a1", { framing: "ndjson", form: "stream", project: "web" });
    const first = open(folder.path);
    expect(first.save(answer)).toBe(true);
    first.close();
    const again = open(folder.path);
    expect(again.find("a1", { ...ALICE, project: "web" }, 0, 2_000)).toEqual(answer);
    expect(statSync(join(folder.path, "cache.db")).mode & 0o777).toBe(0o600);
    again.close();
  });

  test("are nobody's but the tenant's, even under one digest, and not past their time", () => {
    withStore((store) => {
      store.save(answerOf("a1"));
      for (const tenant of [BOB, { keyId: null, project: null }, { ...ALICE, project: "web" }])
        expect(store.find("a1", tenant, 0, 2_000)).toBeNull();
      expect(store.find("a1", ALICE, 1_000, 2_000)).not.toBeNull();
      expect(store.find("a1", ALICE, 1_001, 2_000)).toBeNull();
    });
  });

  test("are replaced under the same digest, and their size counts once", () => {
    withStore((store) => {
      store.save(answerOf("a1", { body: "x".repeat(1_000) }));
      const before = store.sums();
      store.save(answerOf("a1", { body: "y".repeat(1_000) }));
      expect(store.sums()).toEqual(before);
      expect(store.find("a1", ALICE, 0, 0)?.body.startsWith("y")).toBe(true);
    });
  });

  test("count their uses, the latest use first", () => {
    withStore((store) => {
      store.save(answerOf("a1"));
      store.save(answerOf("b2"));
      for (const now of [5_000, 6_000, 7_000]) store.find("a1", ALICE, 0, now);
      expect(store.list({}, 10)).toMatchObject([
        { digest: "a1", hits: 3, usedAt: 7_000 },
        { digest: "b2", hits: 0, usedAt: 1_000 },
      ]);
    });
  });

  test("make room by the use that is longest ago, and one that is too large is not kept", () => {
    withStore((store) => {
      const body = "x".repeat(10_000);
      for (let index = 0; index < 8; index += 1) store.save(answerOf(`a${index}`, { body, createdAt: 1_000 + index }));
      store.find("a0", ALICE, 0, 9_000);
      for (let index = 8; index < 70; index += 1) store.save(answerOf(`a${index}`, { body, createdAt: 2_000 + index }));
      expect(store.sums().bytes).toBeLessThanOrEqual(600_000);
      expect(store.find("a0", ALICE, 0, 9_000)).not.toBeNull();
      expect(store.find("a1", ALICE, 0, 9_000)).toBeNull();
      expect(store.save(answerOf("big", { body: "x".repeat(80_000) }))).toBe(false);
    }, 600_000);
  });

  test("are listed and removed by model, project, key, age and digest, and what is gone is overwritten", () => {
    withStore((store, folder) => {
      store.save(answerOf("aa11", { body: "canary-one" }));
      store.save(answerOf("aa22", { provider: "local", project: "web", createdAt: 5_000 }));
      store.save(answerOf("bb33", { ...BOB, model: "n", createdAt: 9_000 }));
      const found = (filter: object) => store.list(filter, 10).map(({ digest }) => digest);
      expect(found({ model: "cloud/m" })).toEqual(["aa11"]);
      expect(found({ model: "m" })).toEqual(["aa22", "aa11"]);
      expect(found({ provider: "local" })).toEqual(["aa22"]);
      expect(found({ project: "web" })).toEqual(["aa22"]);
      expect(found({ keyId: "key_bob" })).toEqual(["bb33"]);
      expect(found({ before: 5_000 })).toEqual(["aa11"]);
      expect(found({ digest: "aa" })).toEqual(["aa22", "aa11"]);
      expect(store.remove({ digest: "aa1" })).toBe(1);
      expect(store.remove({ digest: "aa1" })).toBe(0);
      expect(store.prune(6_000)).toBe(1);
      expect(found({})).toEqual(["bb33"]);
      store.close();
      expect(readFileSync(join(folder, "cache.db")).includes("canary-one")).toBe(false);
    });
  });
});

test("a file that is no database is told with what to do, and a reader makes none", () => {
  using folder = temporaryFolder();
  expect(openCacheReader({ stateDir: folder.path })).toMatchObject({ ok: false, error: { code: "store_missing" } });
  writeFileSync(join(folder.path, "cache.db"), "this is no database".repeat(300));
  const opened = openResponseCache({ stateDir: folder.path, maxBytes: () => 1 });
  expect(opened).toMatchObject({ ok: false, error: { code: "store_corrupt" } });
});

test("a file with damaged pages is told when it is opened", () => {
  using folder = temporaryFolder();
  open(folder.path).close();
  const path = join(folder.path, "cache.db");
  writeFileSync(path, readFileSync(path).fill(0xaa, 4_096));
  const opened = openResponseCache({ stateDir: folder.path, maxBytes: () => 1 });
  expect(opened).toMatchObject({ ok: false, error: { code: "store_corrupt", message: expect.stringContaining(path) } });
});

test("the size it reckons with is that of its rows, whatever is saved, found and removed", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("save" as const), digest: fc.constantFrom("a", "b", "c", "d"), size: fc.nat(9_000) }),
    fc.record({ do: fc.constant("remove" as const), digest: fc.constantFrom("a", "b", "c", "d") }),
    fc.record({ do: fc.constant("find" as const), digest: fc.constantFrom("a", "b", "c", "d"), now: fc.nat(99) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      withStore((store) => {
        for (const one of steps) {
          if (one.do === "save") store.save(answerOf(one.digest, { body: "x".repeat(one.size) }));
          if (one.do === "remove") store.remove({ digest: one.digest });
          if (one.do === "find") store.find(one.digest, ALICE, 0, one.now);
        }
        const listed = store.list({}, 100).reduce((sum, { bytes }) => sum + bytes, 0);
        expect(store.sums().bytes).toBe(listed);
        expect(listed).toBeLessThanOrEqual(80_000);
      }, 80_000);
    }),
    { numRuns: 30 },
  );
});
