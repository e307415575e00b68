import type { Settings } from "../config/settings.ts";
import type { BudgetRefusal } from "../core/budget/book.ts";
import type { Fault } from "../core/fault.ts";
import type { AttemptIntent } from "../core/ledger.ts";
import type { PlannedTarget } from "../core/plan.ts";
import { failure, type Result, success } from "../core/result.ts";
import { nextStep } from "../core/retry.ts";
import { targetName } from "../core/target.ts";
import { type Attempt, type Opening, openAttempt } from "./attempt.ts";
import { bugFault } from "./bug.ts";
import type { AttemptRecord, Call } from "./call.ts";
import { type Degradable, isSubstitute, withSubstitutes } from "./degrade.ts";
import { CLIENT_LEFT, STOPPING } from "./lifeline.ts";
import type { Services } from "./services.ts";

/** How one endpoint talks to one target. It settles what it wins; what it loses is booked by the loop. */
export type Exchange<Value> = (attempt: Attempt) => Promise<Result<Value, Fault>>;

/** What is tried, and by which rules of booking. */
export interface Job<Value> extends Degradable {
  readonly call: Call;
  /** Those the plan was made under. */
  readonly settings: Settings;
  readonly endpoint: AttemptIntent["endpoint"];
  readonly isStream: boolean;
  readonly exchange: Exchange<Value>;
  /** Whether a target may be asked now that others were; absent: every one. */
  readonly mayAsk?: (planned: PlannedTarget) => boolean;
}

/** The first answer, or the last fault; with every attempt on the way. */
export type Outcome<Value> = { readonly records: readonly AttemptRecord[] } & (
  | { readonly ok: true; readonly value: Value; readonly attempt: Attempt }
  | { readonly ok: false; readonly fault: Fault }
);

/** Waits between two tries, until the client leaves or the process stops. */
function pause(delayMs: number, call: Call, services: Services): Promise<void> {
  const signals = [call.signal, services.shutdown];
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      for (const signal of signals) signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = services.clock.after(delayMs, end);
    for (const signal of signals) signal.addEventListener("abort", end);
  });
}

/** Waits out the pause before another try; false when another request's fault paused the account meanwhile. */
async function waitToRetry(
  delayMs: number,
  { target }: PlannedTarget,
  call: Call,
  services: Services,
): Promise<boolean> {
  const known = services.health.coolingUntil(target.provider, target.account, target.model);
  await pause(delayMs, call, services);
  const until = services.health.coolingUntil(target.provider, target.account, target.model);
  return until === null || until === known;
}

/** Why nothing more is tried, whatever the last fault was. */
function endOf(call: Call, services: Services): Fault | null {
  if (call.signal.aborted) return CLIENT_LEFT;
  return services.shutdown.aborted ? STOPPING : null;
}

/** Nothing is asked that could not be billed. */
function unbookable(services: Services): Fault {
  const reason = services.ledger.health().lastError ?? "its queue is full";
  return {
    kind: "unavailable",
    message: `The ledger cannot be written (${reason}), so no model is asked. \`lodestar doctor\` says what to do.`,
  };
}

/** A bug in an exchange must not leave an attempt open: it becomes an `internal` fault, logged with its stack. */
async function runExchange<Value>(
  exchange: Exchange<Value>,
  attempt: Attempt,
  services: Services,
): Promise<Result<Value, Fault>> {
  try {
    return await exchange(attempt);
  } catch (error) {
    const fault = bugFault(error, attempt.intent.requestId, services.log);
    attempt.abort(fault);
    return failure(fault);
  }
}

/** The next target after `index` that may be asked, and whose account is not cooling down by now. */
function nextIndex(
  { plan, mayAsk }: Pick<Job<unknown>, "plan" | "mayAsk">,
  index: number,
  services: Services,
): number | null {
  for (let next = index + 1; next < plan.targets.length; next++) {
    const planned = plan.targets[next];
    if (planned === undefined || mayAsk?.(planned) === false) continue;
    const { provider, account, model } = planned.target;
    if (services.health.coolingUntil(provider, account, model) === null) return next;
  }
  return null;
}

function announceFallback(
  from: PlannedTarget,
  to: PlannedTarget,
  fault: Fault,
  job: Job<unknown>,
  services: Services,
): void {
  services.bus.emit({
    event: "fallback",
    at: services.clock.now(),
    requestId: job.call.requestId,
    from: targetName(from.target),
    to: targetName(to.target),
    fault: fault.kind,
    message: fault.message,
  });
}

