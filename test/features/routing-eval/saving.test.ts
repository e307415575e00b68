import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { foldsOf, learnPool } from "../../../src/features/routing-eval/forecast.ts";
import { modelMeans, type Pool } from "../../../src/features/routing-eval/pool.ts";
import {
  bestSingle,
  cheapestAt,
  chooseModels,
  isSingle,
  outcomeOf,
  tryPolicies,
} from "../../../src/features/routing-eval/saving.ts";
import { madeRows, poolOf } from "./kit.ts";

const BASE = poolOf(madeRows(30, 1));

/** A pool of these tables, and the forecast that knows them. */
function known(models: number, quality: readonly number[], cost: readonly number[]) {
  const pool: Pool = {
    models: Array.from({ length: models }, (_, at) => `m${at}`),
    rows: BASE.rows.slice(0, quality.length / models),
    quality: Float64Array.from(quality),
    cost: Float64Array.from(cost),
  };
  return { pool, cost: Float64Array.from(cost), forecast: { quality: pool.quality, cost: Float64Array.from(cost) } };
}

const TABLES = fc.integer({ min: 2, max: 5 }).chain((models) =>
  fc.integer({ min: 1, max: 30 }).chain((rows) => {
    const size = { minLength: models * rows, maxLength: models * rows };
    const quality = fc.array(fc.constantFrom(0, 0.25, 0.5, 1), size);
    const cost = fc.array(fc.constantFrom(0, 0.001, 0.01, 0.02), size);
    return fc.tuple(fc.constant(models), quality, cost);
  }),
);

describe("policies of a pool", () => {
  test("a price of quality moves a row to the cheaper model where the better one is not worth it", () => {
    const { forecast } = known(2, [0.5, 1, 0.9, 1], [0.001, 0.01, 0.001, 0.01]);
    // The better model costs 0.009 more; it is worth 0.5 in the first row and 0.1 in the second.
    expect([...chooseModels({ kind: "route", price: 0 }, forecast, 2)]).toEqual([1, 1]);
    expect([...chooseModels({ kind: "route", price: 20 }, forecast, 2)]).toEqual([1, 0]);
    expect([...chooseModels({ kind: "route", price: 100 }, forecast, 2)]).toEqual([0, 0]);
    expect([...chooseModels({ kind: "single", model: 1 }, forecast, 2)]).toEqual([1, 1]);
  });

  test("with true forecasts a higher price of quality never costs more and never is better", () => {
    fc.assert(
      fc.property(
        TABLES,
        fc.double({ min: 0, max: 500, noNaN: true }),
        fc.double({ min: 0, max: 500, noNaN: true }),
        ([models, quality, cost], one, other) => {
          const { pool, cost: usd, forecast } = known(models, quality, cost);
          const of = (price: number) => outcomeOf(chooseModels({ kind: "route", price }, forecast, models), pool, usd);
          const [low, high] = [of(Math.min(one, other)), of(Math.max(one, other))];
          expect(high.cost).toBeLessThanOrEqual(low.cost + 1e-12);
          expect(high.quality).toBeLessThanOrEqual(low.quality + 1e-12);
        },
      ),
    );
  });

  test("what is chosen for a level has it, and costs no more than the best single model", () => {
    fc.assert(
      fc.property(TABLES, fc.constantFrom(0.9, 0.95, 1), ([models, quality, cost], level) => {
        const { pool, cost: usd, forecast } = known(models, quality, cost);
        const trial = tryPolicies(pool, usd, forecast);
        const chosen = cheapestAt(trial, level);
        expect(trial.best.quality).toBeCloseTo(modelMeans(pool.quality, models)[bestSingle(pool, usd)] ?? 0, 9);
        expect(chosen.quality).toBeGreaterThanOrEqual(level * trial.best.quality - 1e-9);
        expect(chosen.cost).toBeLessThanOrEqual(trial.best.cost);
        expect(cheapestAt(trial, level, isSingle).cost).toBeGreaterThanOrEqual(chosen.cost);
        expect(isSingle(cheapestAt(trial, level, isSingle).policy)).toBe(true);
      }),
    );
  });

  test.each<[string, number, number]>([
    ["a model that is as good in every row takes over, however few rows there are", 0, 0],
    ["one that is right as often, in other rows, does not on so few rows", 1, 1],
  ])("%s", (_, missed, expected) => {
    const rows = [0, 1, 2, 3, 4, 5, 6, 7];
    const quality = rows.flatMap((row) => [row % 2 === missed ? 0 : 1, row % 2]);
    const { pool, cost } = known(
      2,
      quality,
      rows.flatMap(() => [0.001, 0.01]),
    );
    const blind = { quality: new Float64Array(16), cost };
    const trial = tryPolicies(
      { ...pool, quality: pool.quality.map((one, at) => (at === 1 ? one + 0.01 : one)) },
      cost,
      blind,
    );
    expect(trial.best.policy).toEqual({ kind: "single", model: 1 });
    expect(cheapestAt(trial, 0.99, isSingle).policy).toEqual({ kind: "single", model: expected });
  });

  test("of equally good models the cheaper one is the best single model", () => {
    const { pool, cost } = known(3, [1, 0, 1, 1, 0, 1], [0.02, 0.001, 0.01, 0.02, 0.001, 0.01]);
    expect(bestSingle(pool, cost)).toBe(2);
  });

  test("outcomes of drawn rows count a row as often as it was drawn", () => {
    const { pool, cost } = known(2, [1, 0, 0, 1], [0.01, 0.02, 0.03, 0.04]);
    const chosen = Uint16Array.of(0, 0);
    expect(outcomeOf(chosen, pool, cost, Uint32Array.of(0, 0, 1))).toEqual({
      quality: 2 / 3,
      cost: (0.01 + 0.01 + 0.03) / 3,
    });
  });
});

describe("what is learnt of a pool", () => {
  const train = poolOf(
    madeRows(250, 1).map((row, at) => {
      // Every third prompt is long, and costs five times as much at both models.
      const isLong = at % 3 === 0;
      const factor = isLong ? 5 : 1;
      const prompt = isLong ? `${row.prompt} ${"with every detail that matters ".repeat(5)}` : row.prompt;
      return { ...row, prompt, costs: { small: 0.0001 * factor, large: 0.01 * factor } };
    }),
  );
  const cost = train.cost ?? new Float64Array();
  const learner = learnPool(train, cost, 1);

  test("costs are forecast by prompt, and their mean is that of the rows", () => {
    const forecast = learner.outOfFold.cost;
    const [short, long] = [1, 0].map((row) => forecast[row * 2] ?? 0);
    expect(long).toBeGreaterThan(3 * (short ?? 1));
    const [said, real] = [modelMeans(forecast, 2), modelMeans(cost, 2)];
    expect(Math.abs((said[0] ?? 0) / (real[0] ?? 1) - 1)).toBeLessThan(0.05);
  });

  test("no forecast of a cost is negative or unknown", () => {
    const { cost: said } = learner.predict(poolOf(madeRows(50, 9)));
    expect(said.every((usd) => usd > 0 && Number.isFinite(usd))).toBe(true);
  });

  test("folds keep equal prompts together", () => {
    const rows = madeRows(40, 2);
    const folds = foldsOf(poolOf([...rows, ...rows]), 1);
    expect([...folds.subarray(40)]).toEqual([...folds.subarray(0, 40)]);
  });
});
