import { addAttempt, type GrowingTally, isTelling, type Series, sumTallies } from "../core/availability.ts";
import { BUCKET_MS, type Bucket, type BucketWidth, WIDTHS } from "../core/availability-span.ts";
import type { LodestarEvent } from "../core/event.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import type { HealthFilter, HealthHistory, HealthHistoryReader } from "../stores/ports.ts";

/** Keeps what becomes of every attempt, and tells it: what is not written yet counts already. */
export interface AvailabilityBook extends Pick<HealthHistoryReader, "buckets"> {
  /** A listener of the bus. */
  note(event: LodestarEvent): void;
  /** Writes all, and closes the store. */
  close(): void;
}

/** What a crash may lose. Milliseconds. */
const BATCH_AGE_MS = 1_000;
/** Longest pause between tries while the store refuses; what is not written in that time is bounded by {@link MAX_WAITING}. */
const MAX_RETRY_MS = 60_000;
const PRUNE_MS = 3_600_000;
/** Names come from clients: beyond so many in an hour, those of a provider share one series. */
const MAX_SERIES = 200;
const OTHER_MODELS = "(other)";
/** While the store refuses, so many tallies wait at most; the oldest go first. */
const MAX_WAITING = 20_000;

function keyOf({ provider, account, model }: Series): string {
  return JSON.stringify([provider, account, model]);
}

function startOf(at: number, width: BucketWidth): number {
  return Math.floor(at / BUCKET_MS[width]) * BUCKET_MS[width];
}

/** One minute of a series, which more is added to until its commit. */
interface Waiting extends Series {
  readonly at: number;
  readonly tally: GrowingTally;
}

/** A minute as it is now, as part of every width. */
function bucketsOf({ at, tally, ...series }: Waiting): readonly Bucket[] {
  return WIDTHS.map((width) => ({ ...series, width, at: startOf(at, width), tally: sumTallies([tally]) }));
}

/** Tallies that wait for their commit, those of one minute added up. */
function createPending() {
  const waiting = new Map<string, Waiting>();
  return {
    /** The tally of the minute that a moment lies in. */
    tallyAt(series: Series, moment: number): GrowingTally {
      const at = startOf(moment, "minute");
      const key = `${at} ${keyOf(series)}`;
      const known = waiting.get(key);
      if (known !== undefined) return known.tally;
      const { provider, account, model } = series;
      const tally = sumTallies([]);
      waiting.set(key, { provider, account, model, at, tally });
      const [oldest] = waiting.size > MAX_WAITING ? waiting.keys() : [];
      if (oldest !== undefined) waiting.delete(oldest);
      return tally;
    },
    all: (): readonly Bucket[] => [...waiting.values()].flatMap(bucketsOf),
    clear: (): void => waiting.clear(),
    get size() {
      return waiting.size;
    },
  };
}

/** Which series an attempt is counted in. */
function createSeriesLimit() {
  let hour = 0;
  let known = new Set<string>();
  return (series: Series, at: number): Series => {
    const current = Math.floor(at / BUCKET_MS.hour);
    if (current !== hour) [hour, known] = [current, new Set()];
    const key = keyOf(series);
    if (!known.has(key) && known.size >= MAX_SERIES) return { ...series, model: OTHER_MODELS };
    known.add(key);
    return series;
  };
}

function matches(bucket: Bucket, { width, from, to, provider, account, model }: HealthFilter): boolean {
  return (
    bucket.width === width &&
    bucket.at >= from &&
    bucket.at < to &&
    (provider === undefined || bucket.provider === provider) &&
    (account === undefined || bucket.account === account) &&
    (model === undefined || bucket.model === model)
  );
}

/** Makes a book over a store. One that refuses is told to the log once, and tried again. */
export function createAvailabilityBook(store: HealthHistory, clock: Clock, log: Log): AvailabilityBook {
  const pending = createPending();
  const seriesOf = createSeriesLimit();
  let cancel: (() => void) | null = null;
  let failures = 0;
  let isClosed = false;
  let prunedAt = Number.NEGATIVE_INFINITY;

  function commit(): void {
    try {
      store.add(pending.all());
      pending.clear();
      failures = 0;
      if (clock.monotonic() - prunedAt < PRUNE_MS) return;
      prunedAt = clock.monotonic();
      store.prune(clock.now());
    } catch (error) {
      if (failures === 0) log.write("warn", "the health history could not be written", { error: String(error) });
      failures += 1;
    }
  }

  function schedule(): void {
    if (cancel !== null || pending.size === 0) return;
    cancel = clock.after(Math.min(MAX_RETRY_MS, BATCH_AGE_MS * 2 ** failures), () => {
      cancel = null;
      commit();
      schedule();
    });
  }

  return {
    note(event) {
      if (event.event !== "settled" || isClosed) return;
      const { intent, outcome, at } = event;
      if (!isTelling(outcome)) return;
      addAttempt(pending.tallyAt(seriesOf(intent, at), at), intent, outcome);
      schedule();
    },
    buckets: (filter) => [...store.buckets(filter), ...pending.all().filter((bucket) => matches(bucket, filter))],
    close() {
      isClosed = true;
      cancel?.();
      commit();
      store.close();
    },
  };
}
