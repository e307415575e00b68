import { percentile } from "../report/statistics.ts";
import type { Exchange } from "./connection.ts";
import type { Leaving, LoadResult, Percentiles } from "./job.ts";

/** Collects what came of the requests of a job. */
export interface Tally {
  sent(): void;
  ended(exchange: Exchange): void;
  left(leaving: Leaving): void;
  result(): LoadResult;
}

function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((one, other) => one - other);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

/** An empty tally; the time runs from now. */
export function createTally(): Tally {
  const startedAt = performance.now();
  const latencies: number[] = [];
  const firstTokens: number[] = [];
  const leavings: Leaving[] = [];
  let sent = 0;
  let firstFailure: string | null = null;
  return {
    sent: () => {
      sent += 1;
    },
    ended({ sentAt, endedAt, firstTokenAt, reply }) {
      if (reply.isWhole && endedAt !== null) latencies.push(endedAt - sentAt);
      else firstFailure ??= `status ${reply.status}: ${reply.tail}`;
      if (firstTokenAt !== null) firstTokens.push(firstTokenAt - sentAt);
    },
    left: (leaving) => leavings.push(leaving),
    result: () => ({
      sent,
      answered: latencies.length,
      firstFailure,
      durationMs: performance.now() - startedAt,
      latency: percentilesOf(latencies),
      firstToken: percentilesOf(firstTokens),
      leavings,
    }),
  };
}
