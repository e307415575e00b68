import type { KeyBudget } from "./budget/text.ts";

/** What a client key may use beside the models it may name. Null where nothing limits it. */
export interface KeyLimits {
  readonly budget: KeyBudget | null;
  /** Calls that ask a model, refilled evenly over the minute. */
  readonly requestsPerMinute: number | null;
  /** How many of them may come at once; null is a whole minute's. */
  readonly burst: number | null;
  /** Tokens in and out together, counted when a call ends: the last one may go over. */
  readonly tokensPerMinute: number | null;
  /** Calls in flight at a time. */
  readonly concurrent: number | null;
}

/** A key without limits. */
export const NO_LIMITS: KeyLimits = {
  budget: null,
  requestsPerMinute: null,
  burst: null,
  tokensPerMinute: null,
  concurrent: null,
};
