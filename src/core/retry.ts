import { FAULT_RULES, type Fault, retryAfterOf } from "./fault.ts";

/** What the attempt loop does after a fault. */
export type NextStep =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "fall-back" }
  | { readonly kind: "give-up" };

export interface RetryPolicy {
  /** Tries at one target, the first included. */
  readonly attemptsPerTarget: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

/** A pause longer than this is not waited out while another target can answer now. */
const PATIENCE_WITH_ALTERNATIVE_MS = 1_000;

/**
 * Decides between another try at the same target, the next target and giving up.
 * With another target at hand nobody waits: a host that cannot be reached or asks for a long pause is left at once.
 * Without one, the upstream's Retry-After is honoured up to `maxMs`, else "full jitter" backoff is used:
 * uniform in [0, base * 2^(try-1)] (M. Brooker, "Exponential Backoff And Jitter", AWS 2015).
 * @param tryNumber 1 after the first try at this target.
 * @param random uniform in [0, 1).
 */
export function nextStep(
  fault: Fault,
  tryNumber: number,
  hasAlternative: boolean,
  policy: RetryPolicy,
  random: number,
): NextStep {
  const { isRetryable, isFallbackAllowed } = FAULT_RULES[fault.kind];
  const canFallBack = isFallbackAllowed && hasAlternative;
  const otherwise: NextStep = canFallBack ? { kind: "fall-back" } : { kind: "give-up" };
  if (!isRetryable || tryNumber >= policy.attemptsPerTarget) return otherwise;
  if (canFallBack && fault.kind === "connect") return otherwise;
  const asked = retryAfterOf(fault);
  const backoffMs = Math.min(policy.maxMs, policy.baseMs * 2 ** (tryNumber - 1));
  const delayMs = asked ?? Math.round(random * backoffMs);
  const patienceMs = canFallBack ? Math.min(PATIENCE_WITH_ALTERNATIVE_MS, policy.maxMs) : policy.maxMs;
  return delayMs <= patienceMs ? { kind: "retry", delayMs } : otherwise;
}
