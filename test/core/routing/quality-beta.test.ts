import { expect, test } from "bun:test";
import fc from "fast-check";
import { betaCdf, betaQuantile } from "../../../src/core/routing/quality-beta.ts";

const shape = fc.double({ min: 0.05, max: 400, noNaN: true });
const inner = fc.double({ min: 0.001, max: 0.999, noNaN: true });

/** C(n, k) p^k (1 - p)^(n - k), summed: the binomial tail that the beta distribution is (DLMF 8.17.5). */
function binomialTail(n: number, from: number, p: number): number {
  let sum = 0;
  let choose = 1;
  for (let k = 0; k <= n; k += 1) {
    if (k >= from) sum += choose * p ** k * (1 - p) ** (n - k);
    choose = (choose * (n - k)) / (k + 1);
  }
  return sum;
}

test("of whole shapes it is the tail of a binomial distribution", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), inner, (a, b, x) => {
      expect(betaCdf(x, a, b)).toBeCloseTo(binomialTail(a + b - 1, a, x), 9);
    }),
  );
});

test("known shapes have their closed forms", () => {
  for (const x of [0.1, 0.5, 0.83]) {
    expect(betaCdf(x, 1, 1)).toBeCloseTo(x, 12);
    expect(betaCdf(x, 3, 1)).toBeCloseTo(x ** 3, 12);
    expect(betaCdf(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 10);
  }
});

test("turning it round swaps its shapes, and it never falls", () => {
  fc.assert(
    fc.property(shape, shape, inner, inner, (a, b, x, y) => {
      expect(betaCdf(x, a, b) + betaCdf(1 - x, b, a)).toBeCloseTo(1, 9);
      expect(betaCdf(Math.max(x, y), a, b)).toBeGreaterThanOrEqual(betaCdf(Math.min(x, y), a, b) - 1e-9);
    }),
  );
});

test("outside of 0 and 1 it is 0 and 1", () => {
  expect([betaCdf(-1, 2, 3), betaCdf(0, 2, 3), betaCdf(1, 2, 3), betaCdf(7, 2, 3)]).toEqual([0, 0, 1, 1]);
});

test("a quantile is what the distribution undoes", () => {
  const common = fc.double({ min: 0.5, max: 200, noNaN: true });
  fc.assert(
    fc.property(common, common, fc.double({ min: 0.02, max: 0.98, noNaN: true }), (a, b, share) => {
      expect(betaCdf(betaQuantile(share, a, b), a, b)).toBeCloseTo(share, 7);
    }),
  );
});
