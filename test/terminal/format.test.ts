import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  formatBytes,
  formatCost,
  formatCount,
  formatDay,
  formatDuration,
  formatPlural,
  formatTime,
} from "../../src/terminal/format.ts";

describe("durations", () => {
  test.each([
    [0, "0 ms"],
    [-5, "0 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [1_234, "1.2 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min"],
    [60_000, "1 min"],
    [125_000, "2 min 5 s"],
    [3_599_600, "1 h"],
    [3_660_000, "1 h 1 min"],
    [86_399_999, "1 d"],
    [183_600_000, "2 d 3 h"],
  ])("%d ms is %s", (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words);
  });

  test("no unit ever reaches the next one", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (milliseconds) => {
        expect(formatDuration(milliseconds)).not.toMatch(/\b(1000 ms|60(\.0)? s|60 min|24 h)\b/);
      }),
    );
  });
});

describe("money", () => {
  test.each([
    [null, "unknown"],
    [0, "$0"],
    [37_500, "$0.0000375"],
    [1_250_000_000, "$1.25"],
  ])("%p nano-dollars is %s", (nano, words) => {
    expect(formatCost(nano)).toBe(words);
  });
});

test.each([
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_536, "1.5 KiB"],
  [2 * 1024 ** 3, "2.0 GiB"],
  [3 * 1024 ** 5, "3072.0 TiB"],
])("%d bytes is %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test("counts have thin groups and nouns their number", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
  expect([formatPlural(1, "request"), formatPlural(0, "request"), formatPlural(2_000, "row")]).toEqual([
    "1 request",
    "0 requests",
    "2,000 rows",
  ]);
});

test("a time of today is a clock, any other day has its date", () => {
  const at = new Date(2026, 10, 22, 9, 5, 7).getTime();
  expect(formatTime(at, at + 60_000)).toBe("09:05:07");
  expect(formatTime(at, new Date(2026, 10, 23).getTime())).toBe("2026-11-22 09:05:07");
  expect(formatDay(at)).toBe("2026-11-22");
});
