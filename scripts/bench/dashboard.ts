import { bigLedger, LEDGER_NOW, LEDGER_ZONE } from "./ledger/big-ledger.ts";
import { queryTable, timeQueries } from "./ledger/queries.ts";

/** `bun scripts/bench/dashboard.ts [ROWS]`: fills a ledger and times every query of the costs dashboard. */
function main(): void {
  const rows = Number(process.argv[2] ?? 1_000_000);
  console.error(`[bench] writing a ledger of ${rows} rows`);
  using ledger = bigLedger(rows);
  console.log(queryTable(timeQueries(ledger.stateDir, LEDGER_NOW, LEDGER_ZONE, 20)).join("\n"));
}

if (import.meta.main) main();
