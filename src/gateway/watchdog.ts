import type { Clock } from "../host/clock.ts";

/** One thing that must happen by a time. Moving `at` is a plain assignment, cheap enough for every streamed chunk. */
export interface Watch {
  /** Monotonic ms at which `expire` is called; infinity switches it off. */
  at: number;
  /** Called once each time `at` is passed; it must move `at` or the watch must be removed. */
  readonly expire: () => void;
}

/** Deadlines of all open attempts on one coarse timer. */
export interface Watchdog {
  add(watch: Watch): void;
  remove(watch: Watch): void;
}

const TICK_MS = 100;

/** A watchdog that ticks only while something is watched. */
export function createWatchdog(clock: Clock): Watchdog {
  const watches = new Set<Watch>();
  let isTicking = false;

  function tick(): void {
    const now = clock.monotonic();
    for (const watch of watches) {
      if (now < watch.at) continue;
      watch.at = Number.POSITIVE_INFINITY;
      watch.expire();
    }
    isTicking = watches.size > 0;
    if (isTicking) clock.after(TICK_MS, tick);
  }

  return {
    add(watch) {
      watches.add(watch);
      if (isTicking) return;
      isTicking = true;
      clock.after(TICK_MS, tick);
    },
    remove(watch) {
      watches.delete(watch);
    },
  };
}
