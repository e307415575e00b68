import type { AttemptIntent } from "../core/ledger.ts";
import type { Plan, PlannedTarget } from "../core/plan.ts";
import type { CostStamp } from "../core/stamp.ts";
import { targetName } from "../core/target.ts";
import type { CachedAnswer } from "../stores/ports.ts";
import { answerHeaders, budgetHeaders, costHeader } from "./answer-headers.ts";
import { intentOf } from "./attempt.ts";
import type { Answer, AttemptRecord, Call } from "./call.ts";
import type { Course } from "./course.ts";
import { metadataOf } from "./metadata.ts";
import type { Services } from "./services.ts";
import { textStream } from "./stream-body.ts";

/** A kept answer on its way to a client. */
interface Hit {
  readonly kept: CachedAnswer;
  readonly course: Course;
  readonly call: Call;
  readonly plan: Plan;
  readonly planned: PlannedTarget;
  /** It came while an identical request was in flight. */
  readonly hasWaited: boolean;
}

function bookHit({ usage, usageSource }: CachedAnswer, intent: AttemptIntent, services: Services): CostStamp {
  if (!services.ledger.reserve(intent)) throw new Error("the ledger is full, and said otherwise");
  const ending = { state: "hit", usage, usageSource, fault: null, firstTokenMs: 0, upstreamStatus: null } as const;
  return services.settle(intent, ending);
}

/**
 * Books a kept answer and writes it for its client. Null where it cannot be read any more, or the ledger takes no row: then
 * the models are asked as if there were none. No budget is asked: it costs nothing.
 */
export function tellHit({ kept, course, call, plan, planned, hasWaited }: Hit, services: Services): Answer | null {
  const { requested: requestedModel, endpoint, isStream } = course;
  const reason = `${planned.reason}>cache`;
  const now = services.clock.now();
  const intent = intentOf({ call, planned, number: 1, endpoint, isStream, requestedModel, reason }, now, null);
  const record: AttemptRecord = {
    target: targetName(planned.target),
    account: planned.target.account,
    reason,
    outcome: "answered",
    message: null,
    durationMs: 0,
  };
  const book = (): CostStamp => {
    const cost = bookHit(kept, intent, services);
    return call.wantsMetadata ? { ...cost, metadata: metadataOf(requestedModel, [record], plan) } : cost;
  };
  const body = services.ledger.health().isFull ? null : (course.cacheable?.replay(kept, book, services) ?? null);
  if (body === null) return null;
  call.progress.target = planned;
  const told = { warnings: kept.warnings, waitedMs: 0 };
  const attempt = { planned, intent, startedAt: call.arrivedAt };
  const age = Math.max(0, Math.floor((now - kept.createdAt) / 1_000));
  const headers = {
    ...answerHeaders(call, attempt, [record], told, services.clock.monotonic()),
    ...budgetHeaders(call, services.budgets),
    ...(isStream ? {} : costHeader(0)),
    "x-lodestar-cache": `hit; age=${age}${hasWaited ? "; reason=in-flight" : ""}`,
  };
  if (!isStream) return { kind: "reply", headers, body };
  return { kind: "stream", headers, body: textStream(body), ended: Promise.resolve() };
}
