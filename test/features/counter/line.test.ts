import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { costWords, countsLine, formatTokens } from "../../../src/features/counter/line.ts";
import { type Counts, NO_COUNTS } from "../../../src/features/counter/tally.ts";
import { displayWidth } from "../../../src/terminal/width.ts";

const COUNTS: Counts = {
  requests: 3,
  inputTokens: 45_678,
  outputTokens: 1_234,
  costNanoUsd: 12_300_000,
  savedNanoUsd: 50_000_000,
  unpriced: 0,
  budget: { id: "month", leftNanoUsd: 4_954_700_000, limitNanoUsd: 5_000_000_000 },
  last: { model: "deepseek/deepseek-v4-flash", route: "chain:default#2" },
  trouble: "rate-limited",
};

test.each<[number, string]>([
  [0, "0"],
  [812, "812"],
  [1_000, "1.00k"],
  [1_234, "1.23k"],
  [99_950, "100k"],
  [999_499, "999k"],
  [999_500, "1.00M"],
  [7_890_000, "7.89M"],
  [12_345_678_901, "12.3G"],
])("%p tokens are %p", (count, text) => {
  expect(formatTokens(count)).toBe(text);
});

test("tokens are told within half a per cent", () => {
  fc.assert(
    fc.property(fc.nat(2_000_000_000), (count) => {
      const [, digits = "", unit = ""] = /^([\d.]+)([kMGT]?)$/.exec(formatTokens(count)) ?? [];
      const shown = Number(digits) * 1_000 ** " kMGT".indexOf(unit === "" ? " " : unit);
      expect(Math.abs(shown - count)).toBeLessThanOrEqual(0.005 * count);
    }),
  );
});

test("cost is told within one per cent, and never in place of what has no price", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e12 }), (costNanoUsd) => {
      const shown = Number(costWords({ ...NO_COUNTS, costNanoUsd }).slice(1)) * 1e9;
      expect(Math.abs(shown - costNanoUsd)).toBeLessThanOrEqual(0.01 * costNanoUsd);
    }),
  );
  expect(costWords({ ...NO_COUNTS, unpriced: 2 })).toBe("2 unpriced");
  expect(costWords({ ...COUNTS, unpriced: 1 })).toBe("$0.0123 + 1 unpriced");
});

describe("the line", () => {
  test.each<[number, string]>([
    [
      120,
      "↑45.7k ↓1.23k  $0.0123  $4.9547 left  deepseek/deepseek-v4-flash  (chain:default#2)  saved $0.05  ! rate-limited",
    ],
    [110, "↑45.7k ↓1.23k  $0.0123  $4.9547 left  deepseek/deepseek-v4-flash  saved $0.05  ! rate-limited"],
    [84, "↑45.7k ↓1.23k  $0.0123  $4.9547 left  deepseek/deepseek-v4-flash  ! rate-limited"],
    [68, "↑45.7k ↓1.23k  $0.0123  $4.9547 left  deepseek/deepseek-v4-flash"],
    [40, "↑45.7k ↓1.23k  $0.0123  $4.9547 left"],
    [30, "↑45.7k ↓1.23k  $0.0123"],
    [10, "$0.0123"],
    [4, "$0.…"],
  ])("in %p columns", (width, text) => {
    expect(countsLine(COUNTS, width)).toBe(text);
  });

  test("of nothing yet shows that", () => {
    expect(countsLine(NO_COUNTS, 80)).toBe("↑0 ↓0  $0");
  });

  test("holds no control characters, whatever a model is called", () => {
    const last = { model: "evil/\u001b[2J\u0007m", route: "alias:\n" };
    expect(countsLine({ ...COUNTS, last }, 200)).not.toMatch(/\p{Cc}/u);
  });

  test("is never wider than told", () => {
    fc.assert(
      fc.property(fc.nat(150), fc.string({ unit: "grapheme" }), (width, model) => {
        const line = countsLine({ ...COUNTS, last: { model, route: "explicit" } }, width);
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
