import { addDecimal, type Decimal, decimalOf, multiplyDecimal, type NanoUsd, toNanoUsd } from "./money.ts";
import { totalInput, type Usage } from "./usage.ts";

/**
 * A price in USD per million tokens: flat, or by the size of the whole input, cached tokens included. The highest tier
 * that the input exceeds (`>`, not `>=`) prices *all* tokens. Source: genai-prices, `calcTieredPrice`.
 */
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
  readonly inputVideo?: Rate;
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
  /** What is not priced by tokens: the call itself, web searches. */
  readonly otherUsd: Decimal;
}

const ZERO: Decimal = { mantissa: 0n, scale: 0 };
/** Decimal places that a count per million, or per thousand, is shifted by. */
const PER_MILLION = 6;
const PER_THOUSAND = 3;

/** Rates as exact decimals. They come from the price data and the configuration, so there are few of them. */
const KNOWN_RATES = 2_000;
const exactRates = new Map<number, Decimal>();

function exactRate(rate: number): Decimal {
  const known = exactRates.get(rate);
  if (known !== undefined) return known;
  if (exactRates.size >= KNOWN_RATES) exactRates.clear();
  const exact = decimalOf(rate);
  exactRates.set(rate, exact);
  return exact;
}

function rateAt(rate: Rate | undefined, inputTokens: number): Decimal | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate === "number") return exactRate(rate);
  const reached = rate.tiers.filter((tier) => inputTokens > tier.above).at(-1);
  return exactRate(reached?.price ?? rate.base);
}

function times(count: number, rate: Decimal, unitScale: number): Decimal {
  return multiplyDecimal({ mantissa: BigInt(count), scale: unitScale }, rate);
}

type Line = readonly [count: number, rate: Rate | undefined];

/** Most lines of a request count nothing, and cost nothing to add up. */
function sum(lines: readonly Line[], inputTokens: number, unitScale: number): Decimal {
  let total = ZERO;
  for (const [count, rate] of lines) {
    const price = count === 0 ? undefined : rateAt(rate, inputTokens);
    if (price === undefined) continue;
    const cost = times(count, price, unitScale);
    total = total === ZERO ? cost : addDecimal(total, cost);
  }
  return total;
}

function otherLines({ units }: Usage, rates: RateCard): readonly Line[] {
  return [
    [1, rates.requestsPerThousand],
    [units?.webSearches ?? 0, rates.webSearchesPerThousand],
  ];
}

/** Input tokens by what they cost. A modality's own rate applies to its part that was not cached. */
function inputLines({ input }: Usage, rates: RateCard): readonly Line[] {
  const { cacheReadAudio = 0 } = input;
  const audio = Math.min((input.audio ?? 0) - cacheReadAudio, input.uncached);
  const image = Math.min(input.image ?? 0, input.uncached - audio);
  const video = Math.min(input.video ?? 0, input.uncached - audio - image);
  const cacheRead = rates.cacheRead ?? rates.input;
  const cacheWrite = rates.cacheWrite5m ?? rates.input;
  return [
    [input.uncached - audio - image - video, rates.input],
    [audio, rates.inputAudio ?? rates.input],
    [image, rates.inputImage ?? rates.input],
    [video, rates.inputVideo ?? rates.input],
    [input.cacheRead - cacheReadAudio, cacheRead],
    [cacheReadAudio, rates.cacheReadAudio ?? cacheRead],
    [input.cacheWrite5m, cacheWrite],
    [input.cacheWrite1h, rates.cacheWrite1h ?? cacheWrite],
  ];
}

function outputLines({ output }: Usage, rates: RateCard): readonly Line[] {
  const { audio = 0, image = 0 } = output;
  return [
    [output.text - audio - image, rates.output],
    [output.reasoning, rates.outputReasoning ?? rates.output],
    [audio, rates.outputAudio ?? rates.output],
    [image, rates.outputImage ?? rates.output],
  ];
}

/**
 * What `usage` costs by `rates`. Fallbacks where a rate is absent: cache reads and writes, audio, images and video cost
 * the plain input (output) rate; a one-hour cache write costs the five-minute rate. Counts must be sound (`checkUsage`).
 * Source of the formula: the price notes of Anthropic and OpenAI as encoded in genai-prices.
 */
export function costOf(usage: Usage, rates: RateCard): Cost {
  const size = totalInput(usage);
  const inputUsd = sum(inputLines(usage, rates), size, PER_MILLION);
  const outputUsd = sum(outputLines(usage, rates), size, PER_MILLION);
  const otherUsd = sum(otherLines(usage, rates), size, PER_THOUSAND);
  return { nanoUsd: toNanoUsd(addDecimal(addDecimal(inputUsd, outputUsd), otherUsd)), inputUsd, outputUsd, otherUsd };
}
