import type { HealthState } from "./event.ts";
import { FAULT_RULES, type Fault, retryAfterOf } from "./fault.ts";

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

/**
 * After a fault. Only what {@link FAULT_RULES} counts against health weighs; what makes an account pause is remembered, so
 * that `status` can say why; others change nothing. A half-open breaker opens again at once.
 */
export function afterFault(breaker: Breaker, fault: Fault, now: number, policy: BreakerPolicy): Breaker {
  const { isHealthFault, coolsDown } = FAULT_RULES[fault.kind];
  if (!isHealthFault && coolsDown === "none") return breaker;
  const noted = { ...breaker, lastFault: `${fault.kind}: ${fault.message}`, lastFaultAt: now };
  if (!isHealthFault) return noted;
  const weight = weightNow(breaker, now, policy) + 1;
  const next = { ...noted, weight, weightAt: now, failures: breaker.failures + 1 };
  const state = stateAt(breaker, now);
  const mustOpen = !policy.isOff && (state === "half-open" || weight > policy.failures - 0.5);
  // Calls that were under way when it opened fail too: that is no news.
  if (!mustOpen || state === "open") return next;
  const openMs = Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** breaker.trips);
  return { ...next, state: "open", openUntil: now + openMs, trips: breaker.trips + 1 };
}

/** How long (ms) accounts pause after a fault, by the scope that {@link FAULT_RULES} gives; 0 for none. */
export function cooldownMs(fault: Fault): number {
  if (FAULT_RULES[fault.kind].coolsDown === "none") return 0;
  if (fault.kind === "rate-limited") return retryAfterOf(fault) ?? RATE_LIMIT_PAUSE_MS;
  return ACCOUNT_PAUSE_MS;
}
