import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { ToolResults } from "../core/tool-results.ts";
import type { StoreFault } from "./ports.ts";
import { openWriter } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/tools/0001-initial.sql" with { type: "text" };
import { createSqliteToolResults } from "./sqlite/tool-results.ts";

const MOST_BYTES = 64 * 2 ** 20;

/** Opens `tools.db` (0600) of a state directory that exists; beside a daemon too. A power cut may cost the last results. */
export function openToolResults(options: {
  readonly stateDir: string;
  readonly mostBytes?: number;
}): Result<ToolResults, StoreFault> {
  const { stateDir, mostBytes = MOST_BYTES } = options;
  const migrations = [{ name: "0001-initial", sql: initial }];
  return openWriter({ path: join(stateDir, "tools.db"), migrations, durability: "fast" }, (database) =>
    createSqliteToolResults(database, mostBytes),
  );
}
