import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addDecimal, decimalOf, toNanoUsd } from "../../src/core/money.ts";
import { costOf, type RateCard } from "../../src/core/price.ts";
import { totalInput, totalOutput, type Usage } from "../../src/core/usage.ts";

interface Counts {
  readonly input?: Partial<Usage["input"]>;
  readonly output?: Partial<Usage["output"]>;
  readonly webSearches?: number;
}

function usageOf({ input = {}, output = {}, webSearches }: Counts): Usage {
  return {
    input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, ...input },
    output: { text: 0, reasoning: 0, ...output },
    ...(webSearches === undefined ? {} : { units: { webSearches } }),
    raw: null,
  };
}

const OPUS: RateCard = { input: 5, output: 25, cacheRead: 0.5, cacheWrite5m: 6.25, cacheWrite1h: 10 };
const LONG: RateCard = {
  input: { base: 2, tiers: [{ above: 200_000, price: 4 }] },
  output: { base: 12, tiers: [{ above: 200_000, price: 18 }] },
};
const AUDIO: RateCard = { input: 1, output: 2, cacheRead: 0.5, inputAudio: 10, cacheReadAudio: 3, outputAudio: 20 };

const CASES: readonly [name: string, counts: Counts, rates: RateCard, nanoUsd: number][] = [
  ["nothing costs nothing", {}, OPUS, 0],
  ["plain input and output", { input: { uncached: 1_000 }, output: { text: 100 } }, OPUS, 7_500_000],
  [
    "each kind of cached token at its own rate",
    { input: { cacheRead: 10, cacheWrite5m: 20, cacheWrite1h: 30 } },
    OPUS,
    430_000,
  ],
  ["reasoning as output", { output: { reasoning: 4 } }, OPUS, 100_000],
  ["reasoning at its own rate", { output: { text: 1, reasoning: 1 } }, { output: 2, outputReasoning: 3 }, 5_000],
  ["a cached token without a rate as input", { input: { cacheRead: 10, cacheWrite1h: 10 } }, { input: 3 }, 60_000],
  [
    "an hour's write without a rate as a short one",
    { input: { cacheWrite1h: 10 } },
    { input: 3, cacheWrite5m: 4 },
    40_000,
  ],
  ["the base tier up to its limit", { input: { uncached: 200_000 }, output: { text: 1 } }, LONG, 400_012_000],
  ["the whole request at the tier above it", { input: { uncached: 200_001 }, output: { text: 1 } }, LONG, 800_022_000],
  ["cached tokens count for the tier", { input: { uncached: 1, cacheRead: 200_000 } }, LONG, 800_004_000],
  ["output does not count for the tier", { input: { uncached: 1 }, output: { text: 300_000 } }, LONG, 3_600_002_000],
  [
    "audio at its rate, the rest plain",
    { input: { uncached: 10, audio: 4 }, output: { text: 5, audio: 2 } },
    AUDIO,
    92_000,
  ],
  ["cached audio at its own", { input: { uncached: 6, cacheRead: 4, audio: 5, cacheReadAudio: 3 } }, AUDIO, 33_500],
  [
    "cached audio whose sum the provider forgot",
    { input: { uncached: 1, cacheRead: 4, cacheReadAudio: 3 } },
    AUDIO,
    10_500,
  ],
  [
    "no text below none",
    { output: { text: 5, audio: 5, image: 5 } },
    { output: 2, outputAudio: 20, outputImage: 9 },
    100_000,
  ],
  [
    "images and video",
    { input: { uncached: 9, image: 2, video: 3 } },
    { input: 1, inputImage: 10, inputVideo: 100 },
    324_000,
  ],
  [
    "images read from the cache",
    { input: { uncached: 1, cacheRead: 9, image: 10 } },
    { input: 1, cacheRead: 0.1, inputImage: 2 },
    2_900,
  ],
  [
    "the call itself and searches",
    { webSearches: 3 },
    { requestsPerThousand: 5, webSearchesPerThousand: 10 },
    35_000_000,
  ],
  ["rounds half up, once", { input: { uncached: 1 }, output: { text: 1 } }, { input: 0.00025, output: 0.00025 }, 1],
  ["rounds down below a half", { input: { uncached: 1 } }, { input: 0.000499 }, 0],
  ["no floating point noise", { input: { uncached: 3 } }, { input: 0.1 }, 300],
];

describe("cost", () => {
  test.each(CASES)("%s", (_, counts, rates, nanoUsd) => {
    expect(costOf(usageOf(counts), rates).nanoUsd).toBe(nanoUsd);
  });

  test("tells input, output and the rest apart, before rounding", () => {
    const rates = { ...OPUS, requestsPerThousand: 5 };
    const cost = costOf(usageOf({ input: { uncached: 1 }, output: { text: 2 } }), rates);
    const parts = [cost.inputUsd, cost.outputUsd, cost.otherUsd].map(toNanoUsd);
    expect(parts).toEqual([5_000, 50_000, 5_000_000]);
    expect(cost.nanoUsd).toBe(5_055_000);
  });

  const count = fc.nat(10_000_000);
  const rate = fc.integer({ min: 0, max: 10 ** 9 }).map((micro) => micro / 1e6);
  const usage = fc
    .record({
      uncached: count,
      cacheRead: count,
      cacheWrite5m: count,
      cacheWrite1h: count,
      text: count,
      reasoning: count,
    })
    .map(({ text, reasoning, ...input }) => usageOf({ input, output: { text, reasoning } }));

  test("with one rate for everything is the token count times the rate, to the last digit", () => {
    fc.assert(
      fc.property(usage, rate, (counts, price) => {
        const cost = costOf(counts, { input: price, output: price });
        // A rate of so many millionths of a dollar per million tokens is 1e-12 USD a token.
        const exact = BigInt(totalInput(counts) + totalOutput(counts)) * BigInt(Math.round(price * 1e6));
        expect(cost.nanoUsd).toBe(Number((exact + 500n) / 1000n));
      }),
    );
  });

  test("of two calls together is within one rounding of the sum", () => {
    fc.assert(
      fc.property(usage, usage, rate, rate, (left, right, input, output) => {
        const rates = { input, output, cacheRead: input / 10 };
        const [one, other] = [costOf(left, rates), costOf(right, rates)];
        const exact = [one, other]
          .flatMap(({ inputUsd, outputUsd }) => [inputUsd, outputUsd])
          .reduce(addDecimal, decimalOf(0));
        expect(Math.abs(toNanoUsd(exact) - (one.nanoUsd + other.nanoUsd))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("never falls when a count or a rate grows", () => {
    fc.assert(
      fc.property(usage, rate, fc.nat(1_000), (counts, price, more) => {
        const base = costOf(counts, { input: price, output: price }).nanoUsd;
        const larger = { ...counts, input: { ...counts.input, cacheRead: counts.input.cacheRead + more } };
        expect(costOf(larger, { input: price, output: price }).nanoUsd).toBeGreaterThanOrEqual(base);
        expect(costOf(counts, { input: price + more, output: price }).nanoUsd).toBeGreaterThanOrEqual(base);
      }),
    );
  });
});
