import { describe, expect, test } from "bun:test";
import { evaluateOwn, type OwnReport } from "../../../src/features/routing-eval/own-data.ts";
import { assumeCosts, readPrices } from "../../../src/features/routing-eval/prices.ts";
import { type MadeRow, madeRows, poolOf } from "./kit.ts";

function evaluate(train: readonly MadeRow[], test: readonly MadeRow[]): OwnReport {
  return evaluateOwn(poolOf(train), poolOf(test), null, 1);
}

function levelOf(report: OwnReport, level: number) {
  const found = report.pool?.levels.find((one) => one.level === level);
  if (found === undefined) throw new Error(`no level ${level}`);
  return found;
}

describe("a pair of one's own", () => {
  const report = evaluate(madeRows(300, 1), madeRows(300, 2));

  test("is weak and strong by the mean of the training rows", () => {
    expect(report.pair).toMatchObject({ weak: "small", strong: "large" });
    expect(report.models).toEqual(["large", "small"]);
    expect(report.rows).toEqual({ train: 300, test: 300 });
  });

  test("words that tell hard from easy close most of the gap, and controls do not", () => {
    const { apgr, cpt50, cpt80, controls } = report.pair ?? { apgr: null, cpt50: null, cpt80: null, controls: null };
    expect(apgr?.value).toBeGreaterThan(0.75);
    expect(apgr?.low).toBeLessThan(apgr?.value ?? 0);
    expect(apgr?.high).toBeGreaterThan(apgr?.value ?? 1);
    expect(controls?.oracle).toBeGreaterThanOrEqual(apgr?.value ?? 1);
    expect(Math.abs((controls?.length ?? 1) - 0.5)).toBeLessThan(0.2);
    expect(cpt50).toBeLessThan(0.35);
    expect(cpt80).toBeGreaterThan(cpt50 ?? 1);
  });

  test("half of the price is saved where the small model answers what is easy", () => {
    const { saved, quality, policy, qualityPerUsd } = levelOf(report, 0.95);
    expect(policy).toBe("route");
    expect(qualityPerUsd).toBeGreaterThan(0);
    expect(saved.value).toBeGreaterThan(0.45);
    expect(quality.value).toBeGreaterThan(0.92);
  });

  test("more is saved where less quality is asked for", () => {
    const saved = [0.9, 0.95, 0.98, 1].map((level) => levelOf(report, level).saved.value);
    expect(saved).toEqual(saved.toSorted((left, right) => right - left));
  });

  test("the same rows and seed give the same report", () => {
    expect(evaluate(madeRows(300, 1), madeRows(300, 2))).toEqual(report);
  });
});

describe("thresholds", () => {
  test("do not look at the test rows: other answers there change no choice", () => {
    const train = madeRows(300, 1);
    const tested = madeRows(200, 2);
    const turned = tested.map((row) => ({
      ...row,
      scores: { small: row.scores.large ?? 0, large: row.scores.small ?? 0 },
    }));
    const choices = (report: OwnReport) =>
      report.pool?.levels.map(({ policy, qualityPerUsd, saved }) => [policy, qualityPerUsd, saved.value]);
    expect(choices(evaluate(train, turned))).toEqual(choices(evaluate(train, tested)));
  });
});

