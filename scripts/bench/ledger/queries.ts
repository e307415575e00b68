import { spanOf } from "../../../src/core/period.ts";
import { openStoreReaders } from "../../../src/stores/open.ts";
import type { GroupBy, LedgerFilter } from "../../../src/stores/ports.ts";
import { percentile } from "../report/statistics.ts";

/** How long one query of the costs dashboard takes. Milliseconds. */
export interface QueryTime {
  readonly title: string;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly groups: number;
}

const PERIODS = ["today", "week", "month"] as const;
const GROUPINGS: readonly GroupBy[] = [
  "model",
  "provider",
  "project",
  "key",
  "session",
  "day",
  "tag",
  "task",
  "file",
  "client",
];
const FILTERS: readonly (readonly [words: string, filter: LedgerFilter])[] = [
  ["", {}],
  [" of one project", { project: "project-3" }],
  [" of one model", { provider: "anthropic", model: "claude-sonnet-5" }],
];
/** A filter by a label goes with every grouping but that by another label, which reads rows. */
const BY_LABEL: readonly (readonly [words: string, filter: LedgerFilter])[] = [
  [" of one tag", { tag: "nightly" }],
  [" of one task", { task: "docs" }],
];
const CORE: readonly GroupBy[] = ["model", "provider", "project", "key", "day"];

/**
 * Runs what the costs dashboard asks: today, this week and this month, by each grouping, with and without a filter, `runs`
 * times each on the ledger of a state directory. A query is its groups and its total, as `GET /v1/costs` answers.
 */
export function timeQueries(stateDir: string, now: number, zone: string, runs: number): readonly QueryTime[] {
  const opened = openStoreReaders({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { ledger, close } = opened.value;
  const asks = PERIODS.flatMap((period) => [
    ...FILTERS.flatMap((filter) => GROUPINGS.map((by) => [period, filter, by] as const)),
    ...BY_LABEL.flatMap((filter) => CORE.map((by) => [period, filter, by] as const)),
  ]);
  const times = asks.map(([period, [words, filter], by]): QueryTime => {
    const { from } = spanOf(period, now);
    const asked = from === null ? filter : { ...filter, from };
    let groups = 0;
    const samples = Array.from({ length: runs }, () => {
      const start = performance.now();
      ledger.totals(asked);
      groups = ledger.groups(asked, by, zone).length;
      return performance.now() - start;
    }).sort((left, right) => left - right);
    return {
      title: `${period} by ${by}${words}`,
      runs,
      p50Ms: percentile(samples, 0.5),
      p99Ms: percentile(samples, 0.99),
      groups,
    };
  });
  close();
  return times;
}
