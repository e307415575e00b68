import { bigLedger, LEDGER_NOW, LEDGER_ZONE } from "../ledger/big-ledger.ts";
import { timeQueries } from "../ledger/queries.ts";
import type { Samples } from "./samples.ts";

const RUNS = 10;

/** Fills a ledger and times every query of the costs dashboard on it: the p50 and the p99 of each. */
export function measureDashboard(rows: number, samples: Samples): void {
  using ledger = bigLedger(rows);
  for (const { p50Ms, p99Ms } of timeQueries(ledger.stateDir, LEDGER_NOW, LEDGER_ZONE, RUNS)) {
    samples.add("dashboardP50", "lodestar", p50Ms);
    samples.add("dashboardP99", "lodestar", p99Ms);
  }
}
