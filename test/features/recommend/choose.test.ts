import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WANTED_PROBABILITY } from "../../../src/core/recommend-view.ts";
import { posteriorOf, probabilityAtLeast } from "../../../src/core/routing/quality.ts";
import { changesOf, choose, type Limits, type Unjudged } from "../../../src/features/recommend/choose.ts";

const LIMITS: Limits = { floor: 0.6, budgetNanoUsd: null, latencyMs: null };
const TOKENS = { inputTokens: 1_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 500, requests: 0 };

interface Draft {
  readonly good?: number;
  readonly bad?: number;
  readonly cost?: number | null;
  readonly latencyMs?: number | null;
}

/** A model with so many good and bad own answers on a wide prior. */
function model(name: string, { good = 0, bad = 0, cost = 1_000, latencyMs = null }: Draft = {}, floor = 0.6): Unjudged {
  const quality = posteriorOf({ mean: 0.5, weight: 2, source: null, basis: "" }, { good, bad });
  return {
    model: name,
    isLocal: cost === 0,
    quality,
    priorBasis: "",
    probability: probabilityAtLeast(quality, floor),
    costNanoUsd: cost,
    tokens: { ...TOKENS, basis: "assumed" },
    latencyMs,
  };
}

const GOOD: Draft = { good: 40, bad: 2 };

function verdicts(models: readonly Unjudged[], limits: Limits = LIMITS): Readonly<Record<string, string>> {
  return Object.fromEntries(choose(models, limits).contenders.map(({ model: name, verdict }) => [name, verdict]));
}

describe("choosing", () => {
  test("takes the cheapest that is good enough, not the best", () => {
    const models = [
      model("best", { good: 500, cost: 900 }),
      model("cheap", { ...GOOD, cost: 10 }),
      model("bad", { cost: 0 }),
    ];
    const { choice, nearest, contenders } = choose(models, LIMITS);
    expect([choice?.model, nearest]).toEqual(["cheap", null]);
    expect(contenders.map(({ model: name }) => name)).toEqual(["cheap", "best", "bad"]);
  });

  test("of two that cost the same takes the better one", () => {
    const models = [model("a", { ...GOOD, cost: 0 }), model("b", { good: 90, bad: 1, cost: 0 })];
    expect(choose(models, LIMITS).choice?.model).toBe("b");
  });

  test("keeps each limit, and says which one a model broke", () => {
    const models = [
      model("dear", { ...GOOD, cost: 5_000 }),
      model("slow", { ...GOOD, latencyMs: 9_000 }),
      model("unknown", { ...GOOD }),
      model("unpriced", { ...GOOD, cost: null, latencyMs: 10 }),
      model("weak", { bad: 9, latencyMs: 10 }),
      model("fits", { ...GOOD, latencyMs: 10 }),
    ];
    expect(verdicts(models, { floor: 0.6, budgetNanoUsd: 2_000, latencyMs: 1_000 })).toEqual({
      dear: "budget",
      slow: "latency",
      unknown: "unmeasured-latency",
      unpriced: "unpriced",
      weak: "quality",
      fits: "chosen",
    });
  });

  test("where nothing qualifies names the nearest, and among nothing nobody", () => {
    const { choice, nearest } = choose([model("far", { bad: 20 }), model("near", { good: 3 })], LIMITS);
    expect([choice, nearest?.model]).toEqual([null, "near"]);
    expect(choose([], LIMITS)).toEqual({ choice: null, nearest: null, contenders: [] });
  });

  test("never recommends what is not sure enough, whatever it costs, and always the cheapest of the others", () => {
    const drawn = fc.array(
      fc.record({ good: fc.nat(60), bad: fc.nat(20), cost: fc.option(fc.nat(10_000), { nil: null }) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(drawn, (drafts) => {
        const models = drafts.map((draft, index) => model(`m${index}`, draft));
        const { choice, contenders } = choose(models, LIMITS);
        const sure = models.filter((one) => one.costNanoUsd !== null && one.probability >= WANTED_PROBABILITY);
        expect(contenders).toHaveLength(models.length);
        expect(choice?.costNanoUsd ?? null).toBe(
          sure.length === 0 ? null : Math.min(...sure.map(({ costNanoUsd }) => costNanoUsd ?? 0)),
        );
      }),
    );
  });
});

describe("what would change a choice", () => {
  test("good answers of a cheaper model: as many as it says are enough, one less is not", () => {
    const models = [model("paid", { ...GOOD, cost: 900 }), model("local", { good: 4, bad: 1, cost: 0 })];
    const [first] = changesOf(choose(models, LIMITS), LIMITS);
    if (first?.kind !== "good-answers") throw new Error("no such change");
    const with_ = (more: number) => [models[0], model("local", { good: 4 + more, bad: 1, cost: 0 })] as Unjudged[];
    expect(choose(with_(first.count), LIMITS).choice?.model).toBe("local");
    expect(choose(with_(first.count - 1), LIMITS).choice?.model).toBe("paid");
  });

  test("bad answers of the chosen one: as many as it says end it, one less does not", () => {
    const result = choose([model("local", { good: 30, cost: 0 })], LIMITS);
    const change = changesOf(result, LIMITS).find(({ kind }) => kind === "bad-answers");
    if (change?.kind !== "bad-answers") throw new Error("no such change");
    const after = (bad: number) => choose([model("local", { good: 30, bad, cost: 0 })], LIMITS).choice;
    expect(after(change.count)).toBeNull();
    expect(after(change.count - 1)?.model).toBe("local");
  });

  test("the price below which the next one would be taken", () => {
    const models = [model("cheap", { ...GOOD, cost: 100 }), model("dear", { ...GOOD, cost: 700 })];
    expect(changesOf(choose(models, LIMITS), LIMITS)).toContainEqual({
      kind: "price",
      model: "dear",
      belowNanoUsd: 100,
    });
    const cheaper = [model("cheap", { ...GOOD, cost: 100 }), model("dear", { ...GOOD, cost: 99 })];
    expect(choose(cheaper, LIMITS).choice?.model).toBe("dear");
  });

  test("nothing is cheaper than free, so no price is named then", () => {
    const models = [model("free", { ...GOOD, cost: 0 }), model("dear", { ...GOOD, cost: 700 })];
    expect(changesOf(choose(models, LIMITS), LIMITS).map(({ kind }) => kind)).not.toContain("price");
  });

  test("where nothing qualifies, the floor that the nearest reaches", () => {
    const models = [model("near", { good: 3 })];
    const change = changesOf(choose(models, LIMITS), LIMITS).find(({ kind }) => kind === "floor");
    if (change?.kind !== "floor") throw new Error("no such change");
    const floor = change.floor - 1e-6;
    expect(choose([model("near", { good: 3 }, floor)], { ...LIMITS, floor }).choice?.model).toBe("near");
  });

  test.each([
    [{ budgetNanoUsd: 50 }, { kind: "budget" as const, model: "sure", nanoUsd: 80 }],
    [{ latencyMs: 1_000 }, { kind: "latency" as const, model: "sure", latencyMs: 4_000 }],
  ])("the limit %p that keeps out what is good enough", (limit, change) => {
    const limits = { ...LIMITS, ...limit };
    expect(changesOf(choose([model("sure", { ...GOOD, cost: 80, latencyMs: 4_000 })], limits), limits)).toContainEqual(
      change,
    );
  });
});
