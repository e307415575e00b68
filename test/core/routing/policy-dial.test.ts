import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { calibrateDial, DIAL_FLOORS, floorOf } from "../../../src/core/routing/policy-dial.ts";

const NOTHING = { rule: null, isPlan: false, calibrated: null };

describe("a floor is", () => {
  const cases = [
    ["what the dial means", { dial: 5, floors: {} }, NOTHING, 0.7, "dial"],
    ["0 where the dial buys nothing", { dial: 10, floors: {} }, NOTHING, 0, "dial"],
    [
      "what own traffic makes of the dial",
      { dial: 1, floors: {} },
      { ...NOTHING, calibrated: [1, 0.42] },
      0.42,
      "dial-calibrated",
    ],
    ["the one for all before the dial", { dial: 5, floors: { default: 0.3 } }, NOTHING, 0.3, "default"],
    ["the class's before the one for all", { dial: 5, floors: { default: 0.3, bug_fix: 0.6 } }, NOTHING, 0.6, "class"],
    ["a rule's before all", { dial: 5, floors: { bug_fix: 0.6 } }, { ...NOTHING, rule: 0.1 }, 0.1, "rule"],
    [
      "raised half of the way for a plan",
      { dial: 5, floors: { bug_fix: 0.6 } },
      { ...NOTHING, isPlan: true },
      0.8,
      "class",
    ],
  ] as const;
  for (const [what, settings, more, value, source] of cases) {
    test(what, () => {
      const floor = floorOf(settings, "bug_fix", more);
      expect(floor.value).toBeCloseTo(value, 10);
      expect(floor.source).toBe(source);
      expect(floor.isRaised).toBe(more.isPlan);
    });
  }

  test("never above certainty, and lower with every step of the dial", () => {
    for (const [dial, value] of DIAL_FLOORS.entries()) {
      const plan = floorOf({ dial, floors: {} }, null, { ...NOTHING, isPlan: true });
      expect(plan.value).toBeLessThan(1);
      expect(plan.value).toBeGreaterThanOrEqual(value);
      expect(value).toBeLessThan(DIAL_FLOORS[dial - 1] ?? 1);
    }
  });
});

function rowsOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    candidates: [
      { expected: (index % 100) / 100, costNanoUsd: 0 },
      { expected: 0.95, costNanoUsd: 1_000_000 },
    ],
  }));
}

/** What requests cost where the cheapest that reaches the floor answers. */
function costOf(rows: ReturnType<typeof rowsOf>, floor: number): number {
  const costs = rows.map(({ candidates: [cheap, dear] }) =>
    (cheap?.expected ?? 0) >= floor ? (cheap?.costNanoUsd ?? 0) : (dear?.costNanoUsd ?? 0),
  );
  return costs.reduce((sum, cost) => sum + cost, 0);
}

describe("a dial that own traffic calibrates", () => {
  test("spends a tenth less with every step", () => {
    const rows = rowsOf(1_000);
    const floors = calibrateDial(rows);
    const dearest = costOf(rows, 0.96);
    for (const dial of [2, 5, 8]) {
      expect(costOf(rows, floors?.[dial] ?? 0) / dearest).toBeCloseTo(1 - dial / 10, 1);
    }
    expect(floors?.[10]).toBe(0);
  });

  test("says nothing where there is too little traffic, or nothing to choose from", () => {
    expect(calibrateDial(rowsOf(199))).toBeNull();
    expect(calibrateDial(rowsOf(500).map(() => ({ candidates: [{ expected: 0.5, costNanoUsd: 7 }] })))).toBeNull();
    const same = { expected: 0.5, costNanoUsd: 7 };
    expect(calibrateDial(rowsOf(500).map(() => ({ candidates: [same, same] })))).toBeNull();
  });

  test("never spends more with a higher step", () => {
    const row = fc.record({
      candidates: fc.array(
        fc.record({ expected: fc.double({ min: 0, max: 1, noNaN: true }), costNanoUsd: fc.nat(1e7) }),
        { minLength: 2, maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 200, maxLength: 260 }), (rows) => {
        const floors = calibrateDial(rows) ?? [];
        expect(floors.length === 0 || floors.length === 11).toBe(true);
        expect(floors.every((floor) => floor >= 0 && floor <= 1)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
