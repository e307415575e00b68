import { describe, expect, test } from "bun:test";
import { seededChance } from "../../../src/core/learn/chance.ts";
import { binColumns, findCuts, growTrees, predictTrees } from "../../../src/core/learn/trees.ts";

const OPTIONS = { trees: 100, depth: 3, rate: 0.1, penalty: 1, rowShare: 0.7, featureShare: 1, seed: 4 };

/** Outcomes that no line fits: 1 where exactly one of two features is above a half. */
function crossed(count: number) {
  const chance = seededChance(9);
  const columns = [0, 1, 2].map(() => Float64Array.from({ length: count }, () => chance()));
  const isHigh = (feature: number, at: number) => (columns[feature]?.[at] ?? 0) > 0.5;
  return {
    columns,
    outcomes: Float64Array.from({ length: count }, (_, at) => (isHigh(0, at) !== isHigh(1, at) ? 1 : 0)),
  };
}

describe("boosted trees", () => {
  const { columns, outcomes } = crossed(800);
  const bins = binColumns(findCuts(columns), columns);

  test("learn what depends on two features together", () => {
    const model = growTrees(bins, outcomes, OPTIONS);
    const errors = [...outcomes.keys()].map((at) => Math.abs(predictTrees(model, bins, at) - (outcomes[at] ?? 0)));
    expect(errors.reduce((sum, one) => sum + one, 0) / errors.length).toBeLessThan(0.15);
  });

  test("give the same trees for the same seed", () => {
    expect(growTrees(bins, outcomes, OPTIONS)).toEqual(growTrees(bins, outcomes, OPTIONS));
    expect(growTrees(bins, outcomes, { ...OPTIONS, seed: 5 })).not.toEqual(growTrees(bins, outcomes, OPTIONS));
  });

  test("forecast the mean where there is nothing to split", () => {
    const flat = [new Float64Array(30).fill(7)];
    const model = growTrees(
      binColumns(findCuts(flat), flat),
      Float64Array.from({ length: 30 }, (_, at) => at % 2),
      OPTIONS,
    );
    // Each tree corrects the mean of the rows it sees, so a trace of their draw is left.
    expect(Math.abs(predictTrees(model, [Uint8Array.of(0)], 0) - 0.5)).toBeLessThan(0.1);
  });

  test("a heavier penalty keeps forecasts nearer to the mean", () => {
    const spread = (penalty: number) => {
      const model = growTrees(bins, outcomes, { ...OPTIONS, trees: 10, penalty });
      return Math.max(...[...outcomes.keys()].map((at) => Math.abs(predictTrees(model, bins, at) - 0.5)));
    };
    expect(spread(1000)).toBeLessThan(spread(1) / 2);
  });

  test("cuts of equal counts: a value's bin is how many cuts it reaches", () => {
    const column = Float64Array.from({ length: 320 }, (_, at) => at);
    const cuts = findCuts([column]);
    expect(cuts[0]).toHaveLength(31);
    expect([...(binColumns(cuts, [Float64Array.of(-5, 9, 10, 319, 1e9)])[0] ?? [])]).toEqual([0, 0, 1, 31, 31]);
  });
});
