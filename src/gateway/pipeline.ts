import type { ClientError, Fault } from "../core/fault.ts";
import type { AttemptIntent } from "../core/ledger.ts";
import { makePlan, type PlanInput } from "../core/plan.ts";
import { answerHeaders, idHeaders, spentError, spentHeaders } from "./answer-headers.ts";
import { type Exchange, runAttempts } from "./attempts.ts";
import type { Answer, Call, Caller, Won } from "./call.ts";
import { metadataOf } from "./metadata.ts";
import type { Services } from "./services.ts";

/** What is asked, and how one target is asked for it. */
export interface Course {
  readonly endpoint: AttemptIntent["endpoint"];
  readonly requested: string;
  readonly isStream: boolean;
  readonly exchange: Exchange<Won>;
}

/**
 * The path of every request on one screen: plan the targets, try them one by one, answer. Booking happens inside the
 * attempts, exactly once each; only `settle.ts` prices and writes the ledger.
 */
export async function follow(course: Course, call: Call, services: Services): Promise<Answer> {
  const { requested } = course;
  const { task, caller, requestId } = call;
  const { allowedModels } = caller;
  const { coolingUntil, pausedBy } = services.health;
  const settings = services.settings();
  const names = namesFor(caller, services);
  const lookUp = { ...names, requested, task, allowedModels, coolingUntil, pausedBy };
  const plan = makePlan(lookUp, services.clock.now());
  if (!plan.ok) return refused(plan.error, requestId);

  const outcome = await runAttempts({ ...course, call, plan: plan.value, settings }, services);
  const { records } = outcome;
  const metadata = call.wantsMetadata ? metadataOf(requested, records, plan.value) : null;
  if (!outcome.ok) {
    const error = spentError(outcome.fault, records, metadata);
    return { kind: "error", headers: spentHeaders(call, records), error, fault: outcome.fault };
  }

  const { value, attempt } = outcome;
  const headers = { ...answerHeaders(call, attempt, records, value, services.clock.monotonic()), ...value.headers };
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
