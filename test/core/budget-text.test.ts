import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { budgetIdOf, formatKeyBudget, formatLimit, limitOf, parseKeyBudget } from "../../src/core/budget/text.ts";

describe("the limit of a budget", () => {
  test.each([
    [0, 0],
    [30, 30_000_000_000],
    [0.1, 100_000_000],
    [0.3, 300_000_000],
    [1.005, 1_005_000_000],
    [1e-9, 1],
    [9_000_000, 9_000_000_000_000_000],
    ["8999999.123456789", 8_999_999_123_456_789],
    [" 0.000000001 ", 1],
  ])("of %p is exact", (amount, nano) => {
    expect(limitOf(amount)).toBe(nano);
  });

  test.each([
    -1,
    -0.000000001,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    9_000_000.01,
    1e300,
    1e-10,
    "9000000.000000001",
    "1e999999999",
    "-1",
    "",
    "5 USD",
    "0x10",
    "1,5",
    "1.0000000001",
  ])("cannot be %p", (amount) => {
    expect(limitOf(amount)).toBeNull();
  });

  test("is read back exactly from what is shown of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_000_000_000_000_000 }), (nano) => {
        expect(limitOf(formatLimit(nano))).toBe(nano);
      }),
    );
  });
});

describe("the id of a budget", () => {
  test("is its period, and whose it is where it is not everybody's", () => {
    expect(budgetIdOf({ scope: "global", name: null, period: "month" })).toBe("month");
    expect(budgetIdOf({ scope: "project", name: "web", period: "day" })).toBe("day:project:web");
  });
});

describe("the budget of a key", () => {
  test.each([
    ["5/day", 5_000_000_000, "day"],
    ["$2.50/month", 2_500_000_000, "month"],
    [" 0.05/week ", 50_000_000, "week"],
    ["0/total", 0, "total"],
  ] as const)("%p is an amount and a period", (text, limitNanoUsd, period) => {
    expect(parseKeyBudget(text)).toEqual({ ok: true, value: { limitNanoUsd, period } });
  });

  test.each(["5", "5/", "/day", "5/year", "-5/day", "5/day/week", "many/day", "5 / fortnight"])("is not %p", (text) => {
    expect(parseKeyBudget(text)).toMatchObject({ ok: false });
  });

  test("is shown as it is written", () => {
    for (const text of ["5/day", "0.05/week", "30/total"]) {
      const budget = parseKeyBudget(text);
      expect(budget.ok && formatKeyBudget(budget.value)).toBe(text);
    }
  });
});
