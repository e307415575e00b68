import type { Database } from "bun:sqlite";
import { parseJson } from "../../core/json.ts";
import type { ToolResults } from "../../core/tool-results.ts";
import type { Bindings } from "./bindings.ts";

const FIND = "SELECT value FROM results WHERE kind = $kind AND key = $key";
const SAVE = "INSERT OR REPLACE INTO results (kind, key, at, value) VALUES ($kind, $key, $at, $value)";
const BYTES = "SELECT coalesce(sum(length(value)), 0) AS bytes FROM results";
const REMOVE_OLDEST = `
DELETE FROM results WHERE (kind, key) IN (SELECT kind, key FROM results ORDER BY at, key LIMIT 32)
RETURNING length(value) AS bytes`;

type Sized = { readonly bytes: number };

/** Results on SQLite. Closing them closes the handle. */
export function createSqliteToolResults(database: Database, mostBytes: number): ToolResults {
  const find = database.query<{ value: string }, [Bindings]>(FIND);
  const save = database.query<unknown, [Bindings]>(SAVE);
  const removeOldest = database.query<Sized, []>(REMOVE_OLDEST);
  let bytes = database.query<Sized, []>(BYTES).get()?.bytes ?? 0;
  return {
    find(kind, key) {
      const row = find.get({ kind, key });
      return row === null ? null : (parseJson(row.value) ?? null);
    },
    save(kind, key, at, value) {
      const text = JSON.stringify(value);
      bytes += text.length - (find.get({ kind, key })?.value.length ?? 0);
      save.run({ kind, key, at, value: text });
      while (bytes > mostBytes) {
        const removed = removeOldest.all();
        if (removed.length === 0) return;
        bytes -= removed.reduce((sum, row) => sum + row.bytes, 0);
      }
    },
    close: () => database.close(),
  };
}
