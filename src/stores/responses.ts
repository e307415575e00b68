import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { ResponseStore, StoreFault } from "./ports.ts";
import { openWriter } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/responses/0001-initial.sql" with { type: "text" };
import { createSqliteResponseStore } from "./sqlite/responses.ts";

/**
 * Opens `responses.db` (0600) of a state directory that exists. A file of its own, written without waiting for the disk: what
 * becomes of it never touches money.
 */
export function openResponseStore(options: {
  readonly stateDir: string;
  readonly maxBytes: () => number;
}): Result<ResponseStore, StoreFault> {
  const migrations = [{ name: "0001-initial", sql: initial }];
  const plan = { path: join(options.stateDir, "responses.db"), migrations, durability: "fast" } as const;
  return openWriter(plan, (database) => createSqliteResponseStore(database, options.maxBytes));
}
