import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { diffWords, type WordSpan } from "../../../src/features/diff/words.ts";

function whole(spans: readonly WordSpan[]): string {
  return spans.map(({ text }) => text).join("");
}

function marked(spans: readonly WordSpan[]): string {
  return spans.map(({ text, isChanged }) => (isChanged ? `[${text}]` : text)).join("");
}

describe("the words of a changed line", () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["if (a < b) {", "if (a <= b) {", "if (a < b) {", "if (a <[=] b) {"],
    ["const total = 1;", "const whole = 1;", "const [total] = 1;", "const [whole] = 1;"],
    ["f(a, b)", "f(a)", "f(a[, b])", "f(a)"],
    ["größe = 3", "größe = 4", "größe = [3]", "größe = [4]"],
    ["one two three", "four five three", "[one two] three", "[four five] three"],
    ["", "new", "", "[new]"],
  ];
  for (const [removed, added, before, after] of cases)
    test(`${JSON.stringify(removed)} and ${JSON.stringify(added)}`, () => {
      const diff = diffWords(removed, added);
      expect([marked(diff.removed), marked(diff.added)]).toEqual([before, after]);
    });

  test("put together are the lines, whatever the lines are, and unlike ones are of one kind no more than needed", () => {
    const line = fc.oneof(fc.string({ unit: "binary" }), fc.string({ maxLength: 900, minLength: 500 }));
    fc.assert(
      fc.property(line, line, fc.boolean(), (removed, added, isHasty) => {
        const diff = diffWords(removed, added, isHasty);
        expect(whole(diff.removed)).toBe(removed);
        expect(whole(diff.added)).toBe(added);
        const without = (kind: string): string =>
          diff.merged.flatMap((span) => (span.kind === kind ? [] : [span.text])).join("");
        expect([without("added"), without("removed")]).toEqual([removed, added]);
        expect(diff.likeness).toBeGreaterThanOrEqual(0);
        expect(diff.likeness).toBeLessThanOrEqual(1);
        const kept = (spans: readonly WordSpan[]): string =>
          whole(spans.filter(({ isChanged }) => !isChanged)).replace(/\s/g, "");
        expect(kept(diff.removed)).toBe(kept(diff.added));
      }),
    );
  });

  test("in haste are what lies between the common ends, in whole words", () => {
    const diff = diffWords("let total = first + last;", "let tomato = first - last;", true);
    expect(marked(diff.removed)).toBe("let [total = first +] last;");
    expect(marked(diff.added)).toBe("let [tomato = first -] last;");
  });

  test("of lines that are the same are none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (line) => {
        const { removed, added } = diffWords(line, line);
        expect([...removed, ...added].some(({ isChanged }) => isChanged)).toBe(false);
      }),
    );
  });

  test("of a very long line are told by its ends, in no time", () => {
    const line = "a,".repeat(100_000);
    const diff = diffWords(`${line}1,${line}`, `${line}2,${line}`);
    expect(diff.removed.map(({ text, isChanged }) => [text.length, isChanged])).toEqual([
      [200_000, false],
      [1, true],
      [200_001, false],
    ]);
  });
});
