import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { PendingAttempt } from "../../../src/stores/ledger-queue.ts";
import { openStores } from "../../../src/stores/open.ts";
import { createLedgerWriter } from "../../../src/stores/sqlite/ledger-writer.ts";
import { type TrafficPlan, traffic } from "./traffic.ts";

/** Large, so that the sums of a batch are few beside its rows. */
const BATCH_ROWS = 20_000;

/** Fills the ledger of a state directory (created as needed) with generated rows, through its own writer but without syncing. */
export function fillLedger(stateDir: string, plan: TrafficPlan): void {
  const opened = openStores({ stateDir, clock: { now: Date.now, after: () => () => undefined } });
  if (!opened.ok) throw new Error(opened.error.message);
  opened.value.close();
  const database = new Database(join(stateDir, "ledger.db"), { readwrite: true });
  database.run("PRAGMA synchronous = OFF");
  database.run("PRAGMA cache_size = -262144");
  const writer = createLedgerWriter(database);
  let batch: PendingAttempt[] = [];
  for (const attempt of traffic(plan)) {
    batch.push(attempt);
    if (batch.length < BATCH_ROWS) continue;
    writer.write(batch);
    batch = [];
  }
  writer.write(batch);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}
