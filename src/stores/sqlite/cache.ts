import type { Database } from "bun:sqlite";
import type { CacheFilter, CacheReader, CacheStore, CacheSums } from "../ports.ts";
import type { Bindings } from "./bindings.ts";
import { type AnswerRow, answerBindings, answerOf, type ListedRow, listingOf } from "./cache-row.ts";

const FIND = `
SELECT * FROM answers
WHERE digest = $digest AND key_id IS $keyId AND project IS $project AND created_at >= $notBefore`;
const READ = "SELECT * FROM answers WHERE digest = $digest";
const INSERT = `
INSERT INTO answers (digest, key_id, project, provider, account, model, endpoint, created_at, used_at, hits, dialect, form,
  framing, is_verbatim, usage, usage_source, warnings, body, bytes)
VALUES ($digest, $keyId, $project, $provider, $account, $model, $endpoint, $createdAt, $createdAt, 0, $dialect, $form,
  $framing, $isVerbatim, $usage, $usageSource, $warnings, $body, $bytes)`;
const MATCHES = `
($provider IS NULL OR provider = $provider) AND ($model IS NULL OR model = $model OR provider || '/' || model = $model)
  AND ($project IS NULL OR project = $project) AND ($keyId IS NULL OR key_id = $keyId)
  AND ($before IS NULL OR created_at < $before) AND ($digest IS NULL OR substr(digest, 1, length($digest)) = $digest)`;
const LIST = `
SELECT digest, key_id, project, provider, account, model, endpoint, created_at, used_at, hits, dialect, form, framing,
  is_verbatim, bytes
FROM answers WHERE ${MATCHES} ORDER BY used_at DESC, digest LIMIT $limit OFFSET $after`;
const SUMS = `
SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(hits), 0) AS hits, min(created_at) AS oldestAt
FROM answers`;
const REMOVE_ONE = "DELETE FROM answers WHERE digest = $digest RETURNING bytes";
const REMOVE = `
DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE ${MATCHES} LIMIT 100) RETURNING bytes`;
const REMOVE_LEAST_USED = `
DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers ORDER BY used_at, rowid LIMIT 32) RETURNING bytes`;
const PRUNE = `
DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE created_at < $before LIMIT 100) RETURNING bytes`;
const TOUCH = "UPDATE answers SET used_at = max(used_at, $at), hits = hits + $count WHERE digest = $digest";

type Sized = { readonly bytes: number };

function bindingsOf(filter: CacheFilter): Bindings {
  const { model = null, provider = null, project = null, keyId = null, before = null, digest = null } = filter;
  return { model, provider, project, keyId, before, digest };
}

/** The cache for reading, on a handle of either kind. */
export function createCacheReader(database: Database): CacheReader {
  const list = database.query<ListedRow, [Bindings]>(LIST);
  const read = database.query<AnswerRow, [Bindings]>(READ);
  const sums = database.query<CacheSums, []>(SUMS);
  return {
    list: (filter, limit, after = 0) => list.all({ ...bindingsOf(filter), limit, after }).map(listingOf),
    read(digest) {
      const row = read.get({ digest });
      return row === null ? null : answerOf(row);
    },
    sums: () => sums.get() ?? { entries: 0, bytes: 0, hits: 0, oldestAt: null },
    close: () => database.close(),
  };
}

/** Uses that are not written yet: a write for every hit would cost more than the hit. */
function createUses(database: Database) {
  const touch = database.query<unknown, [Bindings]>(TOUCH);
  const waiting = new Map<string, { at: number; count: number }>();
  const write = database.transaction(() => {
    for (const [digest, { at, count }] of waiting) touch.run({ digest, at, count });
  });
  function flush(): void {
    if (waiting.size > 0) write.immediate();
    waiting.clear();
  }
  return {
    flush,
    add(digest: string, at: number): void {
      const use = waiting.get(digest);
      waiting.set(digest, { at, count: (use?.count ?? 0) + 1 });
      if (waiting.size >= MOST_USES) flush();
    },
  };
}

const MOST_USES = 1_000;
/** One answer may take this part of the whole. */
const MOST_SHARE = 8;

/** The response cache on SQLite: one handle, each change committed at once but for uses. `maxBytes` is asked at each `save`. */
export function createSqliteCache(database: Database, maxBytes: () => number): CacheStore {
  const reader = createCacheReader(database);
  const uses = createUses(database);
  const find = database.query<AnswerRow, [Bindings]>(FIND);
  const insert = database.query<unknown, [Bindings]>(INSERT);
  const removeOne = database.query<Sized, [Bindings]>(REMOVE_ONE);
  const removeSome = database.query<Sized, [Bindings]>(REMOVE);
  const removeLeastUsed = database.query<Sized, []>(REMOVE_LEAST_USED);
  const pruneChunk = database.query<Sized, [Bindings]>(PRUNE);
  let total = reader.sums().bytes;

  /** Takes what was deleted off the total; returns how many rows it was. */
  function forget(rows: readonly Sized[]): number {
    for (const { bytes } of rows) total -= bytes;
    return rows.length;
  }

  const replace = database.transaction((row: Bindings) => {
    const gone = removeOne.all({ digest: row.digest ?? null });
    insert.run(row);
    return gone;
  });

  function makeRoom(limit: number): void {
    if (total <= limit) return;
    uses.flush();
    while (total > limit && forget(removeLeastUsed.all()) > 0);
  }

  return {
    ...reader,
    list(filter, limit, after) {
      uses.flush();
      return reader.list(filter, limit, after);
    },
    sums() {
      uses.flush();
      return reader.sums();
    },
    find(digest, { keyId, project }, notBefore, now) {
      const row = find.get({ digest, keyId, project, notBefore });
      const answer = row === null ? null : answerOf(row);
      if (answer !== null) uses.add(digest, now);
      return answer;
    },
    save(answer) {
      const row = answerBindings(answer);
      const limit = maxBytes();
      if (row.bytes > limit / MOST_SHARE) return false;
      makeRoom(limit - row.bytes);
      forget(replace.immediate(row));
      total += row.bytes;
      return true;
    },
    remove: (filter) => forget(removeSome.all(bindingsOf(filter))),
    prune: (before) => forget(pruneChunk.all({ before })),
    close() {
      uses.flush();
      reader.close();
    },
  };
}
