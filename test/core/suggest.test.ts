import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { didYouMean, editDistance, suggest } from "../../src/core/suggest.ts";
import { processorMs } from "../support/own-time.ts";

describe("the distance of two words", () => {
  const cases: readonly (readonly [left: string, right: string, distance: number])[] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "abd", 1],
    ["abc", "acb", 1],
    ["ca", "abc", 3],
    ["kitten", "sitting", 3],
    ["gtp-4o", "gpt-4o", 1],
  ];
  for (const [left, right, distance] of cases) {
    test(`"${left}" to "${right}" is ${distance}`, () => expect(editDistance(left, right)).toBe(distance));
  }

  test("is symmetric, zero for equals only, and between the difference of the lengths and the longer one", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "é"), maxLength: 12 });
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right);
        expect(distance).toBe(editDistance(right, left));
        expect(distance === 0).toBe(left === right);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(left.length - right.length));
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });
});

describe("suggestions", () => {
  const known = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-5", "qwen2.5-coder:3b", "free"];

  test("find misspellings, swaps, other case and fragments, nearest first", () => {
    expect(suggest("gtp-4o", known)).toEqual(["gpt-4o"]);
    expect(suggest("GPT-4O", known)).toEqual(["gpt-4o", "gpt-4o-mini"]);
    expect(suggest("sonnet", known)).toEqual(["claude-sonnet-5"]);
    expect(suggest("fre", known)).toEqual(["free"]);
    expect(suggest("completely-else", known)).toEqual([]);
  });

  test("are at most as many as asked for", () => {
    const many = Array.from({ length: 20 }, (_, index) => `model-${index}`);
    expect(suggest("model", many).length).toBe(3);
    expect(suggest("model", many, 5).length).toBe(5);
  });

  test("stay within the tolerance, and leave out none that is within it", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 });
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 6 }), (wanted, candidates) => {
        const tolerance = Math.max(1, Math.floor(wanted.length / 3));
        const isNear = (known: string): boolean =>
          editDistance(wanted, known) <= tolerance || (wanted.length >= 3 && known.includes(wanted));
        expect([...suggest(wanted, candidates, 99)].sort()).toEqual(candidates.filter(isNear).sort());
      }),
    );
  });

  test("for a word of a megabyte cost nothing", () => {
    const models = Array.from({ length: 2_000 }, (_, index) => `model-${index}`);
    expect(processorMs(() => suggest("x".repeat(1_000_000), models))).toBeLessThan(500);
  });

  test("read as a sentence", () => {
    expect(didYouMean("zzzz", ["a"])).toBe("");
    expect(didYouMean("freee", ["free"])).toBe(' Did you mean "free"?');
    expect(didYouMean("ab", ["abc", "abd", "a"])).toBe(' Did you mean "a", "abc" or "abd"?');
  });
});
