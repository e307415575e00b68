import fc from "fast-check";
import type { Rate, RateCard } from "../../src/core/price.ts";
import { checkUsage, type Usage } from "../../src/core/usage.ts";

const price = fc.integer({ min: 0, max: 10 ** 8 }).map((micro) => micro / 1e6);

const tiered = fc
  .record({
    base: price,
    limits: fc.uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 3 }),
    prices: fc.array(price, { minLength: 3, maxLength: 3 }),
  })
  .map(
    ({ base, limits, prices }): Rate => ({
      base,
      tiers: limits
        .toSorted((left, right) => left - right)
        .map((above, index) => ({ above, price: prices[index] ?? base })),
    }),
  );
const rate: fc.Arbitrary<Rate> = fc.oneof(price, tiered);

/** Any rate card: each rate there or not, flat or in tiers. */
export const anyRates: fc.Arbitrary<RateCard> = fc.record(
  {
    input: rate,
    output: rate,
    cacheRead: rate,
    cacheWrite5m: rate,
    cacheWrite1h: rate,
    inputAudio: rate,
    cacheReadAudio: rate,
    outputAudio: rate,
    inputImage: rate,
    inputVideo: rate,
    outputImage: rate,
    outputReasoning: rate,
    requestsPerThousand: price,
    webSearchesPerThousand: price,
  },
  { requiredKeys: [] },
);

const count = fc.nat(500_000);

/** Any sound usage: the parts never exceed their sums. */
export const anyUsage: fc.Arbitrary<Usage> = fc
  .record({
    input: fc.record(
      {
        uncached: count,
        cacheRead: count,
        cacheWrite5m: count,
        cacheWrite1h: count,
        audio: count,
        cacheReadAudio: count,
        image: count,
        video: count,
      },
      { requiredKeys: ["uncached", "cacheRead", "cacheWrite5m", "cacheWrite1h"] },
    ),
    output: fc.record(
      { text: count, reasoning: count, audio: count, image: count },
      { requiredKeys: ["text", "reasoning"] },
    ),
  })
  .map((counts) => checkUsage({ ...counts, raw: null }).usage);
