import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { RouteLog, RouteLogReader, StoreFault } from "./ports.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/routes/0001-initial.sql" with { type: "text" };
import { createRouteReader, createSqliteRouteLog } from "./sqlite/routes.ts";

/** A file of its own, written without waiting for the disk: what is lost of it costs nothing but what a report counts. */
function planFor(stateDir: string): DatabasePlan {
  const migrations = [{ name: "0001-initial", sql: initial }];
  return { path: join(stateDir, "routes.db"), migrations, durability: "fast" };
}

/** Opens `routes.db` (0600) of a state directory that exists. */
export function openRouteLog(options: { readonly stateDir: string }): Result<RouteLog, StoreFault> {
  return openWriter(planFor(options.stateDir), createSqliteRouteLog);
}

/** Opens `routes.db` for reading, beside a daemon or without one; `store_missing` where none was written yet. */
export function openRouteReader(options: { readonly stateDir: string }): Result<RouteLogReader, StoreFault> {
  return openReader(planFor(options.stateDir), createRouteReader);
}
