import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { EVIDENCE_KINDS, type Evidence } from "../../src/core/evidence.ts";
import type { EvidenceStore } from "../../src/core/evidence-store.ts";
import { openEvidenceReader, openEvidenceStore } from "../../src/stores/evidence.ts";
import { NOON } from "./attempts.ts";
import { temporaryFolder } from "./temporary.ts";

function piece(more: Partial<Evidence> = {}): Evidence {
  return {
    id: "thumb:req_1",
    at: NOON,
    provider: "ollama",
    model: "qwen:7b",
    taskClass: "bug_fix",
    kind: "thumb",
    score: 1,
    voter: null,
    requestId: "req_1",
    project: null,
    ...more,
  };
}

function mustOpen(stateDir: string): EvidenceStore {
  const opened = openEvidenceStore({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

/** A store on a folder that both go away together. */
function opened(): { readonly store: EvidenceStore; readonly path: string; [Symbol.dispose](): void } {
  const folder = temporaryFolder();
  const store = mustOpen(folder.path);
  return {
    store,
    path: folder.path,
    [Symbol.dispose]() {
      store.close();
      folder[Symbol.dispose]();
    },
  };
}

describe("the evidence store", () => {
  test("gives back what was put there, newest first, also after it was closed", () => {
    using folder = temporaryFolder();
    const odd = piece({ id: "x'; DROP TABLE evidence; --", at: NOON + 1, voter: "ädä", project: "web", score: 0.5 });
    const store = mustOpen(folder.path);
    expect([store.save(piece()), store.save(odd)]).toEqual([true, true]);
    store.close();
    const again = mustOpen(folder.path);
    expect(again.list({}, 10)).toEqual([odd, piece()]);
    expect(again.list({}, 1)).toEqual([odd]);
    again.close();
  });

  test("keeps one piece of an id: a person may change their mind", () => {
    using world = opened();
    world.store.save(piece());
    world.store.save(piece({ score: 0, at: NOON + 5 }));
    expect(world.store.list({}, 10)).toEqual([piece({ score: 0, at: NOON + 5 })]);
  });

  test("filters, counts and removes by the same rule, whatever is in it", () => {
    const drawn = fc.record({
      provider: fc.constantFrom("a", "b"),
      model: fc.constantFrom("m", "n"),
      taskClass: fc.constantFrom("bug_fix", "general"),
      kind: fc.constantFrom(...EVIDENCE_KINDS),
      score: fc.constantFrom(0, 0.5, 1),
    });
    const maybe = (...values: string[]) => fc.constantFrom(undefined, ...values);
    const wanted = fc.record({
      provider: maybe("a", "b"),
      model: maybe("m"),
      taskClass: maybe("bug_fix"),
    });
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 25 }), wanted, (all, filter) => {
        using world = opened();
        const pieces = all.map((one, index) => piece({ ...one, id: `e${index}`, at: NOON + index }));
        for (const one of pieces) world.store.save(one);
        const matching = pieces.filter(
          (one) =>
            one.provider === (filter.provider ?? one.provider) &&
            one.model === (filter.model ?? one.model) &&
            one.taskClass === (filter.taskClass ?? one.taskClass),
        );
        expect(world.store.list(filter, 100)).toEqual(matching.toReversed());
        const tallies = world.store.tallies(filter);
        expect(tallies.reduce((sum, { pieces: count }) => sum + count, 0)).toBe(matching.length);
        expect(tallies.reduce((sum, { good }) => sum + good, 0)).toBe(
          matching.reduce((sum, { score }) => sum + score, 0),
        );
        expect(world.store.ofModel("a", "m", "bug_fix")).toEqual(
          pieces.filter((o) => o.provider === "a" && o.model === "m" && o.taskClass === "bug_fix").toReversed(),
        );
        expect(world.store.remove(filter)).toBe(matching.length);
        expect(world.store.remove(filter)).toBe(0);
        expect(world.store.list({}, 100)).toHaveLength(pieces.length - matching.length);
      }),
      { numRuns: 25 },
    );
  });

  test("prunes what is old in chunks, and nothing else", () => {
    using world = opened();
    for (let index = 0; index < 1_200; index += 1) world.store.save(piece({ id: `old${index}`, at: NOON - 1 - index }));
    world.store.save(piece());
    expect([world.store.prune(NOON), world.store.prune(NOON), world.store.prune(NOON)]).toEqual([1_000, 200, 0]);
    expect(world.store.list({}, 10)).toEqual([piece()]);
  });

  test("deletes the oldest where there is more than the bound", () => {
    using world = opened();
    const other = new Database(join(world.path, "votes.db"));
    other.run(`
      WITH RECURSIVE series(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < 100002)
      INSERT INTO evidence SELECT 'n' || value, value, 'p', 'm', 'general', 'exit', 1, NULL, NULL, NULL FROM series`);
    other.close();
    expect([world.store.prune(0), world.store.prune(0)]).toEqual([2, 0]);
    expect(world.store.list({}, 100_010).at(-1)?.at).toBe(3);
  });

  test("leaves out what somebody else spoilt", () => {
    using world = opened();
    world.store.save(piece());
    world.store.save(piece({ id: "b" }));
    world.store.save(piece({ id: "c" }));
    const other = new Database(join(world.path, "votes.db"));
    other.run("UPDATE evidence SET kind = 'rumour' WHERE id = 'b'");
    other.run("UPDATE evidence SET score = 7 WHERE id = 'c'");
    other.close();
    expect(world.store.list({}, 10)).toEqual([piece()]);
    expect(world.store.ofModel("ollama", "qwen:7b", "bug_fix")).toEqual([piece()]);
  });

  test("lies in a file for its owner only, and is read beside the one who writes", () => {
    using folder = temporaryFolder();
    expect(openEvidenceReader({ stateDir: folder.path })).toMatchObject({
      ok: false,
      error: { code: "store_missing" },
    });
    const store = mustOpen(folder.path);
    store.save(piece());
    expect(statSync(join(folder.path, "votes.db")).mode & 0o777).toBe(0o600);
    const reader = openEvidenceReader({ stateDir: folder.path });
    expect(reader.ok && reader.value.list({}, 5)).toEqual([piece()]);
    if (reader.ok) reader.value.close();
    store.close();
  });

  test("says false where it cannot write, and throws nothing", () => {
    using world = opened();
    const other = new Database(join(world.path, "votes.db"));
    other.run("DROP TABLE evidence");
    other.close();
    expect(world.store.save(piece())).toBe(false);
  });

  test("in a file that is none is a fault that names it", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "votes.db"), "this is no database, whatever its name says".repeat(100));
    expect(openEvidenceStore({ stateDir: folder.path })).toMatchObject({ ok: false, error: { code: "store_corrupt" } });
  });
});
