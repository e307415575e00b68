import { describe, expect, test } from "bun:test";
import type { Evidence } from "../../../src/core/evidence.ts";
import { createQualityBook } from "../../../src/core/routing/quality-book.ts";
import { createRegenerationWatch } from "../../../src/core/routing/quality-regeneration.ts";

const NOW = Date.UTC(2026, 10, 23);
const HOUR_MS = 3_600_000;
const MODEL = { provider: "ollama", model: "m:7b", isLocal: true, parametersBillions: 7, outputUsdPerMillion: 0 };

function thumb(more: Partial<Evidence> = {}): Evidence {
  const about = { provider: "ollama", model: "m:7b", taskClass: "bug_fix", requestId: null, project: null };
  return { id: `t${Math.random()}`, at: NOW, kind: "thumb", score: 1, voter: null, ...about, ...more };
}

function world() {
  const kept: Evidence[] = [];
  const read: string[] = [];
  const book = createQualityBook({
    figures: () => [],
    evidenceOf: (provider, model, taskClass) => {
      read.push(`${provider}/${model} ${taskClass}`);
      return kept.filter((one) => one.model === model && one.taskClass === taskClass);
    },
    save: (evidence) => kept.push(evidence) > 0,
  });
  return { book, kept, read };
}

describe("the book of beliefs", () => {
  test("reads evidence once an hour, not at every request", () => {
    const { book, read } = world();
    for (let minute = 0; minute < 60; minute += 1) book.believe(MODEL, "bug_fix", NOW + minute * 60_000);
    expect(read).toEqual(["ollama/m:7b bug_fix"]);
    book.believe(MODEL, "bug_fix", NOW + HOUR_MS);
    expect(read).toHaveLength(2);
  });

  test("counts new evidence at once, and for its own model and class alone", () => {
    const { book, read } = world();
    const before = book.believe(MODEL, "bug_fix", NOW);
    book.believe(MODEL, "general", NOW);
    expect(book.recordEvidence(thumb())).toBe(true);
    expect(book.believe(MODEL, "bug_fix", NOW).mean).toBeGreaterThan(before.mean);
    book.believe(MODEL, "general", NOW);
    expect(read.filter((one) => one.endsWith("general"))).toHaveLength(1);
  });

  test("goes back to the prior when its evidence is forgotten", () => {
    const { book, kept } = world();
    const before = book.believe(MODEL, "bug_fix", NOW);
    book.recordEvidence(thumb({ score: 0 }));
    expect(book.believe(MODEL, "bug_fix", NOW).mean).toBeLessThan(before.mean);
    kept.length = 0;
    book.forgetBeliefs();
    expect(book.believe(MODEL, "bug_fix", NOW)).toEqual(before);
  });

  test("stays right beyond its bound", () => {
    const { book, read } = world();
    for (let index = 0; index < 2_001; index += 1) book.believe({ ...MODEL, model: `m${index}` }, "general", NOW);
    expect(book.believe({ ...MODEL, model: "m2000" }, "general", NOW).ownWeight).toBe(0);
    expect(read).toHaveLength(2_001);
  });
});

describe("the watch for regenerations", () => {
  const turn = { conversationKey: "c", turnKey: "3 why", voter: "key_1", requestId: "req_1", project: "web" };
  const answered = { ...turn, provider: "ollama", model: "m:7b", taskClass: "bug_fix" };

  test("asking the same again within minutes is weak evidence against who answered, once", () => {
    const watch = createRegenerationWatch();
    watch.answered(answered, NOW);
    expect(watch.asked(turn, NOW + 30_000)).toEqual({
      id: "regeneration:req_1",
      at: NOW + 30_000,
      kind: "regeneration",
      score: 0,
      voter: "key_1",
      provider: "ollama",
      model: "m:7b",
      taskClass: "bug_fix",
      requestId: "req_1",
      project: "web",
    });
    expect(watch.asked(turn, NOW + 40_000)).toBeNull();
  });

  test.each([
    ["the next turn", { ...turn, turnKey: "5 thanks" }, 30_000],
    ["another conversation", { ...turn, conversationKey: "d" }, 30_000],
    ["another caller", { ...turn, voter: "key_2" }, 30_000],
    ["the same after five minutes", turn, 300_001],
    ["a retry of a program", turn, 400],
  ])("%s is none", (_name, next, afterMs) => {
    const watch = createRegenerationWatch();
    watch.answered(answered, NOW);
    expect(watch.asked(next, NOW + afterMs)).toBeNull();
  });

  test("nothing that was never answered is regenerated", () => {
    expect(createRegenerationWatch().asked(turn, NOW)).toBeNull();
  });

  test("a script that asks the same all day counts once, and again the day after", () => {
    const watch = createRegenerationWatch();
    const counted = [0, 1].map((day) => {
      const found = Array.from({ length: 200 }, (_, index) => {
        const at = NOW + day * 86_400_000 + index * 60_000;
        watch.answered({ ...answered, requestId: `req_${day}_${index}` }, at);
        return watch.asked(turn, at + 30_000);
      });
      return found.filter((one) => one !== null).length;
    });
    expect(counted).toEqual([1, 1]);
  });

  test("a benchmark of many prompts that asks each twice counts three times a model, class and key", () => {
    const watch = createRegenerationWatch();
    const ask = (index: number, more: { model?: string; taskClass?: string; voter?: string } = {}) => {
      const conversationKey = `${index} ${JSON.stringify(more)}`;
      watch.answered({ ...answered, conversationKey, ...more }, NOW + index * 1_000);
      return watch.asked({ ...turn, conversationKey, voter: more.voter ?? turn.voter }, NOW + index * 1_000 + 5_000);
    };
    const many = (more?: Parameters<typeof ask>[1]): number =>
      Array.from({ length: 50 }, (_, index) => ask(index, more)).filter((one) => one !== null).length;
    expect([many(), many({ model: "other" }), many({ taskClass: "general" }), many({ voter: "key_2" })]).toEqual([
      3, 3, 3, 3,
    ]);
  });

  test("of very many conversations the oldest are let go", () => {
    const watch = createRegenerationWatch();
    for (let index = 0; index <= 1_000; index += 1)
      watch.answered({ ...answered, conversationKey: `c${index}` }, NOW + index);
    expect(watch.asked({ ...turn, conversationKey: "c0" }, NOW + 5_000)).toBeNull();
    expect(watch.asked({ ...turn, conversationKey: "c1" }, NOW + 5_000)).not.toBeNull();
  });
});
