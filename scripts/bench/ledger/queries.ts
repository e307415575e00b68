import { windowOf } from "../../../src/core/calendar.ts";
import { openStoreReaders } from "../../../src/stores/open.ts";
import type { GroupBy, LedgerFilter } from "../../../src/stores/ports.ts";
import { percentile } from "../report/statistics.ts";

/** How long one query of the costs dashboard takes. Milliseconds. */
export interface QueryTime {
  readonly title: string;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Groups in its answer. */
  readonly groups: number;
}

const PERIODS = { today: "day", week: "week", month: "month" } as const;
const CORE: readonly GroupBy[] = ["model", "provider", "project", "key", "day"];
const GROUPINGS: readonly GroupBy[] = [...CORE, "session", "tag", "task", "file", "client"];
/** A filter by a label goes with every grouping but that by another label, which reads rows. */
const FILTERS: readonly (readonly [words: string, filter: LedgerFilter, groupings: readonly GroupBy[]])[] = [
  ["", {}, GROUPINGS],
  [", one project", { project: "project-3" }, GROUPINGS],
  [", one model", { provider: "anthropic", model: "claude-sonnet-5" }, GROUPINGS],
  [", one tag", { tag: "nightly" }, CORE],
  [", one task", { task: "docs" }, CORE],
];

function timed(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

/**
 * Runs what the costs dashboard asks: today, this week and this month in a time zone, by each grouping, with and without a
 * filter, `runs` times each on the ledger of a state directory. A query is its total and its groups, as `GET /v1/costs` is.
 */
export function timeQueries(stateDir: string, now: number, zone: string, runs: number): readonly QueryTime[] {
  const opened = openStoreReaders({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { ledger, close } = opened.value;
  const times = Object.entries(PERIODS).flatMap(([period, length]) =>
    FILTERS.flatMap(([words, filter, groupings]) =>
      groupings.map((by): QueryTime => {
        const asked = { ...filter, from: windowOf(length, now, zone).from ?? 0 };
        let groups = 0;
        const once = () => {
          ledger.totals(asked);
          groups = ledger.groups(asked, by, zone).length;
        };
        const samples = Array.from({ length: runs }, () => timed(once)).sort((left, right) => left - right);
        const [p50Ms, p99Ms] = [percentile(samples, 0.5), percentile(samples, 0.99)];
        return { title: `${period} by ${by}${words}`, runs, p50Ms, p99Ms, groups };
      }),
    ),
  );
  close();
  return times;
}

/** The times as lines of text, slowest first. */
export function queryTable(times: readonly QueryTime[]): readonly string[] {
  const slowest = times.toSorted((left, right) => right.p99Ms - left.p99Ms);
  const cells = slowest.map(({ title, runs, p50Ms, p99Ms, groups }) => [
    title.padEnd(32),
    ...[String(runs), p50Ms.toFixed(1), p99Ms.toFixed(1), String(groups)].map((cell) => cell.padStart(9)),
  ]);
  const head = ["query".padEnd(32), ...["n", "p50 ms", "p99 ms", "groups"].map((title) => title.padStart(9))];
  return [head, ...cells].map((line) => line.join(""));
}
