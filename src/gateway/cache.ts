import type { CacheBypass, NotKept } from "../core/cache-policy.ts";
import type { CacheCounts } from "../core/cache-view.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import type { CachedAnswer, CacheStore, CacheTenant } from "../stores/ports.ts";
import { createFlights, type Flights } from "./cache-flights.ts";

/** Answers of models that are given again: the store behind one edge where nothing throws, and what is in flight. */
export interface AnswerCache {
  readonly flights: Flights;
  find(digest: string, tenant: CacheTenant, notBefore: number): CachedAnswer | null;
  /** Null, or why it is not kept. */
  save(answer: CachedAnswer): NotKept | null;
  note(what: "hit" | "miss"): void;
  bypassed(reason: CacheBypass): void;
  notKept(reason: NotKept): void;
  counts(): CacheCounts;
}

function tally<Name extends string>() {
  const counts = new Map<Name, number>();
  return {
    add: (name: Name): void => void counts.set(name, (counts.get(name) ?? 0) + 1),
    all: (): Readonly<Record<string, number>> => Object.fromEntries(counts),
  };
}

/** Puts the cache over its store. What the store throws is told to the log once a minute, and counts as not found and not kept. */
export function createAnswerCache(store: CacheStore, clock: Clock, log: Log): AnswerCache {
  let hits = 0;
  let misses = 0;
  let stored = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const bypassed = tally<CacheBypass>();
  const notKept = tally<NotKept>();

  function guarded<Value>(work: () => Value, otherwise: Value): Value {
    try {
      return work();
    } catch (error) {
      if (clock.monotonic() - toldAt < TELL_MS) return otherwise;
      toldAt = clock.monotonic();
      log.write("warn", "the response cache cannot be used; models are asked instead", { error: String(error) });
      return otherwise;
    }
  }

  return {
    flights: createFlights(),
    find: (digest, tenant, notBefore) => guarded(() => store.find(digest, tenant, notBefore, clock.now()), null),
    save(answer) {
      const why = guarded<NotKept | null>(() => (store.save(answer) ? null : "too-large"), "unusable");
      if (why === null) stored += 1;
      else notKept.add(why);
      return why;
    },
    note(what) {
      if (what === "hit") hits += 1;
      else misses += 1;
    },
    bypassed: bypassed.add,
    notKept: notKept.add,
    counts: () => ({ hits, misses, stored, bypassed: bypassed.all(), notKept: notKept.all() }),
  };
}

const TELL_MS = 60_000;
