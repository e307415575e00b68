import type { ClientError, Fault } from "../core/fault.ts";
import { answerHeaders, budgetHeaders, idHeaders, spentError, spentHeaders } from "./answer-headers.ts";
import { visitCache } from "./cache-visit.ts";
import type { Answer, Call } from "./call.ts";
import { runCascade } from "./cascade/cascade.ts";
import type { Course } from "./course.ts";
import { metadataOf } from "./metadata.ts";
import { takeRoute } from "./routing/take-route.ts";
import type { Services } from "./services.ts";

/**
 * The path of every request on one screen: plan the targets, look in the cache, try them one by one, answer. Booking happens
 * at the cache and inside the attempts, exactly once each; only `settle.ts` prices and writes the ledger.
 */
export async function follow(asked: Course, from: Call, services: Services): Promise<Answer> {
  const settings = services.settings();
  const taken = takeRoute(asked, from, services);
  if (!taken.ok) return refused(taken.error, from.requestId);
  const { course, call, plan, planFor, routed } = taken.value;
  const routeHeaders = routed?.headers ?? {};

  const visiting = visitCache(course, call, plan, services);
  const visit = visiting instanceof Promise ? await visiting : visiting;
  if (visit.kind === "answered") return { ...visit.answer, headers: { ...visit.answer.headers, ...routeHeaders } };
  const job = { ...course, call, plan, planFor, settings };
  const outcome = await visit.ask((exchange) => runCascade({ ...job, exchange }, services));
  const { records } = outcome;
  const metadata = call.wantsMetadata ? metadataOf(course.requested, records, plan) : null;
  if (!outcome.ok) {
    const error = spentError(outcome.fault, records, metadata);
    const headers = { ...spentHeaders(call, records), ...routeHeaders, ...budgetHeaders(call, services.budgets) };
    return { kind: "error", headers, error, fault: outcome.fault };
  }

  const { value, attempt } = outcome;
  routed?.answered(attempt.planned.target);
  const told = answerHeaders(call, attempt, records, value, services.clock.monotonic());
  const budget = budgetHeaders(call, services.budgets);
  const headers = { ...told, ...routeHeaders, ...budget, ...visit.header(), ...value.headers };
  if (typeof value.body === "string") return { kind: "reply", headers, body: value.body };
  return { kind: "stream", headers, body: value.body, ended: value.ended ?? Promise.resolve() };
}

function refused(error: ClientError, requestId: string): Answer {
  const fault: Fault = { kind: "unavailable", message: error.message };
  return { kind: "error", headers: idHeaders(requestId), error, fault };
}
