import * as v from "valibot";

const RATE_HINT = "must be USD per million tokens: a number, or { base, tiers: [{ above, price }] }";

const Rate = v.union(
  [
    v.pipe(v.number(), v.minValue(0)),
    v.strictObject({
      base: v.pipe(v.number(), v.minValue(0)),
      tiers: v.array(
        v.strictObject({ above: v.pipe(v.number(), v.minValue(0)), price: v.pipe(v.number(), v.minValue(0)) }),
      ),
    }),
  ],
  RATE_HINT,
);
const PerThousand = v.pipe(v.number("must be USD per thousand"), v.minValue(0, "must be USD per thousand, 0 or more"));

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
