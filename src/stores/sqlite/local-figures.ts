import type { Database } from "bun:sqlite";
import type { LocalFigureStore, LocalFigures } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

const LIST = `
SELECT provider, model, context_tokens AS contextTokens, cold_load_ms AS coldLoadMs, warm_load_ms AS warmLoadMs,
  prompt_per_second AS promptPerSecond, output_per_second AS outputPerSecond, token_ratio AS tokenRatio, used_at AS usedAt
FROM figures ORDER BY used_at DESC`;
const SAVE = `
INSERT OR REPLACE INTO figures (provider, model, context_tokens, cold_load_ms, warm_load_ms, prompt_per_second,
  output_per_second, token_ratio, used_at)
VALUES ($provider, $model, $contextTokens, $coldLoadMs, $warmLoadMs, $promptPerSecond, $outputPerSecond, $tokenRatio,
  $usedAt)`;

const KEEP_NEWEST = `
DELETE FROM figures WHERE used_at < (SELECT used_at FROM figures ORDER BY used_at DESC LIMIT 1 OFFSET $most - 1)`;

/** Models times contexts; of more, those used longest ago go at the start. */
const MAX_ROWS = 1_000;

/** The figures of local models on SQLite. */
export function createSqliteLocalFigures(database: Database): LocalFigureStore {
  const list = database.query<LocalFigures, []>(LIST);
  // Reads every page: a file that cannot be read is found out here, where it is left out, and not at the first use.
  database.query<unknown, [Bindings]>(KEEP_NEWEST).run({ most: MAX_ROWS });
  const save = database.query<unknown, [Bindings]>(SAVE);
  return {
    list: () => list.all(),
    save(figures) {
      try {
        return save.run({ ...figures }).changes === 1;
      } catch {
        return false;
      }
    },
    close: () => database.close(),
  };
}
