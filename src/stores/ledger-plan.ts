import { join } from "node:path";
import type { DatabasePlan } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/ledger/0001-initial.sql" with { type: "text" };
import labelsAndSums from "./sqlite/migrations/ledger/0002-labels-and-sums.sql" with { type: "text" };

/** Where a state directory has its ledger, and how it is kept. */
export function ledgerPlan(stateDir: string): DatabasePlan {
  const migrations = [
    { name: "0001-initial", sql: initial },
    { name: "0002-labels-and-sums", sql: labelsAndSums },
  ];
  return { path: join(stateDir, "ledger.db"), migrations, durability: "durable" };
}
