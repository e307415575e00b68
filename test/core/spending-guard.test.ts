import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSpendingGuard, mostCostOf } from "../../src/core/spending-guard.ts";

describe("a spending guard", () => {
  test("never lets more be spent than the limit, however calls overlap, where none costs more than it said", () => {
    const call = fc.record({
      most: fc.double({ min: 0, max: 2, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      waits: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), fc.double({ min: 0, max: 5, noNaN: true }), (calls, limit) => {
        const guard = createSpendingGuard(limit);
        const open: { settle(): void; due: number }[] = [];
        for (const [at, { most, part, waits }] of calls.entries()) {
          const hold = guard.hold(most);
          if (hold !== null) open.push({ settle: () => hold.settle(part * most), due: at + waits });
          for (const one of open.filter(({ due }) => due <= at)) one.settle();
        }
        for (const one of open) one.settle();
        expect(guard.spentUsd).toBeLessThanOrEqual(limit + 1e-9);
      }),
    );
  });

  test("counts the most that a call could have cost where nobody knows, and each call once", () => {
    const guard = createSpendingGuard(1);
    const hold = guard.hold(0.6);
    expect(guard.hold(0.5)).toBeNull();
    hold?.settle(null);
    hold?.settle(0);
    expect([guard.spentUsd, guard.hold(0.5), guard.hold(0.4) === null]).toEqual([0.6, null, false]);
  });

  test("a limit of nothing lets calls that cost nothing through", () => {
    expect(createSpendingGuard(0).hold(0)).not.toBeNull();
  });
});

test("the most that a call can cost counts every byte of the prompt as a token", () => {
  expect(mostCostOf({ inputUsd: 1, outputUsd: 10 }, 999_936, 100_000)).toBe(2);
});
