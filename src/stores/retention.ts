/** What retention needs. Times in milliseconds. */
export interface RetentionOptions {
  readonly store: {
    /** Deletes one chunk of what is older than `before` (Unix ms); returns how many, 0 when done. */
    prune(before: number): number;
  };
  readonly clock: { now(): number; after(delayMs: number, action: () => void): () => void };
  /** Rows are kept for so many days, asked at each round. */
  readonly days: () => number;
  /** Told when the store refuses; the next round tries again. */
  readonly onError: (error: unknown) => void;
}

const DAY_MS = 86_400_000;
const ROUND_MS = 3_600_000;
/** Pause between chunks, so that traffic goes between them. */
const CHUNK_PAUSE_MS = 200;

/** Deletes old rows in small chunks, at once and then every hour; the returned function ends it. */
export function startRetention(options: RetentionOptions): () => void {
  const { store, clock, days, onError } = options;
  let cancel = clock.after(CHUNK_PAUSE_MS, step);

  function deleteChunk(): boolean {
    try {
      return store.prune(clock.now() - days() * DAY_MS) > 0;
    } catch (error) {
      onError(error);
      return false;
    }
  }

  function step(): void {
    cancel = clock.after(deleteChunk() ? CHUNK_PAUSE_MS : ROUND_MS, step);
  }

  return () => cancel();
}
