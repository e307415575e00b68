import type { AttemptOutcome, CostGroup, SavedKind, Totals } from "../core/ledger.ts";
import type { NanoUsd } from "../core/money.ts";
import { totalInput, totalOutput } from "../core/usage.ts";
import type { GroupBy, LedgerFilter } from "./ports.ts";

/** Milliseconds of a UTC day. */
export const DAY_MS = 86_400_000;

/** What a row can be grouped by. `day` counts UTC days since 1970. */
export interface Dimensions {
  readonly day: number;
  readonly provider: string;
  readonly model: string;
  readonly project: string | null;
  readonly keyId: string | null;
  readonly session: string | null;
  readonly tag: string | null;
  readonly task: string | null;
  readonly file: string | null;
  readonly client: string | null;
}

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

/** What a new attempt adds: it is the last of its request until the next one comes. */
export const RESERVED_TOTALS: Totals = { ...NO_TOTALS, requests: 1, attempts: 1 };

/** What an attempt takes back when a later attempt of its request follows. */
export const SUPERSEDED_TOTALS: Totals = { ...NO_TOTALS, requests: -1 };

/** What an intent closed after a crash adds: its tokens are unknown. */
export const CRASHED_TOTALS: Totals = { ...NO_TOTALS, unpriced: 1 };

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

/** What an outcome adds to its already counted attempt. */
export function settledTotals(outcome: AttemptOutcome): Totals {
  const inputTokens = totalInput(outcome.usage);
  const outputTokens = totalOutput(outcome.usage);
  const { savedKind, savedNanoUsd } = outcome;
  const savedBy = (kind: SavedKind): NanoUsd => (savedKind === kind ? (savedNanoUsd ?? 0) : 0);
  return {
    ...NO_TOTALS,
    costNanoUsd: outcome.costNanoUsd ?? 0,
    savedNanoUsd: savedNanoUsd ?? 0,
    savedFreeTierNanoUsd: savedBy("free-tier"),
    savedRoutingNanoUsd: savedBy("routing"),
    savedCacheNanoUsd: savedBy("cache"),
    unpriced: outcome.costNanoUsd === null && inputTokens + outputTokens > 0 ? 1 : 0,
    failed: outcome.state === "failed" ? 1 : 0,
    failedNanoUsd: outcome.state === "failed" ? (outcome.costNanoUsd ?? 0) : 0,
    inputTokens,
    cacheReadTokens: outcome.usage.input.cacheRead,
    cacheWriteTokens: outcome.usage.input.cacheWrite5m + outcome.usage.input.cacheWrite1h,
    outputTokens,
  };
}

const NONE = "(none)";

function nameOf(dimensions: Dimensions, by: GroupBy): string {
  switch (by) {
    case "model":
      return `${dimensions.provider}/${dimensions.model}`;
    case "provider":
      return dimensions.provider;
    case "project":
      return dimensions.project ?? NONE;
    case "key":
      return dimensions.keyId ?? NONE;
    case "session":
    case "tag":
    case "task":
    case "file":
    case "client":
      return dimensions[by] ?? NONE;
    case "day":
      return new Date(dimensions.day * DAY_MS).toISOString().slice(0, 10);
  }
}

function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Adds the parts up by one dimension, in the order that `groups` promises. */
export function groupTotals(parts: Iterable<readonly [Dimensions, Totals]>, by: GroupBy): readonly CostGroup[] {
  const sums = new Map<string, Totals>();
  for (const [dimensions, totals] of parts) {
    const name = nameOf(dimensions, by);
    sums.set(name, addTotals(sums.get(name) ?? NO_TOTALS, totals));
  }
  const groups = [...sums].map(([name, totals]) => ({ name, ...totals }));
  if (by === "day") return groups.sort((left, right) => compareNames(left.name, right.name));
  return groups.sort((left, right) => right.costNanoUsd - left.costNanoUsd || compareNames(left.name, right.name));
}

/** Adds the parts up to one total. */
export function sumTotals(parts: Iterable<readonly [Dimensions, Totals]>): Totals {
  let sum = NO_TOTALS;
  for (const [, totals] of parts) sum = addTotals(sum, totals);
  return sum;
}

const DAILY: readonly (GroupBy | null)[] = ["model", "provider", "project", "key", "day", null];

/** Whether daily sums know enough to answer: they have no session, label, state or request. */
export function canUseDailySums(filter: LedgerFilter, by: GroupBy | null): boolean {
  const { requestId, session, tag, task, file, client, state } = filter;
  return DAILY.includes(by) && [requestId, session, tag, task, file, client, state].every((name) => name === undefined);
}

/** The UTC days that lie wholly in the filter's time, `toDay` exclusive; none when it is not after `fromDay`. */
export function wholeDays(filter: LedgerFilter): { readonly fromDay: number; readonly toDay: number } {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = filter;
  return { fromDay: Math.ceil(from / DAY_MS), toDay: Math.floor(to / DAY_MS) };
}
