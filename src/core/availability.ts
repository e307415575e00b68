import { FAULT_RULES, type FaultKind } from "./fault.ts";
import type { AttemptIntent, AttemptOutcome } from "./ledger.ts";
import { addDuration, type LogHistogram, percentileOf } from "./log-histogram.ts";

/** Whose availability: what is kept is kept for each of these apart. */
export interface Series {
  readonly provider: string;
  readonly account: string;
  readonly model: string;
}

/** What became of the calls of some time. Adds up: see {@link sumTallies}. */
export interface Tally {
  /** Calls that the provider answered. */
  readonly answered: number;
  /** Calls that it did not, by why. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** From a call's start to the end of its answer, of those that were answered. */
  readonly latency: LogHistogram;
  /** From a call's start to its first content. */
  readonly firstToken: LogHistogram;
}

/** A {@link Tally} that grows in place. */
export interface GrowingTally extends Tally {
  answered: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly latency: Record<number, number>;
  readonly firstToken: Record<number, number>;
}

/**
 * Whether a fault counts against the availability of a provider: it failed, or does not serve this key now. A request that is
 * wrong itself, a model that does not exist, a client that left and all that was never sent say nothing of the provider.
 */
export function countsAgainstAvailability(kind: FaultKind): boolean {
  const { isHealthFault, coolsDown } = FAULT_RULES[kind];
  return isHealthFault || coolsDown !== "none";
}

/** Whether a settled attempt says anything of its provider. */
export function isTelling({ state, fault }: AttemptOutcome): boolean {
  if (fault !== null) return countsAgainstAvailability(fault.kind);
  return state === "final" || state === "estimated";
}

/** Counts a settled attempt that {@link isTelling} in a tally of the caller's own. */
export function addAttempt(sum: GrowingTally, { startedAt }: AttemptIntent, outcome: AttemptOutcome): void {
  const { fault, endedAt, firstTokenMs } = outcome;
  if (fault !== null) {
    sum.faults[fault.kind] = (sum.faults[fault.kind] ?? 0) + 1;
    return;
  }
  sum.answered += 1;
  addDuration(sum.latency, endedAt - startedAt);
  if (firstTokenMs !== null) addDuration(sum.firstToken, firstTokenMs);
}

function addCounts(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  // By keys: this runs over every histogram of 90 days, and entries would be an array each.
  for (const name of Object.keys(more)) sum[name] = (sum[name] ?? 0) + (more[name] ?? 0);
}

/** The tally of all, in an object of its own. */
export function sumTallies(tallies: readonly Tally[]): GrowingTally {
  const sum = { answered: 0, faults: {}, latency: {}, firstToken: {} };
  for (const { answered, faults, latency, firstToken } of tallies) {
    sum.answered += answered;
    addCounts(sum.faults, faults);
    addCounts(sum.latency, latency);
    addCounts(sum.firstToken, firstToken);
  }
  return sum;
}

/** How many calls were not answered. */
export function failedIn({ faults }: Tally): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

/** The middle and the slow end of durations, in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

/** A tally in figures. */
export interface Availability {
  readonly attempts: number;
  readonly failed: number;
  /** Share of the attempts that were answered; null where there were none: that is no data, not 100 %. */
  readonly ratio: number | null;
  readonly faults: Tally["faults"];
  /** Null where nothing was answered. */
  readonly latencyMs: Percentiles | null;
  /** Null where no content was ever timed. */
  readonly firstTokenMs: Percentiles | null;
}

function percentilesOf(histogram: LogHistogram): Percentiles | null {
  const p50 = percentileOf(histogram, 0.5);
  const p95 = percentileOf(histogram, 0.95);
  return p50 === null || p95 === null ? null : { p50, p95 };
}

/** The figures of a tally. */
export function availabilityOf(tally: Tally): Availability {
  const failed = failedIn(tally);
  const attempts = tally.answered + failed;
  return {
    attempts,
    failed,
    ratio: attempts === 0 ? null : tally.answered / attempts,
    faults: tally.faults,
    latencyMs: percentilesOf(tally.latency),
    firstTokenMs: percentilesOf(tally.firstToken),
  };
}
