import type { Context } from "hono";
import * as v from "valibot";
import { EVIDENCE_KINDS, type Evidence } from "../../core/evidence.ts";
import type { EvidenceFilter } from "../../core/evidence-store.ts";
import { type EvidenceForgottenView, type EvidenceTalliesView, taskClassOf } from "../../core/evidence-view.ts";
import type { LedgerRow } from "../../core/ledger.ts";
import { HALF_LIFE_MS } from "../../core/routing/quality.ts";
import { TASK_CLASSES } from "../../core/routing/task-class.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { readBody } from "./keys.ts";
import { parseWith } from "./schema.ts";

const DAY_MS = 86_400_000;
/** How long one call goes on deleting; the caller calls again. Milliseconds. */
const ROUND_MS = 200;
/** As many as are ever kept. */
const MOST_EXPORTED = 100_000;

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const modelName = v.pipe(word, v.regex(/^[^/]+\/.+$/, "must be provider/model"));

const filterQuery = v.strictObject({ model: v.optional(modelName), task: v.optional(v.picklist(TASK_CLASSES)) });

const newEvidence = v.strictObject({
  request_id: word,
  kind: v.picklist(EVIDENCE_KINDS),
  score: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  voter: v.optional(word),
  task: v.optional(v.picklist(TASK_CLASSES)),
});

function filterOf({ model, task }: v.InferOutput<typeof filterQuery>): EvidenceFilter {
  if (model === undefined) return { taskClass: task };
  const slash = model.indexOf("/");
  return { provider: model.slice(0, slash), model: model.slice(slash + 1), taskClass: task };
}

function unusable(context: Context): Response {
  const fix = "the log of `lodestar serve` has the reason; a damaged votes.db can be moved away, and begins anew";
  return adminError(context, 503, "evidence_unusable", "the file of what was judged (votes.db) cannot be used", fix);
}

/** `GET /v1/evidence`: counted by model, class and kind. */
export function answerTallies(context: Context, admin: AdminContext): Response {
  const query = parseWith(filterQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const tallies = admin.evidence.store()?.tallies(filterOf(query.value)) ?? [];
  const view: EvidenceTalliesView = { tallies, halfLifeDays: HALF_LIFE_MS / DAY_MS };
  return context.json(view);
}

/** `GET /v1/evidence/rows`: every piece as NDJSON, newest first. */
export function answerEvidence(context: Context, admin: AdminContext): Response {
  const query = parseWith(filterQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const rows = admin.evidence.store()?.list(filterOf(query.value), MOST_EXPORTED) ?? [];
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return context.body(text, 200, { "content-type": "application/x-ndjson" });
}

/** `DELETE /v1/evidence`: forgets what matches, all without a filter, for a fifth of a second. */
export function forgetEvidence(context: Context, admin: AdminContext): Response {
  const query = parseWith(filterQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const store = admin.evidence.store();
  if (store === null) return unusable(context);
  const end = performance.now() + ROUND_MS;
  let deleted = 0;
  let chunk: number;
  do {
    chunk = store.remove(filterOf(query.value));
    deleted += chunk;
  } while (chunk > 0 && performance.now() < end);
  admin.evidence.book.forgetBeliefs();
  const view: EvidenceForgottenView = { deleted, isDone: chunk === 0 };
  return context.json(view);
}

/** A judgement of a past request as evidence about whoever answered it. */
function evidenceOf(row: LedgerRow, told: v.InferOutput<typeof newEvidence>, now: number): Evidence {
  const { kind, score, voter = null, task } = told;
  const { requestId, provider, model, project } = row;
  const id = voter === null ? `${kind}:${requestId}` : `${kind}:${requestId}:${voter}`;
  return { id, at: now, provider, model, taskClass: task ?? taskClassOf(row), kind, score, voter, requestId, project };
}

/** `POST /v1/evidence`: what a command found of a past request's answer. */
export async function recordEvidence(context: Context, admin: AdminContext): Promise<Response> {
  const body = await readBody(context);
  const told = body.ok ? parseWith(newEvidence, body.value) : body;
  if (!told.ok) return adminError(context, 400, "bad_body", told.error);
  await admin.ledger.flush();
  const [row] = admin.ledger.query({ requestId: told.value.request_id }, 1);
  if (row === undefined) {
    const message = `no request "${told.value.request_id}" is in the ledger`;
    return adminError(context, 404, "request_not_found", message, "lodestar requests lists the latest");
  }
  const evidence = evidenceOf(row, told.value, admin.now());
  if (!admin.evidence.book.recordEvidence(evidence)) return unusable(context);
  return context.json(evidence);
}
