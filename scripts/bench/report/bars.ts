import { type Metric, pairedMedian, type Samples } from "../measure/samples.ts";
import { median } from "./statistics.ts";

/** A promise about speed, and whether this run kept it. */
export interface Verdict {
  readonly title: string;
  readonly limit: string;
  /** NaN where it could not be measured. */
  readonly measured: number;
  readonly unit: string;
  readonly isMet: boolean;
}

interface Bar {
  readonly title: string;
  readonly limit: number;
  readonly unit: string;
  readonly isFloor?: boolean;
  readonly measure: (samples: Samples) => number;
}

const ratioToHono =
  (metric: Metric) =>
  (samples: Samples): number =>
    pairedMedian(samples, metric, ["lodestar", "hono"], (own, bare) => own / bare);

const addedToDirect =
  (metric: Metric) =>
  (samples: Samples): number =>
    pairedMedian(samples, metric, ["lodestar", "direct"], (own, direct) => own - direct);

const typical =
  (metric: Metric) =>
  (samples: Samples): number =>
    median(samples.of(metric, "lodestar"));

const worst =
  (metric: Metric) =>
  (samples: Samples): number => {
    const values = samples.of(metric, "lodestar");
    return values.length === 0 ? Number.NaN : Math.max(...values);
  };

const BARS: readonly Bar[] = [
  {
    title: "CPU per request, 32 connections, against bare Bun + Hono",
    limit: 2.5,
    unit: "×",
    measure: ratioToHono("closedCpu"),
  },
  {
    title: "CPU per request at 500/s, against bare Bun + Hono",
    limit: 2.5,
    unit: "×",
    measure: ratioToHono("fixedCpu"),
  },
  {
    title: "requests per second, of bare Bun + Hono's",
    limit: 0.35,
    unit: "×",
    isFloor: true,
    measure: ratioToHono("closedRate"),
  },
  { title: "added latency p50 at 500/s", limit: 0.5, unit: "ms", measure: addedToDirect("fixedP50") },
  { title: "added latency p99 at 500/s", limit: 2, unit: "ms", measure: addedToDirect("fixedP99") },
  { title: "added time to first token, p50", limit: 1, unit: "ms", measure: addedToDirect("tokenP50") },
  { title: "CPU per relayed event in a burst", limit: 6, unit: "µs", measure: typical("burstCpu") },
  { title: "CPU per relayed event at 10 ms", limit: 60, unit: "µs", measure: typical("pacedCpu") },
  { title: "CPU of a 100K-token prompt", limit: 1.5, unit: "ms", measure: typical("promptCpu") },
  { title: "start to first 200", limit: 100, unit: "ms", measure: typical("start") },
  { title: "`--version`", limit: 30, unit: "ms", measure: typical("version") },
  { title: "memory idle", limit: 70, unit: "MB", measure: typical("idleMemory") },
  { title: "memory with 1,000 live streams", limit: 120, unit: "MB", measure: typical("streams1000") },
  { title: "memory added by 50 slow readers", limit: 64, unit: "MB", measure: typical("slowReaders") },
  { title: "upstream let go before headers, worst", limit: 100, unit: "ms", measure: worst("cancelWaiting") },
  { title: "upstream let go in the stream, worst", limit: 100, unit: "ms", measure: worst("cancelStreaming") },
  { title: "costs dashboard at 1 M rows, slowest query's p99", limit: 50, unit: "ms", measure: worst("dashboardP99") },
  { title: "requests without exactly one settled row", limit: 0, unit: "", measure: worst("rowsMissing") },
];

/** Every bar against what was measured; one that could not be measured is not met. */
export function verdicts(samples: Samples): readonly Verdict[] {
  return BARS.map(({ title, limit, unit, isFloor = false, measure }) => {
    const measured = measure(samples);
    const isMet = isFloor ? measured >= limit : measured <= limit;
    return { title, limit: `${isFloor ? "≥" : "≤"} ${limit}${unit === "" ? "" : ` ${unit}`}`, measured, unit, isMet };
  });
}
