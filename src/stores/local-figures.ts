import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { LocalFigureStore, StoreFault } from "./ports.ts";
import { openWriter } from "./sqlite/database.ts";
import { createSqliteLocalFigures } from "./sqlite/local-figures.ts";
import initial from "./sqlite/migrations/local/0001-initial.sql" with { type: "text" };

/**
 * Opens `local.db` (0600) of a state directory that exists. A file of its own, written without waiting for the disk: the
 * ledger syncs every commit, and what is lost here is measured again within a few requests.
 */
export function openLocalFigures(options: { readonly stateDir: string }): Result<LocalFigureStore, StoreFault> {
  const migrations = [{ name: "0001-initial", sql: initial }];
  return openWriter(
    { path: join(options.stateDir, "local.db"), migrations, durability: "fast" },
    createSqliteLocalFigures,
  );
}
