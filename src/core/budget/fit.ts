import { NANO_PER_USD, type NanoUsd } from "../money.ts";
import { affordableOutput, type RateCard, worstCase } from "../price.ts";

/** What one call to one target may use at most. Tokens; counts are of one answer where several are asked for. */
export interface BudgetAsk {
  /** An upper bound, whatever part of it is cached. */
  readonly inputTokens: number;
  /** Whether the input may hold audio, images or video. */
  readonly hasMedia: boolean;
  /** What the client allows; null where it left that open. */
  readonly maxOutputTokens: number | null;
  /** The model's own limit; null where it is unknown. */
  readonly modelOutputTokens: number | null;
  readonly answerCount: number;
  /** Searches that the provider may make for it, at most; absent: none. */
  readonly webSearches?: number;
  /** Whether the target can be told a lower limit of output. */
  readonly canCap: boolean;
  /** Null where no price is known. */
  readonly rates: RateCard | null;
}

/** A call as the money allows it. */
export interface FittedCall {
  readonly ok: true;
  /** What it costs at worst. */
  readonly reservedNanoUsd: NanoUsd;
  /** The limit of output to be sent in place of the client's, per answer; null where the call stands as it is. */
  readonly outputCap: number | null;
}

/** A call that would have to be cut below what is worth having; and what it would cost at least. */
interface MisfitCall {
  readonly ok: false;
  readonly leastNanoUsd: NanoUsd;
}

/** An answer is not cut below this, unless the client itself wants less. */
const LEAST_OUTPUT = 1_000;
/** What is taken for the limit where neither the client nor the model's data states one. */
const UNKNOWN_OUTPUT = 16_384;
/** A call without a limit of its own leaves half of what is affordable to those beside it, but keeps so much. */
const ROOMY_OUTPUT = 8_192;

function searchCost({ webSearchesPerThousand = 0 }: RateCard, { webSearches = 0 }: BudgetAsk): NanoUsd {
  return Math.ceil((webSearches * webSearchesPerThousand * NANO_PER_USD) / 1_000);
}

function capFor(most: number, affordable: number, maxOutputTokens: number | null): number {
  const isOpen = maxOutputTokens === null && affordable >= 2 * ROOMY_OUTPUT;
  return Math.min(most, isOpen ? Math.floor(affordable / 2) : affordable);
}

/**
 * Fits a call into what is left, in nano-dollars; null where nothing limits it. It reserves the worst case, and is capped
 * where that does not fit, or where neither client nor model bounds the output. Source: `affordableOutput`, `worstCase`.
 */
export function fitCall(ask: BudgetAsk, rates: RateCard, leftNanoUsd: NanoUsd | null): FittedCall | MisfitCall {
  const { maxOutputTokens, modelOutputTokens, answerCount } = ask;
  const most = maxOutputTokens ?? modelOutputTokens ?? UNKNOWN_OUTPUT;
  const searchNanoUsd = searchCost(rates, ask);
  const costAt = (outputTokens: number): NanoUsd =>
    searchNanoUsd + worstCase(rates, { ...ask, outputTokens: outputTokens * answerCount });
  if (leftNanoUsd === null) return { ok: true, reservedNanoUsd: costAt(most), outputCap: null };
  const affordable = Math.floor(affordableOutput(rates, ask, leftNanoUsd - searchNanoUsd) / answerCount);
  const least = ask.canCap ? Math.min(LEAST_OUTPUT, most) : most;
  if (affordable < least) return { ok: false, leastNanoUsd: costAt(least) };
  if (!ask.canCap) return { ok: true, reservedNanoUsd: costAt(most), outputCap: null };
  const cap = capFor(most, affordable, maxOutputTokens);
  const isBounded = maxOutputTokens !== null || modelOutputTokens !== null;
  return { ok: true, reservedNanoUsd: costAt(cap), outputCap: cap < most || !isBounded ? cap : null };
}
