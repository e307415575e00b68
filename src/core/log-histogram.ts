/**
 * Durations by size: how many fell into each bucket, by the bucket's number. Sparse, so that few durations take little room,
 * and two histograms add up, bucket by bucket: percentiles of a day are those of its minutes together.
 */
export type LogHistogram = Readonly<Record<number, number>>;

/** Buckets to each doubling: a percentile read from one is off by at most 2^(1/16) - 1, which is 4.4 %. */
const PER_DOUBLING = 8;
/** Above 2^22 ms (70 minutes) all durations are in the last bucket. */
const LAST_BUCKET = 22 * PER_DOUBLING;

/** The bucket of a duration; what is below a millisecond is in the first. */
export function bucketOf(milliseconds: number): number {
  if (!(milliseconds > 1)) return 0;
  return Math.min(LAST_BUCKET, Math.round(Math.log2(milliseconds) * PER_DOUBLING));
}

/** The duration in the middle of a bucket, in milliseconds. */
function bucketMiddle(bucket: number): number {
  return 2 ** (bucket / PER_DOUBLING);
}

/** Whether a number names a bucket, for what is read back from a file. */
export function isBucket(bucket: number): boolean {
  return Number.isInteger(bucket) && bucket >= 0 && bucket <= LAST_BUCKET;
}

/** Counts one duration in a histogram of the caller's own. */
export function addDuration(histogram: Record<number, number>, milliseconds: number): void {
  const bucket = bucketOf(milliseconds);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/** How many durations it has. */
function durationsIn(histogram: LogHistogram): number {
  return Object.values(histogram).reduce((sum, count) => sum + count, 0);
}

/**
 * The duration (ms) that a share of all is not longer than, by nearest rank; null without any.
 * @param share in (0, 1], such as 0.95.
 */
export function percentileOf(histogram: LogHistogram, share: number): number | null {
  const total = durationsIn(histogram);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  // Whole-numbered keys of an object come in ascending order (ECMA-262 section 10.1.11.1).
  for (const [bucket, count] of Object.entries(histogram)) {
    seen += count;
    if (seen >= rank) return Math.round(bucketMiddle(Number(bucket)));
  }
  return null;
}
