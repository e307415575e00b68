/** Money that is held for a call until it is known what it cost. */
export interface Hold {
  /** Ends the hold. `null`: what it cost is not known, so the most it could have cost counts. */
  settle(costUsd: number | null): void;
}

/** The budget of one run of a command. Amounts in USD. */
export interface SpendingGuard {
  readonly limitUsd: number;
  /** What calls that ended cost. */
  readonly spentUsd: number;
  /** Room for a call that may cost this much, kept until it is settled; null where it could exceed the limit. */
  hold(mostUsd: number): Hold | null;
}

/**
 * Refuses the call that could exceed the limit before it is made: what was spent, what every open call may still cost, and what
 * this one may cost must fit together.
 */
export function createSpendingGuard(limitUsd: number): SpendingGuard {
  let spentUsd = 0;
  let heldUsd = 0;
  return {
    limitUsd,
    get spentUsd() {
      return spentUsd;
    },
    hold(mostUsd) {
      if (spentUsd + heldUsd + mostUsd > limitUsd) return null;
      heldUsd += mostUsd;
      let isOpen = true;
      return {
        settle(costUsd) {
          if (!isOpen) return;
          isOpen = false;
          heldUsd -= mostUsd;
          spentUsd += costUsd ?? mostUsd;
        },
      };
    },
  };
}

/** Rates in USD per million tokens. */
export interface Rates {
  readonly inputUsd: number;
  readonly outputUsd: number;
}

/** More than any provider adds to a prompt for its roles and templates. */
const FRAME_TOKENS = 64;

/** The most that a call can cost in USD: no tokenizer makes more tokens of a text than it has bytes. */
export function mostCostOf(rates: Rates, promptBytes: number, maxOutputTokens: number): number {
  return ((promptBytes + FRAME_TOKENS) * rates.inputUsd + maxOutputTokens * rates.outputUsd) / 1_000_000;
}
