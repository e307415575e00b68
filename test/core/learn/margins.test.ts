import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { seededChance } from "../../../src/core/learn/chance.ts";
import { trainMargins } from "../../../src/core/learn/margins.ts";
import { softmaxScores } from "../../../src/core/learn/softmax.ts";
import type { SparseRow } from "../../../src/core/learn/sparse.ts";

const OPTIONS = { classes: 2, cost: 1, epochs: 30, seed: 1 };

function row(...values: number[]): SparseRow {
  return { columns: Uint32Array.from(values.keys()), values: Float32Array.from(values) };
}

function scores(model: ReturnType<typeof trainMargins>, one: SparseRow): number[] {
  return [...softmaxScores(model, one, new Float64Array(model.classes))];
}

describe("planes between classes", () => {
  test("two opposite examples: the closed form of the squared hinge", () => {
    // By symmetry the bias is 0, and w minimises w² / 2 + 2 C (1 - w)²: w = 4 C / (1 + 4 C).
    for (const cost of [0.25, 1, 10]) {
      const model = trainMargins({ rows: [row(1), row(-1)], width: 1 }, [0, 1], { ...OPTIONS, cost, epochs: 200 });
      expect(scores(model, row(1))[0]).toBeCloseTo((4 * cost) / (1 + 4 * cost), 2);
      expect(model.bias[0]).toBeCloseTo(0, 2);
    }
  });

  test("whatever two points can be told apart lies on its own side", () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.double({ min: 0.5, max: 2, noNaN: true }), (x, y, gap) => {
        const rows = [row(x, y), row(x + gap, y)];
        const model = trainMargins({ rows, width: 2 }, [0, 1], { ...OPTIONS, cost: 100, epochs: 400 });
        for (const [at, one] of rows.entries()) {
          expect(scores(model, one)[at]).toBeGreaterThan(0);
          expect(scores(model, one)[1 - at]).toBeLessThan(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a stranger to every class is on nobody's side, though no class was learnt for it", () => {
    const rows = [row(1, 0, 0), row(0, 1, 0), row(0, 0, 1), row(0, 0, 0.9)];
    const model = trainMargins({ rows, width: 3 }, [0, 1, -1, -1], { ...OPTIONS, cost: 10 });
    expect(Math.max(...scores(model, row(0, 0, 1)))).toBeLessThan(0);
    expect(scores(model, row(1, 0, 0))[0]).toBeGreaterThan(0);
  });

  test("the same seed gives the same planes, and leaving sure examples alone changes no answer", () => {
    const chance = seededChance(4);
    const rows = Array.from({ length: 300 }, () => row(chance() - 0.5, chance() - 0.5));
    const labels = rows.map(({ values }) => ((values[0] ?? 0) > (values[1] ?? 0) ? 1 : 0));
    const model = trainMargins({ rows, width: 2 }, labels, OPTIONS);
    expect(trainMargins({ rows, width: 2 }, labels, OPTIONS)).toEqual(model);
    const wrong = rows.filter((one, at) => (scores(model, one)[labels[at] ?? 0] ?? 0) <= 0);
    expect(wrong.length).toBeLessThan(15);
  });
});
