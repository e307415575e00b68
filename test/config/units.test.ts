import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../src/config/units.ts";

describe("durations", () => {
  test.each([
    ["0s", 0],
    ["500ms", 500],
    ["10s", 10_000],
    ["1.5h", 5_400_000],
    ["2m", 120_000],
    ["90d", 7_776_000_000],
  ])("%s is %d milliseconds", (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  test.each(["", "10", "s", "-1s", "1 s", "1S", "10sec", "1e3s", "0.0001s", "999999999999999d", "none", "１s"])(
    "%p is no duration",
    (text) => expect(parseDuration(text)).toBeNull(),
  );

  test("what is formatted is read back as the same number", () => {
    fc.assert(
      fc.property(fc.nat(), (milliseconds) => expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds)),
    );
  });

  test("the largest unit that fits exactly is shown", () => {
    expect([0, 250, 1000, 60_000, 90_000, 3_600_000, 86_400_000].map(formatDuration)).toEqual([
      "0ms",
      "250ms",
      "1s",
      "1m",
      "90s",
      "1h",
      "1d",
    ]);
  });
});

describe("sizes", () => {
  test.each([
    ["512B", 512],
    ["512KB", 524_288],
    ["64MB", 67_108_864],
    ["1.5GB", 1_610_612_736],
  ])("%s is %d bytes", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(["", "64", "64mb", "64 MB", "-1KB", "1TB", "1.00001KB", "999999999999999GB"])("%p is no size", (text) => {
    expect(parseSize(text)).toBeNull();
  });

  test("what is formatted is read back as the same number", () => {
    fc.assert(fc.property(fc.nat(), (bytes) => expect(parseSize(formatSize(bytes))).toBe(bytes)));
  });
});
