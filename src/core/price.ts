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
  /**
   * Whole cards of other service tiers, by the name that a reply states (`priority`, `flex`, `batch`, `fast`). They choose a
   * price row; {@link costOf} does not look at them.
   */
  readonly serviceTiers?: Readonly<Record<string, RateCard>>;
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
  /** Why this card and not another of the model, e.g. `from 2026-03-01`, `00:30-16:30 UTC` or `priority tier`. */
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

type Tier = Exclude<Rate, number>["tiers"][number];

function reachedTier(tiers: readonly Tier[], inputTokens: number): Tier | undefined {
  let reached: Tier | undefined;
  for (const tier of tiers) if (inputTokens > tier.above && !(tier.above < (reached?.above ?? 0))) reached = tier;
  return reached;
}

function rateAt(rate: Rate | undefined, inputTokens: number): Decimal | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate === "number") return exactRate(rate);
  return exactRate(reachedTier(rate.tiers, inputTokens)?.price ?? rate.base);
}

function times(count: number, rate: Decimal, unitScale: number): Decimal {
  return multiplyDecimal({ mantissa: BigInt(count), scale: unitScale }, rate);
}

/** What a line of a cost counts. */
export type CostClass =
  | "input"
  | "inputAudio"
  | "inputImage"
  | "inputVideo"
  | "cacheRead"
  | "cacheReadAudio"
  | "cacheWrite5m"
  | "cacheWrite1h"
  | "output"
  | "outputReasoning"
  | "outputAudio"
  | "outputImage"
  | "requests"
  | "webSearches";

type Line = readonly [label: CostClass, count: number, rate: Rate | undefined];

/** Most lines of a request count nothing, and cost nothing to add up. */
function sum(lines: readonly Line[], inputTokens: number, unitScale: number): Decimal {
  let total = ZERO;
  for (const [, count, rate] of lines) {
    const price = count === 0 ? undefined : rateAt(rate, inputTokens);
    if (price === undefined) continue;
    const cost = times(count, price, unitScale);
    total = total === ZERO ? cost : addDecimal(total, cost);
  }
  return total;
}

function otherLines({ units }: Usage, rates: RateCard): readonly Line[] {
  return [
    ["requests", 1, rates.requestsPerThousand],
    ["webSearches", units?.webSearches ?? 0, rates.webSearchesPerThousand],
  ];
}

/** Input tokens by what they cost. A modality's own rate applies to its part that was not cached. */
function inputLines({ input }: Usage, rates: RateCard): readonly Line[] {
  const { cacheReadAudio = 0 } = input;
  const audio = Math.min(Math.max(0, (input.audio ?? 0) - cacheReadAudio), input.uncached);
  const image = Math.min(input.image ?? 0, input.uncached - audio);
  const video = Math.min(input.video ?? 0, input.uncached - audio - image);
  const cacheRead = rates.cacheRead ?? rates.input;
  const cacheWrite = rates.cacheWrite5m ?? rates.input;
  return [
    ["input", input.uncached - audio - image - video, rates.input],
    ["inputAudio", audio, rates.inputAudio ?? rates.input],
    ["inputImage", image, rates.inputImage ?? rates.input],
    ["inputVideo", video, rates.inputVideo ?? rates.input],
    ["cacheRead", input.cacheRead - cacheReadAudio, cacheRead],
    ["cacheReadAudio", cacheReadAudio, rates.cacheReadAudio ?? cacheRead],
    ["cacheWrite5m", input.cacheWrite5m, cacheWrite],
    ["cacheWrite1h", input.cacheWrite1h, rates.cacheWrite1h ?? cacheWrite],
  ];
}

