import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addDuration, bucketOf, isBucket, type LogHistogram, percentileOf } from "../../src/core/log-histogram.ts";

/** Up to an hour, in milliseconds. */
const duration = fc.double({ min: 1, max: 3_600_000, noNaN: true });
const durations = fc.array(duration, { minLength: 1, maxLength: 60 });

function fill(all: readonly number[]): LogHistogram {
  const sum: Record<number, number> = {};
  for (const one of all) addDuration(sum, one);
  return sum;
}

/** The nearest-rank percentile of the durations themselves. */
function exactPercentile(all: readonly number[], share: number): number {
  const sorted = all.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

describe("percentiles of a histogram", () => {
  test("are those of the durations, within 4.5 % and the rounding to whole milliseconds", () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99, 1), (all, share) => {
        const exact = exactPercentile(all, share);
        const read = percentileOf(fill(all), share) ?? Number.NaN;
        expect(Math.abs(read - exact)).toBeLessThanOrEqual(exact * 0.045 + 0.5);
      }),
    );
  });

  test("never fall as the share grows", () => {
    fc.assert(
      fc.property(durations, (all) => {
        const histogram = fill(all);
        const read = [0.1, 0.5, 0.9, 0.95, 1].map((share) => percentileOf(histogram, share) ?? Number.NaN);
        expect(read).toEqual(read.toSorted((left, right) => left - right));
      }),
    );
  });

  test("of nothing are nothing", () => {
    expect(percentileOf({}, 0.5)).toBeNull();
  });
});

describe("the bucket of a duration", () => {
  test.each([
    [0, 0],
    [-5, 0],
    [Number.NaN, 0],
    [1, 0],
    [2, 8],
    [1_000_000_000, 176],
    [Number.POSITIVE_INFINITY, 176],
  ])("%p ms is bucket %p", (milliseconds, bucket) => {
    expect(bucketOf(milliseconds)).toBe(bucket);
    expect(isBucket(bucket)).toBe(true);
  });

  test("is a whole number in range, or none", () => {
    expect([-1, 1.5, 177, Number.NaN].map(isBucket)).toEqual([false, false, false, false]);
  });
});
