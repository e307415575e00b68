import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fitIsotonic, readIsotonic } from "../../../src/core/learn/calibrate.ts";
import { accuracy, areaUnderRoc, bootstrap, calibrationError, macroF1 } from "../../../src/core/learn/metrics.ts";

const SCORES = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1 })), { maxLength: 40 });

describe("metrics", () => {
  test("accuracy and macro-F1 of a guess worked out by hand", () => {
    expect(accuracy([0, 0, 1, 1], [0, 1, 1, 1])).toBe(0.75);
    // Class 0: precision 1, recall 1/2, F1 2/3. Class 1: precision 2/3, recall 1, F1 4/5. Class 2 never occurs.
    expect(macroF1([0, 0, 1, 1], [0, 1, 1, 1], 3)).toBeCloseTo((2 / 3 + 4 / 5) / 2, 12);
    expect(accuracy([], [])).toBe(0);
    expect(macroF1([], [], 2)).toBe(0);
  });

  test("the area under the curve counts pairs in order, ties as a half", () => {
    fc.assert(
      fc.property(SCORES, (rows) => {
        const positives = rows.filter(([, outcome]) => outcome === 1);
        const negatives = rows.filter(([, outcome]) => outcome === 0);
        const pairs = positives.flatMap(([high]) =>
          negatives.map(([low]): number => (high > low ? 1 : high === low ? 0.5 : 0)),
        );
        const expected = pairs.length === 0 ? 0.5 : pairs.reduce((sum, one) => sum + one, 0) / pairs.length;
        const [scores, outcomes] = [rows.map(([score]) => score), rows.map(([, outcome]) => outcome)];
        expect(areaUnderRoc(scores, outcomes)).toBeCloseTo(expected, 10);
      }),
    );
  });

  test("a forecast of 0.8 that comes true half the time is 0.3 off", () => {
    expect(calibrationError([0.8, 0.8], [1, 0])).toBeCloseTo(0.3, 12);
    expect(calibrationError([1, 0], [1, 0])).toBe(0);
  });

  test("the bootstrap's interval of a mean is near the textbook's", () => {
    const outcomes = Array.from({ length: 400 }, (_, index) => index % 2);
    const mean = (rows: Uint32Array) => [...rows].reduce((sum, row) => sum + (outcomes[row] ?? 0), 0) / rows.length;
    const { value, low, high } = bootstrap(400, mean, { seed: 1, rounds: 1000 });
    expect(value).toBe(0.5);
    expect(Math.abs(high - low - 2 * 1.96 * Math.sqrt(0.25 / 400))).toBeLessThan(0.015);
    expect(bootstrap(400, mean, { seed: 1, rounds: 1000 })).toEqual({ value, low, high });
  });
});

describe("isotonic calibration", () => {
  test("neighbours that fall are pooled to their mean", () => {
    const steps = fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1]);
    expect([0, 1, 2, 2.5, 3, 4, 9].map((score) => readIsotonic(steps, score))).toEqual([0, 0, 0.5, 0.5, 0.5, 1, 1]);
  });

  test("it never falls and keeps the mean of its own data", () => {
    fc.assert(
      fc.property(SCORES, (rows) => {
        const scores = rows.map(([score]) => score);
        const outcomes = rows.map(([, outcome]) => outcome);
        const steps = fitIsotonic(scores, outcomes);
        const values = scores.map((score) => readIsotonic(steps, score));
        const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
        expect(sum(values)).toBeCloseTo(sum(outcomes), 8);
        expect([...steps.to].every((value, at) => value >= (steps.to[at - 1] ?? 0))).toBe(true);
      }),
    );
  });
});
