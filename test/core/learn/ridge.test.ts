import { describe, expect, test } from "bun:test";
import { seededChance } from "../../../src/core/learn/chance.ts";
import { fitRidge, predictRidge } from "../../../src/core/learn/ridge.ts";

function row(...values: number[]) {
  return { columns: Uint32Array.from(values.keys()), values: Float32Array.from(values) };
}

describe("a ridge", () => {
  test("one column: the slope is the closed form x·y / (x·x + penalty), around the mean", () => {
    const rows = [row(-2), row(-1), row(1), row(2)];
    const outcomes = Float64Array.of(1, 2, 4, 5);
    const model = fitRidge({ rows, width: 1 }, outcomes, { targets: 1, penalty: 3 });
    // x·(y - 3) = 4 + 1 + 1 + 4 = 10 and x·x = 10.
    expect(model.means[0]).toBe(3);
    expect(model.weights[0]).toBeCloseTo(10 / 13, 8);
    expect(predictRidge(model, row(2))[0]).toBeCloseTo(3 + 20 / 13, 8);
  });

  test("solves the normal equations: the slope of the loss vanishes for every target", () => {
    const chance = seededChance(3);
    const rows = Array.from({ length: 40 }, () => row(...Array.from({ length: 5 }, () => chance() - 0.5)));
    const outcomes = Float64Array.from({ length: 80 }, () => chance());
    const penalty = 0.7;
    const model = fitRidge({ rows, width: 5 }, outcomes, { targets: 2, penalty, steps: 50 });
    for (let target = 0; target < 2; target++) {
      for (let column = 0; column < 5; column++) {
        const slope = rows.reduce((sum, one, at) => {
          const error = (outcomes[at * 2 + target] ?? 0) - (predictRidge(model, one)[target] ?? 0);
          return sum + error * (one.values[column] ?? 0);
        }, 0);
        expect(Math.abs(slope - penalty * (model.weights[column * 2 + target] ?? 0))).toBeLessThan(1e-3);
      }
    }
  });

  test("targets do not disturb one another", () => {
    const rows = [row(1, 0), row(0, 1), row(1, 1), row(0.5, 2)];
    const both = fitRidge({ rows, width: 2 }, Float64Array.of(1, 9, 2, 1, 3, 5, 4, 7), { targets: 2, penalty: 1 });
    const alone = fitRidge({ rows, width: 2 }, Float64Array.of(1, 2, 3, 4), { targets: 1, penalty: 1 });
    expect(predictRidge(both, row(3, 1))[0]).toBeCloseTo(predictRidge(alone, row(3, 1))[0] ?? 0, 6);
  });

  test("no rows, constant outcomes and unknown columns give the mean", () => {
    const constant = fitRidge({ rows: [row(1), row(2)], width: 9 }, Float64Array.of(4, 4), { targets: 1, penalty: 1 });
    expect(predictRidge(constant, row(7))[0]).toBe(4);
    const unknown = { columns: Uint32Array.of(8), values: Float32Array.of(1) };
    expect(predictRidge(constant, unknown)[0]).toBe(4);
    expect([...fitRidge({ rows: [], width: 2 }, new Float64Array(), { targets: 1, penalty: 1 }).means]).toEqual([0]);
  });
});
