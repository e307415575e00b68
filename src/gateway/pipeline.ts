import type { ClientError, Fault } from "../core/fault.ts";
import { makePlan, type PlanInput } from "../core/plan.ts";
import { answerHeaders, budgetHeaders, idHeaders, spentError, spentHeaders } from "./answer-headers.ts";
import { runAttempts } from "./attempts.ts";
import { visitCache } from "./cache-visit.ts";
import type { Answer, Call, Caller } from "./call.ts";
import type { Course } from "./course.ts";
import { metadataOf } from "./metadata.ts";
import type { Services } from "./services.ts";

/**
 * The path of every request on one screen: plan the targets, look in the cache, try them one by one, answer. Booking happens
 * at the cache and inside the attempts, exactly once each; only `settle.ts` prices and writes the ledger.
 */
export async function follow(course: Course, call: Call, services: Services): Promise<Answer> {
  const { requested } = course;
  const { task, caller, requestId } = call;
  const { allowedModels } = caller;
  const { coolingUntil, pausedBy } = services.health;
  const settings = services.settings();
  const names = namesFor(caller, services);
  const lookUp = { ...names, task, allowedModels, coolingUntil, pausedBy };
  const planFor = (name: string) => makePlan({ ...lookUp, requested: name }, services.clock.now());
  const plan = planFor(requested);
  if (!plan.ok) return refused(plan.error, requestId);

  const visiting = visitCache(course, call, plan.value, services);
  const visit = visiting instanceof Promise ? await visiting : visiting;
  if (visit.kind === "answered") return visit.answer;
  const job = { ...course, call, plan: plan.value, planFor, settings };
  const outcome = await visit.ask((exchange) => runAttempts({ ...job, exchange }, services));
  const { records } = outcome;
  const metadata = call.wantsMetadata ? metadataOf(requested, records, plan.value) : null;
  if (!outcome.ok) {
    const error = spentError(outcome.fault, records, metadata);
    const headers = { ...spentHeaders(call, records), ...budgetHeaders(call, services.budgets) };
    return { kind: "error", headers, error, fault: outcome.fault };
  }

  const { value, attempt } = outcome;
  const told = answerHeaders(call, attempt, records, value, services.clock.monotonic());
  const headers = { ...told, ...budgetHeaders(call, services.budgets), ...visit.header(), ...value.headers };
  if (typeof value.body === "string") return { kind: "reply", headers, body: value.body };
  return { kind: "stream", headers, body: value.body, ended: value.ended ?? Promise.resolve() };
}

/** Where the caller's names are looked up: the project's own before the user's, which alone say what a key's list means. */
function namesFor({ project }: Caller, services: Services): Pick<PlanInput, "directory" | "project"> {
  const view = services.project(project);
  const directory = services.directory();
  if (view === null) return { directory };
  return { directory: view.directory, project: { models: view.project.models, userDirectory: directory } };
}

function refused(error: ClientError, requestId: string): Answer {
  const fault: Fault = { kind: "unavailable", message: error.message };
  return { kind: "error", headers: idHeaders(requestId), error, fault };
}
