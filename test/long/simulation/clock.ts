import type { Clock } from "../../../src/host/clock.ts";
import type { Chance } from "../support/chance.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** Time that moves only from one timer to the next, and chance from a seed. */
export interface SimulatedClock extends Clock {
  /** Moves to the next timer at or before `until` and runs it; false when there is none. */
  step(until: number): boolean;
  readonly pending: number;
}

const START_MS = 1_800_000_000_000;

/** A clock for one run of the simulator. */
export function createSimulatedClock(chance: Chance): SimulatedClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let made = 0;

  function nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }

  return {
    now: () => START_MS + elapsed,
    monotonic: () => elapsed,
    random: () => chance.next(),
    after(delayMs, action) {
      made += 1;
      const timer = { at: elapsed + Math.max(0, delayMs), order: made, action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    step(until) {
      const timer = nextTimer();
      if (timer === undefined || timer.at > until) return false;
      timers.delete(timer);
      elapsed = timer.at;
      timer.action();
      return true;
    },
    get pending() {
      return timers.size;
    },
  };
}
