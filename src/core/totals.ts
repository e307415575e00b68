import type { Totals } from "./ledger.ts";

/** Sums over no rows. */
export const NO_TOTALS: Totals = {
  requests: 0,
  attempts: 0,
  costNanoUsd: 0,
  savedNanoUsd: 0,
  savedFreeTierNanoUsd: 0,
  savedRoutingNanoUsd: 0,
  savedCacheNanoUsd: 0,
  unpriced: 0,
  failed: 0,
  failedNanoUsd: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
};

/** Member-wise sum. */
export function addTotals(left: Totals, right: Totals): Totals {
  return {
    requests: left.requests + right.requests,
    attempts: left.attempts + right.attempts,
    costNanoUsd: left.costNanoUsd + right.costNanoUsd,
    savedNanoUsd: left.savedNanoUsd + right.savedNanoUsd,
    savedFreeTierNanoUsd: left.savedFreeTierNanoUsd + right.savedFreeTierNanoUsd,
    savedRoutingNanoUsd: left.savedRoutingNanoUsd + right.savedRoutingNanoUsd,
    savedCacheNanoUsd: left.savedCacheNanoUsd + right.savedCacheNanoUsd,
    unpriced: left.unpriced + right.unpriced,
    failed: left.failed + right.failed,
    failedNanoUsd: left.failedNanoUsd + right.failedNanoUsd,
    inputTokens: left.inputTokens + right.inputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    outputTokens: left.outputTokens + right.outputTokens,
  };
}
