import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createNgramHasher } from "../../../src/core/learn/ngrams.ts";

const WORDS = { words: 2, characters: null, maxCharacters: 1000 } as const;
const BOTH = { words: 2, characters: [3, 5], maxCharacters: 1000 } as const;

function hashesOf(text: string, options: Parameters<typeof createNgramHasher>[0] = WORDS): readonly number[] {
  return [...createNgramHasher(options).hash(text)];
}

describe("hashed n-grams", () => {
  test("three words are three words and two pairs", () => {
    expect(hashesOf("fix the bug")).toHaveLength(5);
    expect(new Set(hashesOf("fix the bug")).size).toBe(5);
  });

  test("a repeated word has its hash twice, and a pair knows its order", () => {
    const [first, second] = hashesOf("bug bug");
    expect(first).toBe(second);
    expect(hashesOf("a b").at(-1)).not.toBe(hashesOf("b a").at(-1));
  });

  test.each([
    ["case", "Fix THE Bug", "fix the bug"],
    ["runs of white space", "  fix\n\t the   bug ", "fix the bug"],
    ["case outside of ASCII", "ÄNDERE Das", "ändere das"],
  ])("%s does not count", (_, one, other) => {
    expect(hashesOf(one, BOTH)).toEqual(hashesOf(other, BOTH));
  });

  test("characters count punctuation, words do not", () => {
    expect(hashesOf("a(b)")).toEqual(hashesOf("a b"));
    expect(hashesOf("a(b)", BOTH)).not.toEqual(hashesOf("a b", BOTH));
  });

  test("four characters are two rows of three and one of four", () => {
    expect(hashesOf("abcd", { words: 0, characters: [3, 5], maxCharacters: 10 })).toHaveLength(3);
  });

  test.each(["", " \n ", "?!"])("%j has no words", (text) => {
    expect(hashesOf(text)).toEqual([]);
  });

  test("a long text is read at its two ends", () => {
    const options = { ...WORDS, maxCharacters: 20 };
    const inside = `begin ${"x".repeat(500)} end`;
    const hasher = createNgramHasher(options);
    expect([...hasher.hash(inside)]).toHaveLength(7);
    expect([...hasher.hash(inside)]).toContain(hashesOf("begin")[0] as number);
    expect([...hasher.hash(inside)]).toContain(hashesOf("end")[0] as number);
  });

  test("any text fits into the hasher's room and gives the same hashes again", () => {
    const hasher = createNgramHasher({ words: 3, characters: [2, 5], maxCharacters: 64 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const first = [...hasher.hash(text)];
        expect([...hasher.hash(text)]).toEqual(first);
        expect(first.length).toBeLessThanOrEqual(65 * 7);
      }),
    );
  });
});
