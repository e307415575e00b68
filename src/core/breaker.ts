import type { HealthState } from "./event.ts";
import { FAULT_RULES, type Fault, type FaultKind, retryAfterOf } from "./fault.ts";

/** When a breaker opens: this many faults, weighted by age, inside the window. */
export interface BreakerPolicy {
  readonly failures: number;
  readonly windowMs: number;
  readonly isOff: boolean;
}

/** Passive health of one account. A value: every function returns the next one. Times are Unix ms. */
export interface Breaker {
  readonly state: HealthState;
  /** Faults, halved every half window. */
  readonly weight: number;
  readonly weightAt: number;
  readonly openUntil: number;
  /** How often it opened without a success in between: each time it stays open twice as long. */
  readonly trips: number;
  readonly lastFault: string | null;
  readonly lastKind: FaultKind | null;
  readonly lastFaultAt: number | null;
  readonly successes: number;
  readonly failures: number;
}

export const HEALTHY: Breaker = {
  state: "closed",
  weight: 0,
  weightAt: 0,
  openUntil: 0,
  trips: 0,
  lastFault: null,
  lastKind: null,
  lastFaultAt: null,
  successes: 0,
  failures: 0,
};

const FIRST_OPEN_MS = 5_000;
const LONGEST_OPEN_MS = 300_000;

/** Pause after a 429 that names none. */
const RATE_LIMIT_PAUSE_MS = 5_000;
/** Pause after a wrong key or an empty account: long, since only a person mends it; a reload of the configuration ends it. */
const ACCOUNT_PAUSE_MS = 600_000;
/** Whatever an upstream asks for, it is tried again after a day. */
const LONGEST_PAUSE_MS = 86_400_000;

/** A fault of one model alone: the account answered, so a half-open breaker closes, and `status` can say what went wrong. */
export function noteFault(breaker: Breaker, fault: Fault, now: number): Breaker {
  const told = { lastFault: `${fault.kind}: ${fault.message}`, lastKind: fault.kind, lastFaultAt: now };
  const isTrial = stateAt(breaker, now) === "half-open";
  return {
    ...(isTrial ? afterSuccess(breaker) : breaker),
    successes: breaker.successes,
    ...told,
    failures: breaker.failures + 1,
  };
}

function weightNow(breaker: Breaker, now: number, policy: BreakerPolicy): number {
  const ageMs = Math.max(0, now - breaker.weightAt);
  return breaker.weight * 0.5 ** (ageMs / (policy.windowMs / 2));
}

/** The state at `now`: an open breaker whose time is over lets one probe through. */
export function stateAt(breaker: Breaker, now: number): HealthState {
  return breaker.state === "open" && now >= breaker.openUntil ? "half-open" : breaker.state;
}

/** After an answer: closed again, the window starts afresh. */
export function afterSuccess(breaker: Breaker): Breaker {
  return { ...breaker, state: "closed", weight: 0, openUntil: 0, trips: 0, successes: breaker.successes + 1 };
}

function openFor(breaker: Breaker, fault: Fault): number {
  const openMs = Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** breaker.trips);
  return Math.max(openMs, Math.min(LONGEST_OPEN_MS, retryAfterOf(fault) ?? 0));
}

function opened(breaker: Breaker, fault: Fault, now: number): Breaker {
  return { ...breaker, state: "open", openUntil: now + openFor(breaker, fault), trips: breaker.trips + 1 };
}

/**
 * After a fault. Only what {@link FAULT_RULES} counts against health weighs; what makes an account pause is remembered, so
 * that `status` can say why; others change nothing. A half-open breaker opens again at once.
 */
export function afterFault(breaker: Breaker, fault: Fault, now: number, policy: BreakerPolicy): Breaker {
  const { isHealthFault, coolsDown } = FAULT_RULES[fault.kind];
  if (!isHealthFault && coolsDown === "none") return breaker;
  const lastFault = `${fault.kind}: ${fault.message}`;
  const noted = { ...breaker, lastFault, lastKind: fault.kind, lastFaultAt: now };
  if (!isHealthFault) return noted;
  const weight = weightNow(breaker, now, policy) + 1;
  const next = { ...noted, weight, weightAt: now, failures: breaker.failures + 1 };
  const state = stateAt(breaker, now);
  const mustOpen = !policy.isOff && (state === "half-open" || weight > policy.failures - 0.5);
  // Calls that were under way when it opened fail too: that is no news.
  return mustOpen && state !== "open" ? opened(next, fault, now) : next;
}

/** Faults of reaching the server at all: a probe that gets through says that they are over. */
const REACH_FAULTS: readonly FaultKind[] = ["connect", "timeout"];

/**
 * After a free probe, which asks for no answer of a model. One that fails counts as a call does, but for an open breaker it
 * means that a trial would fail too, so that no request has to be it. One that gets through lets a breaker that opened
 * because nobody answered try at once; it closes none, and forgives nothing that answers themselves had wrong.
 */
export function afterProbe(breaker: Breaker, fault: Fault | null, now: number, policy: BreakerPolicy): Breaker {
  const isOpen = stateAt(breaker, now) === "open";
  if (fault !== null) {
    const next = afterFault(breaker, fault, now, policy);
    return isOpen && FAULT_RULES[fault.kind].isHealthFault ? opened(next, fault, now) : next;
  }
  const isReachedAgain = isOpen && breaker.lastKind !== null && REACH_FAULTS.includes(breaker.lastKind);
  return isReachedAgain ? { ...breaker, openUntil: now } : breaker;
}

/** Which accounts pause after a fault, and for how long (ms): by {@link FAULT_RULES}, or because the upstream asks for it. */
export interface Pause {
  readonly scope: "none" | "account" | "group";
  readonly pauseMs: number;
}

/** The pause that follows from a fault. An upstream's Retry-After is honoured up to a day. */
export function pauseAfter(fault: Fault): Pause {
  const scope = FAULT_RULES[fault.kind].coolsDown;
  const asked = Math.min(LONGEST_PAUSE_MS, retryAfterOf(fault) ?? 0);
  if (fault.kind === "rate-limited")
    return { scope, pauseMs: fault.retryAfterMs === undefined ? RATE_LIMIT_PAUSE_MS : asked };
  if (fault.kind === "overloaded")
    return asked > 0 ? { scope: "account", pauseMs: asked } : { scope: "none", pauseMs: 0 };
  return scope === "none" ? { scope, pauseMs: 0 } : { scope, pauseMs: ACCOUNT_PAUSE_MS };
}