describe("a pool of one's own", () => {
  test("three models have no pair, with the reason, and a router that leaves the bad one out", () => {
    const report = evaluate(madeRows(300, 1, ["bad"]), madeRows(300, 2, ["bad"]));
    expect(report.pair).toBeNull();
    expect(report.pairReason).toContain("3 models");
    expect(report.pool?.bestSingle).toBe("large");
    expect(levelOf(report, 0.95).saved.value).toBeGreaterThan(0.4);
    expect(report.pool?.oracle.quality).toBeGreaterThanOrEqual(report.pool?.bestQuality ?? 1);
    expect(report.pool?.random.quality).toBeLessThan(report.pool?.bestQuality ?? 0);
  });

  test("does no harm where the cheapest model is the best: nothing is saved, and nothing lost", () => {
    const turn = (row: MadeRow): MadeRow => ({ ...row, costs: { small: 0.01, large: 0.0001 } });
    const report = evaluate(madeRows(300, 1).map(turn), madeRows(300, 2).map(turn));
    for (const level of [0.9, 1]) {
      expect(levelOf(report, level)).toMatchObject({ policy: "large", saved: { value: 0 }, quality: { value: 1 } });
    }
  });

  test("where prompts tell nothing, one model is as good as routing and is taken", () => {
    const same = (row: MadeRow): MadeRow => ({ ...row, prompt: "the same prompt", scores: { small: 0.5, large: 1 } });
    const report = evaluate(madeRows(120, 1).map(same), madeRows(120, 2).map(same));
    expect(levelOf(report, 0.9)).toMatchObject({ policy: "large", saved: { value: 0 } });
  });

  test("rows without costs have no savings, with the reason, but a pair", () => {
    const bare = ({ prompt, scores }: MadeRow): MadeRow => ({ prompt, scores });
    const report = evaluate(madeRows(200, 1).map(bare), madeRows(100, 2));
    expect(report.pool).toBeNull();
    expect(report.costs).toBeNull();
    expect(report.poolReason).toContain("cost for every model");
    expect(report.pair?.apgr?.value).toBeGreaterThan(0.7);
  });

  test("models that cost nothing are forecast to cost nothing", () => {
    const free = (row: MadeRow): MadeRow => ({ ...row, costs: { small: 0, large: 0.01 } });
    const report = evaluate(madeRows(200, 1).map(free), madeRows(200, 2).map(free));
    expect(levelOf(report, 0.95).saved.value).toBeGreaterThan(0.4);
  });

  test("a pair that is equally good has no gap to close", () => {
    const equal = (row: MadeRow): MadeRow => ({ ...row, scores: { small: 1, large: 1 } });
    const report = evaluate(madeRows(100, 1).map(equal), madeRows(100, 2).map(equal));
    expect(report.pair).toMatchObject({ apgr: null, cpt50: null, cpt80: null });
    expect(levelOf(report, 1)).toMatchObject({ policy: "small", quality: { value: 1 } });
  });
});

describe("prices in place of costs", () => {
  const pool = poolOf(madeRows(100, 1));

  test("a price for both directions, or one for each", () => {
    expect(readPrices('{"small": 0.1, "large": {"input_price": 1, "output_price": 4}}', pool.models)).toEqual({
      ok: true,
      value: [
        { input: 1, output: 4 },
        { input: 0.1, output: 0.1 },
      ],
    });
  });

  test.each([
    ["[]", "it is no JSON object of prices by model"],
    ["{", "it is no JSON object of prices by model"],
    ['{"large": 1}', "it has no price of small"],
    ['{"large": {"input_price": 1}, "small": 1}', "it has no price of large"],
  ])("%s is refused", (text, error) => {
    expect(readPrices(text, pool.models)).toEqual({ ok: false, error });
  });

  test("a row costs its prompt at four characters a token and 256 tokens of reply", () => {
    const costs = assumeCosts(pool, [
      { input: 4, output: 8 },
      { input: 0, output: 0 },
    ]);
    expect(costs[0]).toBeCloseTo(((pool.rows[0]?.length ?? 0) + 2048) / 1e6, 12);
    expect(costs[1]).toBe(0);
  });

  test("are used where rows have no costs, and said to be assumed", () => {
    const prices = [
      { input: 10, output: 10 },
      { input: 0.1, output: 0.1 },
    ];
    const [train, tested] = [madeRows(200, 1), madeRows(100, 2)].map((rows) =>
      poolOf(rows.map(({ prompt, scores }) => ({ prompt, scores }))),
    );
    if (train === undefined || tested === undefined) throw new Error("two pools were made");
    const report = evaluateOwn(
      train,
      tested,
      { train: assumeCosts(train, prices), test: assumeCosts(tested, prices) },
      1,
    );
    expect(report.costs).toBe("prices");
    expect(levelOf(report, 0.9).saved.value).toBeGreaterThan(0.4);
  });
});
