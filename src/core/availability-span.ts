import { type Availability, availabilityOf, failedIn, type Series, sumTallies, type Tally } from "./availability.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long one kept tally is: minutes for the last day, hours and (UTC) days for 90 days. */
export const WIDTHS = ["minute", "hour", "day"] as const;

/** One of {@link WIDTHS}. */
export type BucketWidth = (typeof WIDTHS)[number];

/** Milliseconds of a {@link BucketWidth}. */
export const BUCKET_MS: Readonly<Record<BucketWidth, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** How long tallies of each width are kept, a little longer than the longest span that is made of them. Milliseconds. */
export const KEEP_MS: Readonly<Record<BucketWidth, number>> = {
  minute: 25 * HOUR_MS,
  hour: 91 * DAY_MS,
  day: 91 * DAY_MS,
};

/** What was tallied in one minute, hour or day. */
export interface Bucket extends Series {
  readonly width: BucketWidth;
  /** Unix ms, at which it begins. */
  readonly at: number;
  readonly tally: Tally;
}

/** The spans that availability is shown over. */
export const SPANS = ["1h", "24h", "90d"] as const;

/** One of {@link SPANS}. */
export type Span = (typeof SPANS)[number];

/** How long a span is, and what it is made of where nobody wants it finer: a few rows a series, since a page asks often. */
const SHAPES: Readonly<Record<Span, { readonly spanMs: number; readonly width: BucketWidth }>> = {
  "1h": { spanMs: HOUR_MS, width: "minute" },
  "24h": { spanMs: DAY_MS, width: "hour" },
  "90d": { spanMs: 90 * DAY_MS, width: "day" },
};

/** The widths that a span can be had in: kept for as long, and not longer than itself. */
export function widthsOf(span: Span): readonly BucketWidth[] {
  const { spanMs } = SHAPES[span];
  return WIDTHS.filter((width) => spanMs <= KEEP_MS[width] && BUCKET_MS[width] <= spanMs);
}

/** Which buckets a span that ends now is made of. Times are Unix ms; `to` is exclusive. */
export interface SpanWindow {
  readonly width: BucketWidth;
  readonly from: number;
  readonly to: number;
}

/** The window of a span: it ends with the minute, hour or (UTC) day that `now` is in, and has whole cells. */
export function windowOf(span: Span, now: number, width: BucketWidth = SHAPES[span].width): SpanWindow {
  const cellMs = BUCKET_MS[width];
  const to = (Math.floor(now / cellMs) + 1) * cellMs;
  return { width, from: to - SHAPES[span].spanMs, to };
}

/** One cell of a strip; no attempts is no data. */
export interface AvailabilityCell {
  /** Unix ms at which it begins. */
  readonly at: number;
  readonly attempts: number;
  readonly failed: number;
}

/** The availability over one span, in all and cell by cell, oldest first. */
export interface SpanAvailability extends Availability {
  readonly span: Span;
  readonly from: number;
  readonly to: number;
  readonly cellMs: number;
  readonly cells: readonly AvailabilityCell[];
}

/** Sums buckets up over a span. Those of another width, or outside it, are left out. */
export function overSpan(buckets: readonly Bucket[], span: Span, now: number, by?: BucketWidth): SpanAvailability {
  const { width, from, to } = windowOf(span, now, by);
  const cellMs = BUCKET_MS[width];
  const within = buckets.filter((bucket) => bucket.width === width && bucket.at >= from && bucket.at < to);
  const cells = Array.from({ length: (to - from) / cellMs }, (_, index) => ({
    attempts: 0,
    failed: 0,
    at: from + index * cellMs,
  }));
  for (const { at, tally } of within) {
    const cell = cells[Math.floor((at - from) / cellMs)];
    if (cell === undefined) continue;
    const failed = failedIn(tally);
    cell.attempts += tally.answered + failed;
    cell.failed += failed;
  }
  return { ...availabilityOf(sumTallies(within.map(({ tally }) => tally))), span, from, to, cellMs, cells };
}