/** Where in its plan a request is. */
interface Place {
  readonly index: number;
  /** 1 for the first try at this target. */
  readonly tryNumber: number;
}

/** One attempt that was lost. */
interface Loss {
  readonly place: Place;
  readonly planned: PlannedTarget;
  readonly fault: Fault;
  /** Its account was paused before this fault was counted: by another request. */
  readonly isPaused: boolean;
}

/** Where to go on after a loss, once it is time to; or the fault that ends the request. */
async function goOn<Value>(loss: Loss, job: Job<Value>, services: Services): Promise<Result<Place, Fault>> {
  const { call, plan, settings } = job;
  const { place, planned, fault, isPaused } = loss;
  const hasAlternative = nextIndex(job, place.index, services) !== null;
  const step = nextStep(fault, place.tryNumber, hasAlternative, settings.retries, services.clock.random());
  if (step.kind === "give-up") return failure(fault);
  const mayRetry = step.kind === "retry" && !isPaused && (await waitToRetry(step.delayMs, planned, call, services));
  const end = endOf(call, services);
  if (end !== null) return failure(end);
  if (mayRetry && job.mayAsk?.(planned) !== false)
    return success({ index: place.index, tryNumber: place.tryNumber + 1 });
  const following = nextIndex(job, place.index, services);
  const next = following === null ? undefined : plan.targets[following];
  if (following === null || next === undefined) return failure(fault);
  announceFallback(planned, next, fault, job, services);
  return success({ index: following, tryNumber: 1 });
}

/** A budget decided on the request: a free model answered in the place of another, or nobody did. */
function tellBudget(refusal: BudgetRefusal | null, end: PlannedTarget | Fault, call: Call, services: Services): void {
  if (refusal === null) return;
  if ("target" in end) {
    if (isSubstitute(end)) services.budgets.tell("degraded", refusal, call.requestId);
    return;
  }
  if (end.kind === "over-budget" || end.kind === "unpriced") services.budgets.tell("refused", refusal, call.requestId);
}

function openingOf<Value>(
  job: Job<Value>,
  planned: PlannedTarget,
  tryNumber: number,
  before: readonly AttemptRecord[],
): Opening {
  const { call, plan, settings, endpoint, isStream, demand } = job;
  const reason = tryNumber === 1 ? planned.reason : `${planned.reason}>retry`;
  const number = before.length + 1;
  const requestedModel = plan.requested;
  return { call, planned, number, endpoint, isStream, requestedModel, reason, plan, demand, before, settings };
}

/**
 * The one attempt engine under every endpoint: tries the plan's targets in order until one answers, retrying and falling
 * back as `core/retry.ts` decides from the fault. The exchange returns before any content reached the client, so falling
 * back is always still possible here.
 */
export async function runAttempts<Value>(first: Job<Value>, services: Services): Promise<Outcome<Value>> {
  const records: AttemptRecord[] = [];
  let job = first;
  let refusal: BudgetRefusal | null = null;
  let place: Place = { index: 0, tryNumber: 1 };
  for (;;) {
    const planned = job.plan.targets[place.index];
    if (planned === undefined) throw new Error("a plan has at least one target");
    const attempt = openAttempt(openingOf(job, planned, place.tryNumber, [...records]), services);
    if (attempt === null) return { ok: false, fault: unbookable(services), records };
    const { denial } = attempt;
    const result = denial === null ? await runExchange(job.exchange, attempt, services) : failure(denial.fault);
    if (result.ok) {
      tellBudget(refusal, planned, job.call, services);
      records.push(attempt.record("answered", null));
      return { ok: true, value: result.value, attempt, records };
    }
    const fault = attempt.explain(result.error);
    const { provider, account, model } = planned.target;
    const isPaused = services.health.coolingUntil(provider, account, model) !== null;
    attempt.lose(fault);
    records.push(attempt.record(fault.kind, fault.message));
    refusal = denial?.refusal ?? refusal;
    job = { ...job, plan: withSubstitutes(job, denial?.refusal ?? null, services) };
    const next = await goOn({ place, planned, fault, isPaused }, job, services);
    if (!next.ok) {
      tellBudget(refusal, next.error, job.call, services);
      return { ok: false, fault: next.error, records };
    }
    place = next.value;
  }
}
