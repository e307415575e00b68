import type { Totals } from "./ledger.ts";
import type { NanoUsd } from "./money.ts";

/** How good answers are that saved something. */
export type SavingsQuality = "unmeasured" | `expected ${string}`;

/**
 * What was saved against a baseline model: never without its name and the quality of the answers beside it. `net` is what is
 * left after the failed attempts of the same time were paid: a gateway that tries twice pays for both.
 */
export interface Savings {
  /** `provider/model` */
  readonly baselineModel: string;
  /** A local model that was asked for by name. */
  readonly freeTierNanoUsd: NanoUsd;
  /** A local model that an alias or chain chose. */
  readonly routingNanoUsd: NanoUsd;
  /** Answers from the cache. */
  readonly cacheNanoUsd: NanoUsd;
  readonly savedNanoUsd: NanoUsd;
  readonly failedNanoUsd: NanoUsd;
  readonly netNanoUsd: NanoUsd;
  /** What was expected of the answers when the router chose, with n and interval; `unmeasured` where nobody said anything. */
  readonly quality: SavingsQuality;
}

/** The savings in sums over rows. */
export function savingsOf(totals: Totals, baselineModel: string, quality: SavingsQuality = "unmeasured"): Savings {
  return {
    baselineModel,
    freeTierNanoUsd: totals.savedFreeTierNanoUsd,
    routingNanoUsd: totals.savedRoutingNanoUsd,
    cacheNanoUsd: totals.savedCacheNanoUsd,
    savedNanoUsd: totals.savedNanoUsd,
    failedNanoUsd: totals.failedNanoUsd,
    netNanoUsd: totals.savedNanoUsd - totals.failedNanoUsd,
    quality,
  };
}

/** The part of the input that a provider's prompt cache served, from 0 to 1; null without input. */
export function cacheShare({ inputTokens, cacheReadTokens }: Totals): number | null {
  return inputTokens === 0 ? null : cacheReadTokens / inputTokens;
}
