/** What retention needs. Times in milliseconds. */
export interface RetentionOptions {
  readonly store: {
    /** Deletes one chunk of what is older than `before` (Unix ms); returns how many, 0 when done. */
    prune(before: number): number;
  };
  readonly clock: { now(): number; after(delayMs: number, action: () => void): () => void };
  /** Rows are kept for so many days, asked at each round. */
  readonly days: () => number;
  /** The time of the newest row (Unix ms), as far as is known. */
  readonly newest?: () => number | null;
  /** Told when the store refuses; the next round tries again. */
  readonly onError: (error: unknown) => void;
}

const DAY_MS = 86_400_000;
const ROUND_MS = 3_600_000;
/** Pause between chunks, so that traffic goes between them. */
const CHUNK_PAUSE_MS = 200;
/** A clock that goes further than this between two rounds was set, or the machine slept. */
const LEAP_MS = 7 * DAY_MS;
/** A day of running: by then a wrong clock was noticed. */
const HELD_ROUNDS = 24;

/**
 * Deletes old rows in small chunks, at once and then every hour; the returned function ends it. A clock that leaps ahead deletes
 * nothing for a day, since a wrong one would delete all there is.
 */
export function startRetention(options: RetentionOptions): () => void {
  const { store, clock, days, newest, onError } = options;
  let seen: number | null = null;
  let held = 0;
  let cancel = clock.after(CHUNK_PAUSE_MS, beginRound);

  function hasLeapt(): boolean {
    const now = clock.now();
    seen ??= newest?.() ?? now;
    const isHeld = now - seen > LEAP_MS && held < HELD_ROUNDS;
    held = isHeld ? held + 1 : 0;
    if (!isHeld) seen = now;
    return isHeld;
  }

  function attempt<Value>(action: () => Value, otherwise: Value): Value {
    try {
      return action();
    } catch (error) {
      onError(error);
      return otherwise;
    }
  }

  function beginRound(): void {
    if (attempt(hasLeapt, true)) cancel = clock.after(ROUND_MS, beginRound);
    else deleteChunk();
  }

  function deleteChunk(): void {
    const hasMore = attempt(() => store.prune(clock.now() - days() * DAY_MS) > 0, false);
    cancel = hasMore ? clock.after(CHUNK_PAUSE_MS, deleteChunk) : clock.after(ROUND_MS, beginRound);
  }

  return () => cancel();
}
