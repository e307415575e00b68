/** Time that work for the eye alone may take. */
export interface Allowance {
  /** Whether there is time left. */
  isOpen(): boolean;
  /** Does something, and counts how long it took. */
  spend<Value>(work: () => Value): Value;
}

const HEAD_START_MS = 150;
const SHARE = 0.1;

/**
 * A tenth of the time that has passed, and 150 ms to begin with: a patch of any size is shown at nearly the
 * speed it is read at, and a pager that waits for its reader gives time back. `monotonic` in ms.
 */
export function createAllowance(monotonic: () => number): Allowance {
  const startedAt = monotonic();
  let spentMs = 0;
  return {
    isOpen: () => spentMs <= HEAD_START_MS + SHARE * (monotonic() - startedAt),
    spend(work) {
      const from = monotonic();
      const value = work();
      spentMs += monotonic() - from;
      return value;
    },
  };
}
