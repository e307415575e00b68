import type { Histogram } from "./scheduler.ts";

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120];

/** Counts durations. */
export interface Counting {
  add(milliseconds: number): void;
  view(): Histogram;
}

/** An empty histogram of durations. */
export function createCounting(): Counting {
  const counts = SECONDS.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    add(milliseconds) {
      const seconds = milliseconds / 1000;
      count += 1;
      sum += seconds;
      for (const [index, le] of SECONDS.entries()) if (seconds <= le) counts[index] = (counts[index] ?? 0) + 1;
    },
    view: () => ({ buckets: SECONDS.map((le, index) => ({ le, count: counts[index] ?? 0 })), count, sum }),
  };
}
