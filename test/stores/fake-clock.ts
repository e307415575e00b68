interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** A clock that moves only when told, running what falls due in order. */
export interface FakeClock {
  now(): number;
  after(delayMs: number, action: () => void): () => void;
  advance(ms: number): void;
  readonly pending: number;
}

export function createFakeClock(start: number): FakeClock {
  let now = start;
  const timers = new Set<Timer>();

  function nextDue(until: number): Timer | undefined {
    const due = [...timers].filter(({ at }) => at <= until);
    return due.sort((left, right) => left.at - right.at)[0];
  }

  return {
    now: () => now,
    after(delayMs, action) {
      const timer = { at: now + delayMs, action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.action();
      }
      now = until;
    },
    get pending() {
      return timers.size;
    },
  };
}
