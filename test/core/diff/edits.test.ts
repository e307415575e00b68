import { expect, test } from "bun:test";
import fc from "fast-check";
import { editsOf } from "../../../src/core/diff/annotate/edits.ts";
import type { Token } from "../../../src/core/diff/annotate/tokens.ts";

function tokens(text: string): readonly Token[] {
  return [...text].map((letter) => ({ kind: "word", text: letter }));
}

function shown(one: string, other: string): readonly string[] | undefined {
  const word = (list: readonly Token[]): string => list.map(({ text }) => text).join("");
  return editsOf(tokens(one), tokens(other))?.map(({ removed, added }) => `${word(removed)}>${word(added)}`);
}

test("are what differs, and no more", () => {
  expect(shown("abc", "abc")).toEqual([]);
  expect(shown("abc", "axc")).toEqual(["b>x"]);
  expect(shown("", "ab")).toEqual([">ab"]);
  expect(shown("abcdef", "xbcde")).toEqual(["a>x", "f>"]);
});

/** Length of the longest common subsequence, by the textbook. */
function longest(one: string, other: string): number {
  let last = new Array<number>(other.length + 1).fill(0);
  for (const letter of one) {
    const row = [0];
    for (const [at, against] of [...other].entries()) {
      row.push(letter === against ? (last[at] ?? 0) + 1 : Math.max(last[at + 1] ?? 0, row[at] ?? 0));
    }
    last = row;
  }
  return last[other.length] ?? 0;
}

test("take no more away than must be, whatever the lists are", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const edits = editsOf(tokens(one), tokens(other)) ?? [];
      const removed = edits.reduce((sum, edit) => sum + edit.removed.length, 0);
      const added = edits.reduce((sum, edit) => sum + edit.added.length, 0);
      expect([one.length - removed, other.length - added]).toEqual([longest(one, other), longest(one, other)]);
    }),
  );
});

test("are none of lists that have nothing in common", () => {
  expect(editsOf(tokens("a".repeat(100)), tokens("b".repeat(100)))).toBeNull();
});
