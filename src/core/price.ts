import { addDecimal, type Decimal, decimalOf, multiplyDecimal, type NanoUsd, toNanoUsd } from "./money.ts";
import { totalInput, type Usage } from "./usage.ts";

/** A price in USD per million tokens: flat, or by the size of the whole input (the tier reached prices *all* tokens). */
export type Rate =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly above: number; readonly price: number }[] };

/** Prices of one model under one condition, in USD per million tokens. Absent members fall back as {@link costOf} says. */
export interface RateCard {
  readonly input?: Rate;
  readonly output?: Rate;
  readonly cacheRead?: Rate;
  readonly cacheWrite5m?: Rate;
  readonly cacheWrite1h?: Rate;
  readonly inputAudio?: Rate;
  readonly cacheReadAudio?: Rate;
  readonly outputAudio?: Rate;
  readonly inputImage?: Rate;
  readonly outputImage?: Rate;
  readonly outputReasoning?: Rate;
  /** USD per thousand calls. */
  readonly requestsPerThousand?: number;
  /** USD per thousand web searches. */
  readonly webSearchesPerThousand?: number;
}

/** One price as it stood at one moment, with where it came from. Stored with each ledger row, so history never changes. */
export interface PriceRow {
  /** Content hash of the rest: the same price always has the same id. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly rates: RateCard;
  /** `genai-prices 0.1.8`, `override`, `local`… */
  readonly source: string;
  /** Day of the source, `YYYY-MM-DD`. */
  readonly date: string;
  /** Why this card and not another of the model, e.g. `from 2026-03-01` or `00:30-16:30 UTC`. */
  readonly condition?: string;
}

/** A cost, exact before the one rounding of its row. */
export interface Cost {
  readonly nanoUsd: NanoUsd;
  readonly inputUsd: Decimal;
  readonly outputUsd: Decimal;
}

const ZERO: Decimal = { mantissa: 0n, scale: 0 };
const PER_MILLION: Decimal = { mantissa: 1n, scale: 6 };
const PER_THOUSAND: Decimal = { mantissa: 1n, scale: 3 };

function rateAt(rate: Rate | undefined, inputTokens: number): Decimal | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate === "number") return decimalOf(rate);
  const reached = rate.tiers.filter((tier) => inputTokens > tier.above).at(-1);
  return decimalOf(reached?.price ?? rate.base);
}

function times(tokens: number, rate: Decimal): Decimal {
  return multiplyDecimal(multiplyDecimal({ mantissa: BigInt(tokens), scale: 0 }, rate), PER_MILLION);
}

function sum(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce(addDecimal, ZERO);
}

/**
 * What `usage` costs by `rates`. Fallbacks where a rate is absent: cache reads and writes, audio and images cost
 * the plain input (output) rate; a one-hour cache write costs the five-minute rate. A context tier is chosen by all input tokens.
 * Source of the formula: the price notes of Anthropic and OpenAI as encoded in genai-prices.
 */
export function costOf(usage: Usage, rates: RateCard): Cost {
  const size = totalInput(usage);
  const at = (rate: Rate | undefined): Decimal | undefined => rateAt(rate, size);
  const input = at(rates.input) ?? ZERO;
  const output = at(rates.output) ?? ZERO;
  const write5m = at(rates.cacheWrite5m) ?? input;
  const { audio = 0, cacheReadAudio = 0, image = 0 } = usage.input;
  const plainInput = usage.input.uncached - audio - image;
  const { audio: outAudio = 0, image: outImage = 0 } = usage.output;
  const inputUsd = sum([
    times(plainInput, input),
    times(audio, at(rates.inputAudio) ?? input),
    times(image, at(rates.inputImage) ?? input),
    times(usage.input.cacheRead - cacheReadAudio, at(rates.cacheRead) ?? input),
    times(cacheReadAudio, at(rates.cacheReadAudio) ?? at(rates.cacheRead) ?? input),
    times(usage.input.cacheWrite5m, write5m),
    times(usage.input.cacheWrite1h, at(rates.cacheWrite1h) ?? write5m),
    multiplyDecimal(decimalOf(rates.requestsPerThousand ?? 0), PER_THOUSAND),
    multiplyDecimal(multiplyDecimal(decimalOf(rates.webSearchesPerThousand ?? 0), PER_THOUSAND), {
      mantissa: BigInt(usage.units?.webSearches ?? 0),
      scale: 0,
    }),
  ]);
  const outputUsd = sum([
    times(usage.output.text - outAudio - outImage, output),
    times(usage.output.reasoning, at(rates.outputReasoning) ?? output),
    times(outAudio, at(rates.outputAudio) ?? output),
    times(outImage, at(rates.outputImage) ?? output),
  ]);
  return { nanoUsd: toNanoUsd(addDecimal(inputUsd, outputUsd)), inputUsd, outputUsd };
}
