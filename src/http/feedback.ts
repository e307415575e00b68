import * as v from "valibot";
import { taskClassOf } from "../core/evidence-view.ts";
import { type ClientError, refusal } from "../core/fault.ts";
import type { LedgerRow } from "../core/ledger.ts";
import { failure, type Result, success } from "../core/result.ts";
import { TASK_CLASSES } from "../core/routing/task-class.ts";
import { targetName } from "../core/target.ts";
import type { Caller } from "../gateway/call.ts";
import type { ApiContext } from "./api-context.ts";

const SCORE_HINT = "must be a number from 0 (bad) to 1 (good)";

const feedbackBody = v.pipe(
  v.strictObject(
    {
      request_id: v.pipe(v.string("must be a request id"), v.minLength(1), v.maxLength(256)),
      vote: v.optional(v.picklist(["up", "down"], "must be up or down")),
      score: v.optional(v.pipe(v.number(SCORE_HINT), v.minValue(0, SCORE_HINT), v.maxValue(1, SCORE_HINT))),
      task: v.optional(v.picklist(TASK_CLASSES, `must be one of ${TASK_CLASSES.join(", ")}`)),
    },
    "must be {request_id, vote} or {request_id, score}, with nothing else but task",
  ),
  v.check(({ vote, score }) => (vote === undefined) !== (score === undefined), "needs either vote or score"),
);

type Feedback = v.InferOutput<typeof feedbackBody>;

function feedbackOf(json: unknown): Result<Feedback, ClientError> {
  const parsed = v.safeParse(feedbackBody, json);
  if (parsed.success) return success(parsed.output);
  const [issue] = parsed.issues;
  const param = v.getDotPath(issue);
  const message = `Feedback is {"request_id": "req_…", "vote": "up"}: ${param ?? "the body"} ${issue.message}.`;
  return failure(refusal("invalid_request", message, param === null ? {} : { param }));
}

/** The attempt whose answer the client saw. */
function answered(rows: readonly LedgerRow[]): LedgerRow | undefined {
  return rows
    .filter(({ state }) => state !== "failed" && state !== "refused" && state !== "reserved")
    .toSorted((left, right) => right.attempt - left.attempt)[0];
}

function notFound(id: string): ClientError {
  return refusal("generation_not_found", `No answered request "${id}" is in the ledger for this key.`, {
    status: 404,
    type: "not_found_error",
    param: "request_id",
  });
}

/**
 * `POST /v1/feedback`: a person's thumb on one answer of the calling key; without keys, of any. A second one takes the place of
 * the first. What was asked and answered is not kept.
 */
export async function serveFeedback(
  request: Request,
  { keyId }: Caller,
  context: ApiContext,
): Promise<Result<object, ClientError>> {
  const body = await context.readBody(request);
  const told = body.ok ? feedbackOf(body.value.json) : body;
  if (!told.ok) return told;
  const { request_id: requestId, vote, score = vote === "up" ? 1 : 0, task } = told.value;
  await context.ledger.flush();
  const row = answered([...context.ledger.query(keyId === null ? { requestId } : { requestId, keyId })]);
  if (row === undefined) return failure(notFound(requestId));
  const { provider, model, project } = row;
  const taskClass = task ?? taskClassOf(row);
  const about = { provider, model, taskClass, requestId, project };
  const at = context.services.clock.now();
  const evidence = { id: `thumb:${requestId}`, at, kind: "thumb", score, voter: keyId, ...about } as const;
  if (context.evidence.recordEvidence(evidence)) {
    return success({ data: { request_id: requestId, model: targetName(row), task: taskClass, score } });
  }
  const message = "The feedback could not be kept: the file of what was judged (votes.db) cannot be written.";
  return failure({
    ...refusal("evidence_unusable", message, { status: 503, type: "overloaded_error" }),
    shouldRetry: false,
  });
}