function outputLines({ output }: Usage, rates: RateCard): readonly Line[] {
  const audio = Math.min(output.audio ?? 0, output.text);
  const image = Math.min(output.image ?? 0, output.text - audio);
  return [
    ["output", output.text - audio - image, rates.output],
    ["outputReasoning", output.reasoning, rates.outputReasoning ?? rates.output],
    ["outputAudio", audio, rates.outputAudio ?? rates.output],
    ["outputImage", image, rates.outputImage ?? rates.output],
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

/** One line of a bill. */
export interface CostLine {
  readonly label: CostClass;
  /** Tokens; calls for `requests`, searches for `webSearches`. */
  readonly tokens: number;
  /** USD per million of them. */
  readonly usdPerMillion: number;
  readonly usd: Decimal;
  /** The whole input exceeded so many tokens, which chose this rate. */
  readonly tier?: { readonly above: number };
}

function explainLine([label, count, rate]: Line, size: number, unitScale: number): readonly CostLine[] {
  const price = count === 0 ? undefined : rateAt(rate, size);
  if (rate === undefined || price === undefined) return [];
  const tier = typeof rate === "number" ? undefined : reachedTier(rate.tiers, size);
  const perMillion = multiplyDecimal(price, decimalOf(10 ** (PER_MILLION - unitScale)));
  return [
    {
      label,
      tokens: count,
      usdPerMillion: Number(`${perMillion.mantissa}e-${perMillion.scale}`),
      usd: times(count, price, unitScale),
      ...(tier === undefined ? {} : { tier: { above: tier.above } }),
    },
  ];
}

/** The lines that {@link costOf} adds up, of what was used and has a rate: their exact sum is the cost before rounding. */
export function explainCost(usage: Usage, rates: RateCard): readonly CostLine[] {
  const size = totalInput(usage);
  const byTokens = [...inputLines(usage, rates), ...outputLines(usage, rates)];
  return [
    ...byTokens.flatMap((line) => explainLine(line, size, PER_MILLION)),
    ...otherLines(usage, rates).flatMap((line) => explainLine(line, size, PER_THOUSAND)),
  ];
}

/** How large a call can become. */
export interface CallSize {
  /** The most input tokens, cached or not. */
  readonly inputTokens: number;
  /** The most output tokens, reasoning included. */
  readonly outputTokens: number;
  /** Whether the input may hold audio, images or video. */
  readonly hasMedia: boolean;
}

/** One nano-dollar is `10^-9`; half of one, where rounding turns, is `5 * 10^-10`. */
const HALF_NANO: Decimal = { mantissa: 5n, scale: 10 };

/** The dearest of the rates at any size up to `inputTokens`: the size is a bound, and some tiers fall as it grows. */
function dearest(rates: readonly (Rate | undefined)[], inputTokens: number): Decimal {
  const prices = rates.flatMap((rate) => {
    if (rate === undefined || typeof rate === "number") return rate ?? 0;
    return [rate.base, ...rate.tiers.filter(({ above }) => inputTokens > above).map(({ price }) => price)];
  });
  return decimalOf(Math.max(0, ...prices));
}

function perUnit(rate: Decimal, unitScale: number): Decimal {
  return { mantissa: rate.mantissa, scale: rate.scale + unitScale };
}

function inputAndCall(rates: RateCard, { inputTokens, hasMedia }: Pick<CallSize, "inputTokens" | "hasMedia">): Decimal {
  const plain = [rates.input, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h];
  const media = [rates.inputAudio, rates.inputImage, rates.inputVideo, rates.cacheReadAudio];
  const rate = dearest(hasMedia ? [...plain, ...media] : plain, inputTokens);
  const input = multiplyDecimal(decimalOf(inputTokens), perUnit(rate, PER_MILLION));
  return addDecimal(input, perUnit(decimalOf(rates.requestsPerThousand ?? 0), PER_THOUSAND));
}

function outputToken(rates: RateCard, inputTokens: number): Decimal {
  const { output, outputReasoning, outputAudio, outputImage } = rates;
  return perUnit(dearest([output, outputReasoning, outputAudio, outputImage], inputTokens), PER_MILLION);
}

/**
 * The most that a call of at most this size can cost by `rates`, rounded as a row is: every input token in the dearest
 * class (plain, cache read or write, media only with `hasMedia`), every output token likewise, and the fee of the call.
 * Web searches are not in it: nothing in a request bounds their number.
 */
export function worstCase(rates: RateCard, size: CallSize): NanoUsd {
  const output = multiplyDecimal(decimalOf(size.outputTokens), outputToken(rates, size.inputTokens));
  return toNanoUsd(addDecimal(inputAndCall(rates, size), output));
}

/**
 * The most output tokens whose {@link worstCase} is within `nanoUsd`: -1 when not even the input is,
 * `Number.MAX_SAFE_INTEGER` when output costs nothing.
 */
export function affordableOutput(rates: RateCard, size: Omit<CallSize, "outputTokens">, nanoUsd: NanoUsd): number {
  // Rows round half up, so the cost rounds to at most the budget while it is below the budget and a half.
  const limit = addDecimal({ mantissa: BigInt(nanoUsd), scale: 9 }, HALF_NANO);
  const fixed = inputAndCall(rates, size);
  const left = addDecimal(limit, { ...fixed, mantissa: -fixed.mantissa });
  if (left.mantissa <= 0n) return -1;
  const token = outputToken(rates, size.inputTokens);
  if (token.mantissa === 0n) return Number.MAX_SAFE_INTEGER;
  const scale = Math.max(left.scale, token.scale);
  const money = left.mantissa * 10n ** BigInt(scale - left.scale);
  const price = token.mantissa * 10n ** BigInt(scale - token.scale);
  const most = (money - 1n) / price;
  return most > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(most);
}
