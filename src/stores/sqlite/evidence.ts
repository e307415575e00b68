import type { Database } from "bun:sqlite";
import { EVIDENCE_KINDS, type Evidence } from "../../core/evidence.ts";
import type { EvidenceFilter, EvidenceReader, EvidenceStore, EvidenceTally } from "../../core/evidence-store.ts";
import type { Bindings } from "./bindings.ts";

const COLUMNS = `
id, at, provider, model, task_class AS taskClass, kind, score, voter, request_id AS requestId, project`;
const MATCHES = `
($provider IS NULL OR provider = $provider) AND ($model IS NULL OR model = $model)
AND ($taskClass IS NULL OR task_class = $taskClass)`;
const LIST = `SELECT ${COLUMNS} FROM evidence WHERE ${MATCHES} ORDER BY at DESC, id LIMIT $limit`;
/** Of one model and class, by the index. */
const OF_MODEL = `
SELECT ${COLUMNS} FROM evidence WHERE provider = $provider AND model = $model AND task_class = $taskClass
ORDER BY at DESC LIMIT $limit`;
const TALLIES = `
SELECT provider, model, task_class AS taskClass, kind, count(*) AS pieces, sum(score) AS good, max(at) AS latestAt
FROM evidence WHERE ${MATCHES} GROUP BY provider, model, task_class, kind ORDER BY provider, model, task_class, kind`;
const SAVE = `
INSERT OR REPLACE INTO evidence (id, at, provider, model, task_class, kind, score, voter, request_id, project)
VALUES ($id, $at, $provider, $model, $taskClass, $kind, $score, $voter, $requestId, $project)`;
const REMOVE = `
DELETE FROM evidence WHERE id IN (SELECT id FROM evidence WHERE ${MATCHES} LIMIT $chunk)`;
const PRUNE = "DELETE FROM evidence WHERE id IN (SELECT id FROM evidence WHERE at < $before LIMIT $chunk)";
const COUNT = "SELECT count(*) AS count FROM evidence";
const PRUNE_OLDEST = "DELETE FROM evidence WHERE id IN (SELECT id FROM evidence ORDER BY at LIMIT $chunk)";

/** Rows of about 150 bytes, of every kind and model together. */
const MAX_ROWS = 100_000;
/** Of one model and class: more than this change what is believed by less than its rounding. */
const MOST_OF_MODEL = 5_000;
const CHUNK_ROWS = 1_000;

function bindingsOf({ provider, model, taskClass }: EvidenceFilter): Bindings {
  return { provider: provider ?? null, model: model ?? null, taskClass: taskClass ?? null };
}

/** What somebody else wrote into the file, or a newer program, is left out. */
function isSound({ kind, score }: Evidence): boolean {
  return EVIDENCE_KINDS.includes(kind) && score >= 0 && score <= 1;
}

/** The reading half of the evidence. Closing it closes the handle. */
export function createEvidenceReader(database: Database): EvidenceReader {
  const list = database.query<Evidence, [Bindings]>(LIST);
  const ofModel = database.query<Evidence, [Bindings]>(OF_MODEL);
  const tallies = database.query<EvidenceTally, [Bindings]>(TALLIES);
  return {
    list: (filter, limit) => list.all({ ...bindingsOf(filter), limit }).filter(isSound),
    ofModel: (provider, model, taskClass) =>
      ofModel.all({ provider, model, taskClass, limit: MOST_OF_MODEL }).filter(isSound),
    tallies: (filter) => tallies.all(bindingsOf(filter)),
    close: () => database.close(),
  };
}

/** Evidence on SQLite: one handle, each piece committed at once, and the oldest deleted beyond the bound. */
export function createSqliteEvidence(database: Database): EvidenceStore {
  const save = database.query<unknown, [Bindings]>(SAVE);
  const remove = database.query<unknown, [Bindings]>(REMOVE);
  const prune = database.query<unknown, [Bindings]>(PRUNE);
  const count = database.query<{ count: number }, []>(COUNT);
  const pruneOldest = database.query<unknown, [Bindings]>(PRUNE_OLDEST);
  return {
    ...createEvidenceReader(database),
    save(evidence) {
      try {
        return save.run({ ...evidence }).changes === 1;
      } catch {
        return false;
      }
    },
    remove: (filter) => remove.run({ ...bindingsOf(filter), chunk: CHUNK_ROWS }).changes,
    prune(before) {
      const { changes } = prune.run({ before, chunk: CHUNK_ROWS });
      const excess = (count.get()?.count ?? 0) - MAX_ROWS;
      if (changes > 0 || excess <= 0) return changes;
      return pruneOldest.run({ chunk: Math.min(excess, CHUNK_ROWS) }).changes;
    },
  };
}
