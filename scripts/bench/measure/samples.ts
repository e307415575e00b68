import { median } from "../report/statistics.ts";
import type { TargetName } from "../targets/target.ts";

/** What is measured, in the order in which it is shown. Times of CPU are per request or event. */
export const METRICS = {
  closedCpu: { title: "CPU per request, 32 connections", unit: "µs" },
  closedRate: { title: "requests per second, 32 connections", unit: "/s" },
  fixedCpu: { title: "CPU per request at 500/s", unit: "µs" },
  fixedP50: { title: "latency p50 at 500/s", unit: "ms" },
  fixedP99: { title: "latency p99 at 500/s", unit: "ms" },
  tokenP50: { title: "time to first token p50, 200 streams/s", unit: "ms" },
  tokenP99: { title: "time to first token p99, 200 streams/s", unit: "ms" },
  tokenCpu: { title: "CPU per stream of 10 events, 200 streams/s", unit: "µs" },
  burstCpu: { title: "CPU per relayed event, bursts of 2,000", unit: "µs" },
  pacedCpu: { title: "CPU per relayed event, 20 streams at 10 ms", unit: "µs" },
  promptCpu: { title: "CPU per request with a 100K-token prompt", unit: "ms" },
  idleMemory: { title: "memory idle, just started", unit: "MB" },
  streams500: { title: "memory with 500 live streams", unit: "MB" },
  streams1000: { title: "memory with 1,000 live streams", unit: "MB" },
  slowReaders: { title: "memory added by 50 slow readers of 100 MB", unit: "MB" },
  usedMemory: { title: "memory idle after all of this", unit: "MB" },
  start: { title: "start to first 200 on /livez, fresh state", unit: "ms" },
  version: { title: "`--version`", unit: "ms" },
  cancelWaiting: { title: "upstream let go after the client left, before headers", unit: "ms" },
  cancelStreaming: { title: "upstream let go after the client left, in the stream", unit: "ms" },
  dashboardP50: { title: "costs dashboard, one query's p50", unit: "ms" },
  dashboardP99: { title: "costs dashboard, one query's p99", unit: "ms" },
  rowsMissing: { title: "requests sent less rows in the ledger", unit: "" },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly unit: string }>>;

/** Name of a metric. */
export type Metric = keyof typeof METRICS;

/** All that was measured: a value for each round, in the order of the rounds, so that values of one round can be paired. */
export interface Samples {
  add(metric: Metric, target: TargetName, ...values: readonly number[]): void;
  of(metric: Metric, target: TargetName): readonly number[];
}

/** Nothing measured yet. */
export function createSamples(): Samples {
  const values = new Map<string, number[]>();
  return {
    add(metric, target, ...added) {
      const key = `${metric}/${target}`;
      values.set(key, [...(values.get(key) ?? []), ...added]);
    },
    of: (metric, target) => values.get(`${metric}/${target}`) ?? [],
  };
}

/** Median over the rounds of what `combine` makes of the pair that two targets have in each; NaN where one was not measured. */
export function pairedMedian(
  samples: Samples,
  metric: Metric,
  [one, other]: readonly [TargetName, TargetName],
  combine: (one: number, other: number) => number,
): number {
  const others = samples.of(metric, other);
  return median(samples.of(metric, one).map((value, round) => combine(value, others[round] ?? Number.NaN)));
}
