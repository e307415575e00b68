import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { horizontalBar, sparkline } from "../../src/terminal/bars.ts";
import { readKeys } from "../../src/terminal/keys.ts";
import { displayWidth } from "../../src/terminal/width.ts";

describe("what a terminal sends", () => {
  test.each([
    ["\u001b[A\u001bOB", ["up", "down"]],
    ["\u001b", ["escape"]],
    ["\u001b[1;5C", []],
    ["q\u0003", [{ typed: "q" }, "interrupt"]],
    ["é漢", [{ typed: "é" }, { typed: "漢" }]],
    ["\r\u007f\u0001", ["enter", "backspace"]],
    ["\u001b[5~\u001b[F", ["page-up", "end"]],
  ] as const)("%j is %j", (chunk, keys) => {
    expect(readKeys(chunk)).toEqual([...keys]);
  });
});

describe("bars", () => {
  test.each([
    [0, "░░░░"],
    [0.5, "██░░"],
    [0.53, "██▏░"],
    [1, "████"],
    [7, "████"],
    [-1, "░░░░"],
  ])("of %p are %s", (share, bar) => {
    expect(horizontalBar(share, 4)).toBe(bar);
  });

  test("are always as wide as asked", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), fc.nat({ max: 60 }), (share, width) => {
        expect(displayWidth(horizontalBar(share, width))).toBe(width);
      }),
    );
  });
});

describe("a sparkline", () => {
  test.each([
    [[1, 2, 3, 4, 5, 6, 7, 8], 10, "▁▂▃▄▅▆▇█"],
    [[0, 1e-9, 100], 10, " ▁█"],
    [[1, 1, 2, 2, 4, 4], 3, "▂▄█"],
    [[5], 0, ""],
    [[], 10, ""],
  ])("of %j in %p columns is %j", (values, width, line) => {
    expect(sparkline(values, width)).toBe(line);
  });

  test("shows every value that is not 0, and never more columns than asked", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 40 }), (values, width) => {
        const line = sparkline(values, width);
        expect(line.length).toBeLessThanOrEqual(width);
        expect(line.trim() === "").toBe(values.every((value) => value === 0));
      }),
    );
  });
});
