import type { SlotOutcome } from "./scheduler.ts";

/** How many requests one model answers at a time (`OLLAMA_NUM_PARALLEL`): stated, or found out by trying one more. */
export interface Parallelism {
  /** How many to send at a time from now on. */
  slots(): number;
  began(id: number, nowMs: number): void;
  /** As {@link slots}, with what the end of a request tells. */
  ended(id: number, outcome: SlotOutcome | null, nowMs: number): number;
}

interface Ended {
  readonly beganAt: number;
  readonly endedAt: number;
}

/** What two requests must have overlapped by for it to be no accident. */
const OVERLAP_MS = 50;
const MOST = 8;

/**
 * Starts with two at a time: a second request in the engine's own queue costs nobody but one who waits for another model.
 * Two that were sent together and whose work, by the engine's own durations, overlapped, prove two slots, and a third is
 * tried; two whose work did not overlap prove that there are no more.
 */
export function createParallelism(stated: number | null): Parallelism {
  const running = new Map<number, number>();
  let last: Ended | null = null;
  let slots = stated ?? 2;
  let isKnown = stated !== null;

  function learn(beganAt: number, outcome: SlotOutcome, nowMs: number): void {
    const { promptMs, outputMs } = outcome;
    const other = last;
    if (promptMs === null || outputMs === null || other === null || running.size + 2 < slots) return;
    const wereTogether = beganAt < other.endedAt - OVERLAP_MS && other.beganAt < other.endedAt;
    if (!wereTogether) return;
    const workedFrom = nowMs - promptMs - outputMs;
    const hasOverlapped = workedFrom < other.endedAt - OVERLAP_MS;
    if (hasOverlapped) slots = Math.min(MOST, slots + 1);
    else slots -= 1;
    isKnown = !hasOverlapped || slots === MOST;
  }

  return {
    slots: () => slots,
    began: (id, nowMs) => void running.set(id, nowMs),
    ended(id, outcome, nowMs) {
      const beganAt = running.get(id);
      running.delete(id);
      if (beganAt === undefined) return slots;
      if (!isKnown && outcome !== null) learn(beganAt, outcome, nowMs);
      last = { beganAt, endedAt: nowMs };
      return slots;
    },
  };
}
