import type { Database } from "bun:sqlite";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import type { ResponseStore, StoredResponse } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

interface StoredRow {
  readonly id: string;
  readonly created_at: number;
  readonly resource: string;
  readonly input: string;
}

const FIND = `
SELECT id, created_at, resource, input FROM responses
WHERE tenant = $tenant AND id = $id AND created_at >= $notBefore`;
const FIND_BY_ITEM = `
SELECT responses.id, created_at, resource, input FROM items
JOIN responses ON responses.tenant = items.tenant AND responses.id = items.response_id
WHERE items.tenant = $tenant AND items.item_id = $itemId AND created_at >= $notBefore`;
const INSERT = `
INSERT INTO responses (tenant, id, created_at, resource, input, bytes)
VALUES ($tenant, $id, $createdAt, $resource, $input, $bytes)`;
const INSERT_ITEM = "INSERT OR REPLACE INTO items (tenant, item_id, response_id) VALUES ($tenant, $itemId, $id)";
const REMOVE = "DELETE FROM responses WHERE tenant = $tenant AND id = $id RETURNING bytes";
const REMOVE_OLDEST = `
DELETE FROM responses WHERE rowid = (SELECT rowid FROM responses ORDER BY created_at, rowid LIMIT 1) RETURNING bytes`;
const PRUNE = `
DELETE FROM responses WHERE rowid IN (SELECT rowid FROM responses WHERE created_at < $before LIMIT 100) RETURNING bytes`;
const TOTAL = "SELECT coalesce(sum(bytes), 0) AS bytes FROM responses";

type Sized = { readonly bytes: number };

function outputOf(resource: JsonObject): readonly JsonObject[] {
  return Array.isArray(resource.output) ? resource.output.filter(isJsonObject) : [];
}

function toResponse(row: StoredRow): StoredResponse {
  const resource = parseJson(row.resource);
  const input = parseJson(row.input);
  return {
    id: row.id,
    createdAt: row.created_at,
    resource: isJsonObject(resource) ? resource : {},
    input: Array.isArray(input) ? input : [],
  };
}

/** Kept responses on SQLite: one handle, each change committed at once. `maxBytes` is asked at each `save`. */
export function createSqliteResponseStore(database: Database, maxBytes: () => number): ResponseStore {
  const find = database.query<StoredRow, [Bindings]>(FIND);
  const findByItem = database.query<StoredRow, [Bindings]>(FIND_BY_ITEM);
  const insert = database.query<unknown, [Bindings]>(INSERT);
  const insertItem = database.query<unknown, [Bindings]>(INSERT_ITEM);
  const removeOne = database.query<Sized, [Bindings]>(REMOVE);
  const removeOldest = database.query<Sized, []>(REMOVE_OLDEST);
  const pruneChunk = database.query<Sized, [Bindings]>(PRUNE);
  let total = database.query<Sized, []>(TOTAL).get()?.bytes ?? 0;

  /** Takes what was deleted off the total; returns how many rows it was. */
  function forget(rows: readonly Sized[]): number {
    for (const { bytes } of rows) total -= bytes;
    return rows.length;
  }

  const write = database.transaction((row: Bindings, itemIds: readonly JsonValue[]) => {
    const { tenant = null, id = null } = row;
    const gone = removeOne.all({ tenant, id });
    insert.run(row);
    for (const itemId of itemIds) if (typeof itemId === "string") insertItem.run({ tenant, id, itemId });
    return gone;
  });

  return {
    save(tenant, response) {
      const resource = JSON.stringify(response.resource);
      const input = JSON.stringify(response.input);
      const bytes = Buffer.byteLength(resource) + Buffer.byteLength(input);
      const limit = maxBytes();
      if (bytes > limit) return false;
      const { id, createdAt } = response;
      const itemIds = outputOf(response.resource).map((item) => item.id ?? null);
      forget(write.immediate({ tenant, id, createdAt, resource, input, bytes }, itemIds));
      total += bytes;
      while (total > limit && forget(removeOldest.all()) > 0);
      return true;
    },
    find(tenant, id, notBefore) {
      const row = find.get({ tenant, id, notBefore });
      return row === null ? null : toResponse(row);
    },
    findItem(tenant, itemId, notBefore) {
      const row = findByItem.get({ tenant, itemId, notBefore });
      if (row === null) return null;
      return outputOf(toResponse(row).resource).find((item) => item.id === itemId) ?? null;
    },
    remove: (tenant, id) => forget(removeOne.all({ tenant, id })) > 0,
    prune: (before) => forget(pruneChunk.all({ before })),
    close: () => database.close(),
  };
}
