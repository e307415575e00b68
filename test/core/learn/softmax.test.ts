import { describe, expect, test } from "bun:test";
import { fitTemperature } from "../../../src/core/learn/calibrate.ts";
import { seededChance, shuffledOrder } from "../../../src/core/learn/chance.ts";
import { softmaxScores, toProbabilities, trainSoftmax } from "../../../src/core/learn/softmax.ts";

const OPTIONS = { classes: 3, epochs: 20, rate: 0.3, decay: 1e-4, seed: 7 };

/** Three classes, a column of their own each, and one column that says nothing. */
function examples(count: number) {
  const labels = Array.from({ length: count }, (_, index) => index % 3);
  const rows = labels.map((label) => ({ columns: Uint32Array.of(label, 3), values: Float32Array.of(1, 1) }));
  return { matrix: { rows, width: 4 }, labels };
}

describe("a softmax classifier", () => {
  const { matrix, labels } = examples(60);

  test("learns classes that columns tell apart", () => {
    const model = trainSoftmax(matrix, labels, OPTIONS);
    for (const [index, row] of matrix.rows.entries()) {
      const probabilities = toProbabilities(softmaxScores(model, row, new Float64Array(3)));
      expect(probabilities[labels[index] ?? 0]).toBeGreaterThan(0.8);
    }
  });

  test("gives the same weights for the same seed, and others for another", () => {
    const model = trainSoftmax(matrix, labels, OPTIONS);
    expect(trainSoftmax(matrix, labels, OPTIONS)).toEqual(model);
    expect(trainSoftmax(matrix, labels, { ...OPTIONS, seed: 8 }).weights).not.toEqual(model.weights);
  });

  test("examples that count nothing teach nothing", () => {
    const exampleWeights = Float32Array.from(labels, (label) => (label === 2 ? 0 : 1));
    const model = trainSoftmax(matrix, labels, { ...OPTIONS, exampleWeights });
    expect([...model.weights.slice(6, 9)]).toEqual([0, 0, 0]);
  });

  test("damping holds back columns that few examples have, more than those of many", () => {
    const rows = Array.from({ length: 90 }, (_, at) => ({
      columns: at === 0 ? Uint32Array.of(0, 3) : Uint32Array.of(at % 3),
      values: new Float32Array(at === 0 ? 2 : 1).fill(1),
    }));
    const steep = (damping: number) => {
      const { weights } = trainSoftmax(
        { rows, width: 4 },
        rows.map((_, at) => at % 3),
        { ...OPTIONS, decay: 0, damping },
      );
      return { common: weights[0] ?? 0, rare: weights[9] ?? 0 };
    };
    const [free, damped] = [steep(1e-8), steep(1)];
    expect(damped.rare).toBeGreaterThan(0);
    expect(damped.rare / free.rare).toBeLessThan(0.5 * (damped.common / free.common));
  });

  test("probabilities add up to 1 at any temperature, and a high one makes them equal", () => {
    const sharp = toProbabilities(Float64Array.of(2, 0, -1));
    const flat = toProbabilities(Float64Array.of(2, 0, -1), 100);
    expect(sharp.reduce((sum, one) => sum + one)).toBeCloseTo(1, 12);
    expect(flat.reduce((sum, one) => sum + one)).toBeCloseTo(1, 12);
    expect(flat[0]).toBeLessThan(0.35);
    expect(toProbabilities(Float64Array.of(2000, 0))[0]).toBe(1);
  });
});

describe("temperature", () => {
  test("scores three times too sure are found to be three times too sure", () => {
    const chance = seededChance(5);
    const scores: Float64Array[] = [];
    const labels: number[] = [];
    for (let index = 0; index < 20_000; index++) {
      const score = chance() * 4 - 2;
      scores.push(Float64Array.of(3 * score, 0));
      labels.push(chance() < 1 / (1 + Math.exp(-score)) ? 0 : 1);
    }
    expect(Math.abs(fitTemperature(scores, labels) - 3)).toBeLessThan(0.3);
  });
});

describe("chance", () => {
  test("is decided by its seed and stays in [0, 1)", () => {
    const draw = (seed: number) => Array.from({ length: 1000 }, seededChance(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(3).every((one) => one >= 0 && one < 1)).toBe(true);
    expect(Math.abs(draw(4).reduce((sum, one) => sum + one) / 1000 - 0.5)).toBeLessThan(0.05);
  });

  test("an order has every number once", () => {
    const order = shuffledOrder(100, seededChance(1));
    expect([...order].sort((left, right) => left - right)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect([...order]).not.toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});
