import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { diffLines } from "../../../src/features/clients/diff.ts";

describe("a difference", () => {
  test("shows what goes, what comes, and three lines around", () => {
    const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].join("\n");
    expect(diffLines(before, before.replace("5", "five\nmore"))).toEqual([
      "  2",
      "  3",
      "  4",
      "- 5",
      "+ five",
      "+ more",
      "  6",
      "  7",
      "  8",
    ]);
  });

  test("leaves out what lies between, but says so", () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const after = lines.with(1, "x").with(18, "y");
    const shown = diffLines(lines.join("\n"), after.join("\r\n"));
    expect(shown.filter((line) => line === "…").length).toBe(1);
    expect(shown.filter((line) => /^[+-]/.test(line))).toEqual(["- line 1", "+ x", "- line 18", "+ y"]);
  });

  test("of equal texts is empty, and of a new one all of it", () => {
    expect([diffLines("a\nb\n", "a\nb\n"), diffLines("", "a\n")]).toEqual([[], ["+ a"]]);
  });

  test("of texts far apart and long is told without comparing every pair", () => {
    const left = Array.from({ length: 1_100 }, (_, index) => `l${index}`).join("\n");
    expect(diffLines(left, left.replaceAll("l", "r")).length).toBe(2_200);
  });

  test("always leads from the one text to the other", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (left, right) => {
        const shown = diffLines(left.join("\n"), right.join("\n"));
        expect(
          shown.filter((line) => line.startsWith("-")).length - shown.filter((line) => line.startsWith("+")).length,
        ).toBe(left.length - right.length);
      }),
    );
  });
});
