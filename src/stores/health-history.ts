import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { HealthHistory, HealthHistoryReader, StoreFault } from "./ports.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import { createHealthReader, createSqliteHealthHistory } from "./sqlite/health-history.ts";
import initial from "./sqlite/migrations/health/0001-initial.sql" with { type: "text" };

/**
 * A file of its own beside the ledger: it is written every second without waiting for the disk, where the ledger syncs each
 * commit; it outlives the ledger's rows; and a damaged one costs no money, only what was known of the past.
 */
function planFor(stateDir: string): DatabasePlan {
  const migrations = [{ name: "0001-initial", sql: initial }];
  return { path: join(stateDir, "health.db"), migrations, durability: "fast" };
}

/** Opens `health.db` (0600) of a state directory that exists. */
export function openHealthHistory(options: { readonly stateDir: string }): Result<HealthHistory, StoreFault> {
  return openWriter(planFor(options.stateDir), createSqliteHealthHistory);
}

/** Opens `health.db` for reading, beside a daemon or without one; `store_missing` where none was written yet. */
export function openHealthReader(options: { readonly stateDir: string }): Result<HealthHistoryReader, StoreFault> {
  return openReader(planFor(options.stateDir), createHealthReader);
}
