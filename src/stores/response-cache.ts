import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { CacheReader, CacheStore, StoreFault } from "./ports.ts";
import { createCacheReader, createSqliteCache } from "./sqlite/cache.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/cache/0001-initial.sql" with { type: "text" };

/** A file of its own, written without waiting for the disk and with what is deleted overwritten. */
function planFor(stateDir: string): DatabasePlan {
  const migrations = [{ name: "0001-initial", sql: initial }];
  return { path: join(stateDir, "cache.db"), migrations, durability: "fast" };
}

/** Opens `cache.db` (0600) of a state directory that exists. `maxBytes` is asked at each `save`. */
export function openResponseCache(options: {
  readonly stateDir: string;
  readonly maxBytes: () => number;
}): Result<CacheStore, StoreFault> {
  return openWriter(planFor(options.stateDir), (database) => createSqliteCache(database, options.maxBytes));
}

/** Opens `cache.db` for reading, beside a daemon or without one; `store_missing` where none was written yet. */
export function openCacheReader(options: { readonly stateDir: string }): Result<CacheReader, StoreFault> {
  return openReader(planFor(options.stateDir), createCacheReader);
}
