import * as v from "valibot";

const RATE_HINT = "must be USD per million tokens: a number, or { base, tiers: [{ above, price }] }";

/** Far above any price; also keeps out what is no finite number. */
const MAX_USD = 1_000_000;
const Amount = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_USD));

const Rate = v.union(
  [
    Amount,
    v.strictObject({
      base: Amount,
      tiers: v.array(v.strictObject({ above: v.pipe(v.number(), v.minValue(0)), price: Amount })),
    }),
  ],
  RATE_HINT,
);
const PerThousand = v.pipe(
  v.number("must be USD per thousand"),
  v.minValue(0, "must be USD per thousand, 0 or more"),
  v.maxValue(MAX_USD, `must be USD per thousand, at most ${MAX_USD}`),
);

const rates = {
  input: v.optional(Rate),
  output: v.optional(Rate),
  cacheRead: v.optional(Rate),
  cacheWrite5m: v.optional(Rate),
  cacheWrite1h: v.optional(Rate),
  inputAudio: v.optional(Rate),
  cacheReadAudio: v.optional(Rate),
  outputAudio: v.optional(Rate),
  inputImage: v.optional(Rate),
  inputVideo: v.optional(Rate),
  outputImage: v.optional(Rate),
  outputReasoning: v.optional(Rate),
  requestsPerThousand: v.optional(PerThousand),
  webSearchesPerThousand: v.optional(PerThousand),
};

/** Prices of one model as a person writes them; the shape of `RateCard` in the core. */
export const RateCardSchema = v.strictObject({
  ...rates,
  serviceTiers: v.optional(v.record(v.string(), v.strictObject(rates))),
});
