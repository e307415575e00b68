/** A limit of `burst` events at once and one more every `intervalMs`. */
export interface RateLimit {
  readonly burst: number;
  readonly intervalMs: number;
}

/** Counts events by key and tells when a key has had too many. Time is given in, as any clock's milliseconds. */
export interface RateBook {
  /** Milliseconds until the key may have another event; 0 when it may now. Counts nothing. */
  waitMs(key: string, nowMs: number): number;
  /** Counts one event, or several that came as one. */
  count(key: string, nowMs: number, events?: number): void;
  /** How many more events the key may have at once now. */
  left(key: string, nowMs: number): number;
  /** Milliseconds until the whole burst is there again. */
  fullInMs(key: string, nowMs: number): number;
  /** Forgets a key's events. */
  forget(key: string): void;
}

/** Times are fractions of a millisecond: a sum of them is off by less than this, and nobody waits for it. */
const ROUNDING_MS = 1e-3;

/**
 * Makes a rate book by the generic cell rate algorithm (GCRA, ITU-T I.371): one number a key, the time at which its bucket is
 * empty again. Holds at most `maxKeys` keys; beyond that the one counted longest ago is forgotten.
 */
export function createRateBook({ burst, intervalMs }: RateLimit, maxKeys = 10_000): RateBook {
  const emptyAt = new Map<string, number>();
  const fullInMs = (key: string, nowMs: number): number => Math.max(0, (emptyAt.get(key) ?? nowMs) - nowMs);
  return {
    fullInMs,
    waitMs(key, nowMs) {
      const waitMs = fullInMs(key, nowMs) - (burst - 1) * intervalMs;
      return waitMs > ROUNDING_MS ? waitMs : 0;
    },
    left(key, nowMs) {
      const leftMs = burst * intervalMs - fullInMs(key, nowMs) + ROUNDING_MS;
      return Math.max(0, Math.floor(leftMs / intervalMs));
    },
    count(key, nowMs, events = 1) {
      const next = Math.max(nowMs, emptyAt.get(key) ?? nowMs) + events * intervalMs;
      emptyAt.delete(key);
      emptyAt.set(key, next);
      if (emptyAt.size > maxKeys) dropOne(emptyAt);
    },
    forget(key) {
      emptyAt.delete(key);
    },
  };
}

function dropOne(entries: Map<string, number>): void {
  const [oldest] = entries.keys();
  if (oldest !== undefined) entries.delete(oldest);
}

/** Failed tries with a wrong credential, by address: ten at once, then one every six seconds. */
export const FAILED_AUTH_LIMIT: RateLimit = { burst: 10, intervalMs: 6000 };

/** Counts what is open by key (an address, a client key). */
export interface ConcurrencyBook {
  /** Takes a place, and returns how to give it back (once; further calls do nothing); null when all of the key's are taken. */
  take(key: string): (() => void) | null;
  open(key: string): number;
}

/** Makes a book of at most `maxOpen` places a key. Its size is that of what is open. */
export function createConcurrencyBook(maxOpen: number): ConcurrencyBook {
  const counts = new Map<string, number>();
  const open = (key: string) => counts.get(key) ?? 0;
  const giveBack = (key: string) => {
    const left = open(key) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  };
  return {
    open,
    take(key) {
      if (open(key) >= maxOpen) return null;
      counts.set(key, open(key) + 1);
      let isHeld = true;
      return () => {
        if (isHeld) giveBack(key);
        isHeld = false;
      };
    },
  };
}
