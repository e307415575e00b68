import type { HealthState } from "./event.ts";

/** What decides when an account is probed next. Times are Unix ms. */
export interface ProbeFacts {
  readonly state: HealthState;
  readonly openUntil: number;
  /** Not to be asked until then, whatever a probe would say. */
  readonly pausedUntil: number;
  /** Since when calls wait of which none was answered. */
  readonly silentSince: number | null;
  /** Of the last end of a call. */
  readonly lastSeenAt: number | null;
  /** When it was probed last, and how many probes in a row have failed since one came through. */
  readonly lastProbeAt: number | null;
  /** Since when anybody watches; null where somebody asks just now. */
  readonly since: number | null;
  readonly failedInRow: number;
  readonly isLocal: boolean;
  /** The configured interval for what is idle, in ms, with its jitter. */
  readonly everyMs: number;
}

/** Calls may be silent so long before anybody asks whether the server is still there: cold models take longer than warm ones. */
const SILENCE_MS = 10_000;
/** Between two probes of what does not answer: time decides whether it is gone or has only stumbled. */
const AGAIN_MS = 2_000;
/** Between two probes of what is silent but reachable, or left out. */
const LEFT_OUT_MS = { local: 5_000, remote: 15_000 } as const;
/** So much earlier than the trial, so that a request need not be it. */
const BEFORE_TRIAL_MS = 3_500;
/** A provider on the network that nobody used for so long is none of our business. */
const IN_USE_MS = 3_600_000;

/**
 * When to probe an account next (Unix ms, perhaps past), null for never as things are. Traffic comes first: an account that
 * answers is not probed; one whose calls fall silent, that failed a probe, or that is left out is probed soon; an idle one
 * now and then, where it is local or somebody used it within the hour.
 */
export function probeDueAt(facts: ProbeFacts, now: number): number | null {
  const { state, openUntil, silentSince, lastSeenAt, lastProbeAt, failedInRow, isLocal, everyMs } = facts;
  if (facts.pausedUntil > now) return facts.pausedUntil;
  const probedAt = lastProbeAt ?? Number.NEGATIVE_INFINITY;
  const patienceMs = LEFT_OUT_MS[isLocal ? "local" : "remote"];
  if (state === "open")
    return Math.max(probedAt + AGAIN_MS, Math.min(probedAt + patienceMs, openUntil - BEFORE_TRIAL_MS));
  if (failedInRow > 0) return probedAt + AGAIN_MS;
  if (silentSince !== null) return Math.max(silentSince + SILENCE_MS, probedAt + patienceMs);
  const isInUse = lastSeenAt !== null && now - lastSeenAt < IN_USE_MS;
  if (!isLocal && !isInUse) return null;
  const lastNews = [probedAt, lastSeenAt ?? Number.NEGATIVE_INFINITY, facts.since ?? Number.NEGATIVE_INFINITY];
  return Math.max(...lastNews) + everyMs;
}
