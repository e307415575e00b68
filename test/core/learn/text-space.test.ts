import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { charactersAcrossWords, charactersInWords, stemPairs, stemRows } from "../../../src/core/learn/text-pieces.ts";
import { createTextSpace } from "../../../src/core/learn/text-space.ts";

describe("pieces of a text", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["stems in order", stemRows("Paying bills"), ["pay", "pay bill", "bill"]],
    ["short words stay", stemRows("bus gas's"), ["bus", "bus gas", "gas"]],
    ["pairs in either order", stemPairs("b c a", 2), ["b", "b c", "a b", "c", "a c", "a"]],
    ["rows within words", charactersInWords("ab c", 3, 4), [" ab", "ab ", " ab ", " c "]],
    ["rows across words", charactersAcrossWords("a, b", 3, 3), [" a ", "a b", " b "]],
    ["nothing of nothing", [...stemPairs("", 3), ...charactersInWords("?!", 2, 5)], []],
    ["other scripts", stemRows("Überweise 钱"), ["überweise", "überweise 钱", "钱"]],
  ])("%s", (_, pieces, expected) => {
    expect([...pieces].sort()).toEqual([...expected].sort());
  });
});

describe("a space of texts", () => {
  const words = (text: string) => text.split(" ").filter((word) => word !== "");

  test("rare pieces are long, common ones short, and unknown ones are left out", () => {
    const space = createTextSpace([words], ["a b", "a c", "a d"]);
    const { columns, values } = space.place("a b zzz");
    expect(space.width).toBe(4);
    expect(columns.length).toBe(2);
    // Smoothed rarity: ln(4 / 4) + 1 for a, ln(4 / 2) + 1 for b.
    expect((values[1] ?? 0) / (values[0] ?? 1)).toBeCloseTo(1 + Math.log(2), 5);
  });

  test("pieces of too few texts have no column", () => {
    expect(createTextSpace([words], ["a b", "a c"], 2).width).toBe(1);
    expect(createTextSpace([words], ["a a", "b"], 2).place("a").columns.length).toBe(0);
  });

  test("each reader's part counts the same, however many pieces it has", () => {
    const letters = (text: string) => [...text.replaceAll(" ", "")];
    const space = createTextSpace([words, letters], ["ab cd", "ef gh"]);
    const { columns, values } = space.place("ab cd");
    const part = (from: number, to: number) =>
      values
        .filter((_, at) => (columns[at] ?? 0) >= from && (columns[at] ?? 0) < to)
        .reduce((sum, x) => sum + x * x, 0);
    expect(part(0, 4)).toBeCloseTo(0.5, 5);
    expect(part(4, space.width)).toBeCloseTo(0.5, 5);
  });

  test("rows are of length 1 or empty, with every column once", () => {
    const space = createTextSpace([stemRows, (text) => charactersInWords(text, 2, 4)], ["pay my bill", "play a song"]);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("p", "a", "y", "b", " ", "ß") }), (text) => {
        const { columns, values } = space.place(text);
        const length = values.reduce((sum, value) => sum + value * value, 0);
        expect(columns.length === 0 ? length === 0 : Math.abs(length - 1) < 1e-5).toBe(true);
        expect(new Set(columns).size).toBe(columns.length);
      }),
    );
  });
});
