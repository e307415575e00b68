import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { averageGapRecovered, callsForGap } from "../../../src/core/learn/route-metrics.ts";

const GAINS = fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 40 });

describe("the gap that a router closes", () => {
  test("a router that asks the strong model exactly where it gains, worked out by hand", () => {
    // Gains in the order of the scores: 1, 1, 0, 0. Closed after k calls: 0, 1/2, 1, 1, 1.
    expect(averageGapRecovered([4, 3, 2, 1], [1, 1, 0, 0])).toBeCloseTo((0.25 + 0.75 + 1 + 1) / 4, 12);
    expect(callsForGap([4, 3, 2, 1], [1, 1, 0, 0], 0.5)).toBe(0.25);
    expect(callsForGap([4, 3, 2, 1], [1, 1, 0, 0], 0.8)).toBe(0.5);
  });

  test("a router that asks it last where it gains", () => {
    expect(averageGapRecovered([1, 2, 3, 4], [1, 1, 0, 0])).toBeCloseTo(0.25, 12);
    expect(callsForGap([1, 2, 3, 4], [1, 1, 0, 0], 0.5)).toBe(0.75);
  });

  test("has no value where both models are equally good", () => {
    expect(averageGapRecovered([1, 2], [1, -1])).toBeNull();
    expect(callsForGap([1, 2], [0, 0], 0.5)).toBeNull();
  });

  test("an order and its reverse add up to 1, and nothing beats the gains themselves", () => {
    fc.assert(
      fc.property(GAINS, (gains) => {
        const scores = gains.map((_, at) => (at * 7919) % 101);
        const forward = averageGapRecovered(scores, gains);
        if (forward === null) return;
        const back =
          averageGapRecovered(
            scores.map((score) => -score),
            gains,
          ) ?? 0;
        expect(forward + back).toBeCloseTo(1, 9);
        const total = gains.reduce<number>((sum, one) => sum + one, 0);
        if (total > 0) expect(averageGapRecovered(gains, gains) ?? 0).toBeGreaterThanOrEqual(forward - 1e-12);
      }),
    );
  });
});
