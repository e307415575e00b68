import { formatLimit } from "../core/budget/text.ts";
import { type ClientError, clientErrorOf, FAULT_RULES, type Fault } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import { toUsd } from "../core/money.ts";
import type { PlannedTarget } from "../core/plan.ts";
import type { Warning } from "../core/request.ts";
import { targetName } from "../core/target.ts";
import type { Attempt } from "./attempt.ts";
import type { BudgetGuard } from "./budget-guard.ts";
import type { AttemptRecord, Call, Won } from "./call.ts";

/** Warnings as `x-lodestar-params` shows them: `dropped logit_bias (not in anthropic); changed temperature (clamped to 1)`. */
export function formatWarnings(warnings: readonly Warning[]): string {
  return warnings
    .map(({ action, field, reason }) => `${action} ${field} (${reason})`)
    .join("; ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 2_000);
}

/** Headers that every answer carries, whatever came of it. */
export function idHeaders(requestId: string): Record<string, string> {
  return { "x-lodestar-request-id": requestId, "x-litellm-call-id": requestId };
}

function targetHeaders({ target }: PlannedTarget, reason: string): Record<string, string> {
  return {
    "x-lodestar-model": headerText(target.model),
    "x-lodestar-provider": target.provider,
    "x-lodestar-route-reason": headerText(reason),
    "x-litellm-model-id": headerText(targetName(target)),
  };
}

/** Headers of an answer that has begun before it is known who gives it: the target that is being tried right now. */
export function plannedHeaders({ requestId, progress }: Call): Record<string, string> {
  const planned = progress.target;
  return { ...idHeaders(requestId), ...(planned === null ? {} : targetHeaders(planned, planned.reason)) };
}

/** Headers of an error after the last target: who was asked last, and how many attempts there were. */
export function spentHeaders(call: Call, records: readonly AttemptRecord[]): Record<string, string> {
  return { ...plannedHeaders(call), "x-lodestar-attempts": String(records.length) };
}

/** Headers of an answer by a model. The overhead is the time since the request arrived, less the waiting for upstreams and between tries. */
export function answerHeaders(
  call: Call,
  attempt: Pick<Attempt, "planned" | "intent" | "startedAt">,
  records: readonly AttemptRecord[],
  { warnings, waitedMs }: Pick<Won, "warnings" | "waitedMs">,
  nowMonotonic: number,
): Record<string, string> {
  const retries = records.filter((record, index) => index > 0 && record.reason.endsWith(">retry")).length;
  const beganAt = records.length === 1 ? call.arrivedAt : attempt.startedAt;
  const overhead = (nowMonotonic - beganAt - waitedMs).toFixed(2);
  return {
    ...idHeaders(call.requestId),
    ...targetHeaders(attempt.planned, attempt.intent.routeReason),
    "x-lodestar-attempts": String(records.length),
    "x-lodestar-overhead-ms": overhead,
    ...(warnings.length === 0 ? {} : { "x-lodestar-params": formatWarnings(warnings) }),
    "x-litellm-attempted-retries": String(retries),
    "x-litellm-attempted-fallbacks": String(records.length - 1 - retries),
    "x-litellm-overhead-duration-ms": overhead,
  };
}

/**
 * What is left of the tightest budget that counts calls like this one (USD; with a stream, what its call may still cost is
 * taken off), and what the calling key has spent in all.
 */
export function budgetHeaders({ caller, progress }: Call, budgets: BudgetGuard): Record<string, string> {
  const left = budgets.remaining(caller, progress.target?.target);
  const spent = caller.keyId === null ? null : budgets.keySpend(caller.keyId);
  return {
    ...(left === null ? {} : { "x-lodestar-budget-remaining": formatLimit(left) }),
    ...(spent === null ? {} : { "x-litellm-key-spend": formatLimit(spent) }),
  };
}

/** The cost of a whole reply as the header that LiteLLM's clients read. */
export function costHeader(costNanoUsd: number | null): Record<string, string> {
  return costNanoUsd === null ? {} : { "x-litellm-response-cost": String(toUsd(costNanoUsd)) };
}

function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 500);
}

/** Faults about the request, whose words are the client's business as they stand. */
const ABOUT_REQUEST: readonly Fault["kind"][] = ["bad-request", "context-length", "content-policy"];

/** A provider's words with its name before them, since they seldom say whose they are; and for its key, what to do. */
function tellWho(fault: Fault, provider: string | undefined): string {
  const isProvidersWord = "status" in fault && fault.status !== undefined && !ABOUT_REQUEST.includes(fault.kind);
  if (!isProvidersWord || provider === undefined) return fault.message;
  const told = `${provider} answered ${fault.status}: ${fault.message}`;
  if (fault.kind !== "auth") return told;
  return `${told} Check the key with \`lodestar provider test ${provider}\`, or replace it with \`lodestar provider add ${provider}\`.`;
}

/** What the client is told when the chain is spent: the last fault, and what else was tried. */
export function spentError(fault: Fault, records: readonly AttemptRecord[], metadata: JsonObject | null): ClientError {
  const error = clientErrorOf(fault);
  const tried = records.map((record) => `${record.target} (${record.outcome})`);
  const told = tellWho(fault, records.at(-1)?.target.split("/")[0]);
  const message =
    tried.length > 1 && FAULT_RULES[fault.kind].isFallbackAllowed
      ? `${told} Tried in this order: ${tried.join(", ")}.`
      : told;
  return {
    ...error,
    message,
    ...(metadata === null ? {} : { details: { ...error.details, lodestar_metadata: metadata } }),
  };
}
