import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fuzzyMatch } from "../../src/core/fuzzy.ts";

const NAMES = [
  "ollama/qwen2.5-coder:7b",
  "ollama/qwen2.5-coder:1.5b",
  "ollama/llama3.1:8b",
  "anthropic/claude-sonnet-4-5",
  "openai/gpt-5-mini",
  "openai/o4-mini",
  "mistral/codestral-2508",
];

function best(query: string): string | undefined {
  const found = NAMES.flatMap((name) => {
    const match = fuzzyMatch(query, name);
    return match === null ? [] : [{ name, score: match.score }];
  });
  return found.toSorted((left, right) => right.score - left.score)[0]?.name;
}

describe("a fuzzy search", () => {
  test.each([
    ["qc7", "ollama/qwen2.5-coder:7b"],
    ["qwen 1.5", "ollama/qwen2.5-coder:1.5b"],
    ["7b coder", "ollama/qwen2.5-coder:7b"],
    ["CS45", "anthropic/claude-sonnet-4-5"],
    ["gptmini", "openai/gpt-5-mini"],
    ["o4", "openai/o4-mini"],
    ["l8b", "ollama/llama3.1:8b"],
    ["codes", "mistral/codestral-2508"],
  ])("%p finds %s first", (query, name) => {
    expect(best(query)).toBe(name);
  });

  test("finds nothing where a letter is missing, and everything without a query", () => {
    expect(best("xyz")).toBeUndefined();
    expect(fuzzyMatch(" ", "abc")?.positions).toEqual([]);
  });

  const text = fc.stringMatching(/^[a-c:/0-2]{0,12}$/);
  const word = fc.stringMatching(/^[a-c0-2]{1,4}$/);

  test("finds a word exactly where its letters stand in their order, and tells where", () => {
    fc.assert(
      fc.property(text, word, (name, query) => {
        const pattern = new RegExp([...query].join(".*"));
        const isThere = pattern.test(name);
        const found = fuzzyMatch(query, name);
        expect(found !== null).toBe(isThere);
        if (found !== null) expect(found.positions.map((position) => name[position]).join("")).toBe(query);
      }),
      { numRuns: 500 },
    );
  });

  test("letters side by side at the beginning of a word beat any others", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[d-f]{1,6}$/), (filler) => {
        const whole = fuzzyMatch("ab", `${filler}/ab${filler}`)?.score ?? 0;
        expect(whole).toBeGreaterThan(fuzzyMatch("ab", `${filler}a${filler}bd`)?.score ?? 0);
      }),
    );
  });

  test("500 names are searched within the time between two keys", () => {
    const names = Array.from(
      { length: 500 },
      (_, at) => `provider-${at % 20}/some-model-name-${at}-instruct (alias-${at}) tools images`,
    );
    const times = ["m", "mod", "model ins 4", "provider instruct 499"].map((query) => {
      const startedAt = performance.now();
      for (const name of names) fuzzyMatch(query, name);
      return performance.now() - startedAt;
    });
    console.log(`fuzzy search over 500 names: ${times.map((time) => time.toFixed(1)).join(", ")} ms`);
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
