import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkUsage, estimateTokens, NO_USAGE, totalInput, totalOutput, type Usage } from "../../src/core/usage.ts";

function usageOf(input: Partial<Usage["input"]>, output: Partial<Usage["output"]> = {}): Usage {
  return {
    input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, ...input },
    output: { text: 0, reasoning: 0, ...output },
    raw: { as: "it came" },
  };
}

describe("the sums of a usage", () => {
  test("count every token once", () => {
    const usage = usageOf(
      { uncached: 1, cacheRead: 2, cacheWrite5m: 4, cacheWrite1h: 8, audio: 3 },
      { text: 16, reasoning: 32 },
    );
    expect([totalInput(usage), totalOutput(usage)]).toEqual([15, 48]);
    expect([totalInput(NO_USAGE), totalOutput(NO_USAGE)]).toEqual([0, 0]);
  });
});

const REPAIRS: readonly [name: string, given: Usage, repaired: Usage, problems: readonly string[]][] = [
  ["a negative count", usageOf({ uncached: -5 }), usageOf({ uncached: 0 }), ["input.uncached is -5"]],
  ["not a number", usageOf({}, { text: Number.NaN }), usageOf({}, { text: 0 }), ["output.text is NaN"]],
  ["infinity", usageOf({ cacheRead: Infinity }), usageOf({ cacheRead: 1e9 }), ["input.cacheRead is Infinity"]],
  ["a fraction", usageOf({ uncached: 1.6 }), usageOf({ uncached: 2 }), ["input.uncached is 1.6"]],
  [
    "an absurd size",
    usageOf({}, { reasoning: 1e12 }),
    usageOf({}, { reasoning: 1e9 }),
    ["output.reasoning is 1000000000000"],
  ],
  [
    "more audio than input",
    usageOf({ uncached: 5, audio: 9 }),
    usageOf({ uncached: 5, audio: 5 }),
    ["audio is 9 of 5"],
  ],
  [
    "more cached audio than audio",
    usageOf({ uncached: 5, cacheRead: 9, audio: 3, cacheReadAudio: 4 }),
    usageOf({ uncached: 5, cacheRead: 9, audio: 3, cacheReadAudio: 3 }),
    ["cacheReadAudio is 4 of 3"],
  ],
  [
    "more image than output",
    usageOf({}, { text: 2, image: 3 }),
    usageOf({}, { text: 2, image: 2 }),
    ["image is 3 of 2"],
  ],
];

describe("checking a usage", () => {
  test.each(REPAIRS)("repairs and names %s", (_, given, repaired, problems) => {
    expect(checkUsage(given)).toEqual({ usage: repaired, problems });
  });

  test("gives sound counts back as they are", () => {
    const sound = usageOf({ uncached: 5, cacheRead: 9, audio: 6, cacheReadAudio: 3, image: 2 }, { text: 4, image: 4 });
    const checked = checkUsage(sound);
    expect(checked.usage).toBe(sound);
    expect(checked.problems).toEqual([]);
  });

  test.each([
    [-3, 0],
    [1.5, 2],
    [Number.NaN, 0],
    [1e12, 10_000],
  ])("repairs %p web searches, which are paid one by one", (webSearches, repaired) => {
    const checked = checkUsage({ ...usageOf({ uncached: 1 }), units: { webSearches } });
    expect(checked.usage.units).toEqual({ webSearches: repaired });
    expect(checked.problems).toEqual([`units.webSearches is ${webSearches}`]);
    const sound = { ...usageOf({ uncached: 1 }), units: { webSearches: 3 } };
    expect(checkUsage(sound)).toEqual({ usage: sound, problems: [] });
  });

  test("whatever came, the result is sound", () => {
    const wild = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, NaN, Infinity, -Infinity, 1e300));
    const input = fc.record(
      {
        uncached: wild,
        cacheRead: wild,
        cacheWrite5m: wild,
        cacheWrite1h: wild,
        audio: wild,
        cacheReadAudio: wild,
        image: wild,
      },
      { requiredKeys: ["uncached", "cacheRead", "cacheWrite5m", "cacheWrite1h"] },
    );
    const output = fc.record({ text: wild, reasoning: wild, audio: wild }, { requiredKeys: ["text", "reasoning"] });
    fc.assert(
      fc.property(input, output, (inputCounts, outputCounts) => {
        const { usage } = checkUsage({ input: inputCounts, output: outputCounts, raw: null } as Usage);
        const counts = [...Object.values(usage.input), ...Object.values(usage.output)];
        expect(counts.every((count) => Number.isSafeInteger(count) && count >= 0)).toBe(true);
        expect(usage.input.cacheReadAudio ?? 0).toBeLessThanOrEqual(usage.input.cacheRead);
        expect(checkUsage(usage).problems).toEqual([]);
      }),
    );
  });
});

/** Texts with the mean of their cl100k and o200k counts, and how far off the estimate may be. */
const SAMPLES: readonly [text: string, tokens: number, tolerance: number][] = [
  ["", 0, 0],
  ["Hello", 1, 0],
  ["The quick brown fox jumps over the lazy dog.", 10, 0.25],
  ["You must sign in before you can upload your profile picture or change your settings.", 16, 0.25],
  ["const total = rows.reduce((sum, row) => sum + row.costNanoUsd, 0);", 21.5, 0.2],
  ["if (value === undefined) {\n  return null;\n}\n", 12, 0.2],
  ['{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}', 20.5, 0.35],
  ["我们今天去北京大学图书馆看书", 11.5, 0.2],
  ["これはテストです。", 5.5, 0.7],
  ["Привет, как у тебя сегодня дела?", 12.5, 0.2],
];

describe("the estimate of tokens", () => {
  test.each(SAMPLES)("of %p is about %d", (text, tokens, tolerance) => {
    expect(Math.abs(estimateTokens(text) - tokens)).toBeLessThanOrEqual(tokens * tolerance);
  });

  test("is a whole number, never negative, and at most three a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const tokens = estimateTokens(text);
        expect(Number.isSafeInteger(tokens)).toBe(true);
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(tokens).toBeLessThanOrEqual(3 * text.length);
      }),
    );
  });

  test("of two texts apart is nearly that of both together", () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 60 }), fc.lorem({ maxCount: 60 }), (left, right) => {
        const together = estimateTokens(`${left} ${right}`);
        expect(Math.abs(together - estimateTokens(left) - estimateTokens(right))).toBeLessThanOrEqual(2);
      }),
    );
  });
});
