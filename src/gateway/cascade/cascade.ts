import type { Fault } from "../../core/fault.ts";
import type { Plan } from "../../core/plan.ts";
import { success } from "../../core/result.ts";
import type { CascadeSettings } from "../../core/routing/verify/cascade-settings.ts";
import { failedNames } from "../../core/routing/verify/evidence-note.ts";
import { targetName } from "../../core/target.ts";
import { type Exchange, type Outcome, runAttempts } from "../attempts.ts";
import type { ChatCall, Won } from "../call.ts";
import { isAutoFor } from "../routing/plan-for.ts";
import type { Services } from "../services.ts";
import { createAttemptGate } from "./attempt-gate.ts";
import { createRejections } from "./rejections.ts";
import { type CascadeJob, mayAsk, type Run } from "./run.ts";

/** What became of the checks: `passed; checks=…`, `failed; reason=…`, `no; reason=streamed`. */
const HEADER = "x-lodestar-verified";

/** Other words for `auto` mean it here too. */
function isNamed(requested: string, { caller }: ChatCall, names: readonly string[], services: Services): boolean {
  return names.includes(requested) || (names.includes("auto") && isAutoFor(requested, caller.project, services));
}

/** Whether answers to a chat are checked, and somebody else could be asked. */
export function isCascaded(call: ChatCall, plan: Plan, cascade: CascadeSettings, services: Services): boolean {
  if (cascade.mode === "off" || !isNamed(plan.requested, call, cascade.names, services)) return false;
  const [first] = plan.targets;
  if (first === undefined || call.request.messages.length === 0) return false;
  if (cascade.first === "local" && !first.isLocal) return false;
  return plan.targets.some(({ target }) => targetName(target) !== targetName(first.target));
}

/** One request in the cascade; null where its answers are not checked. */
function runFor(job: CascadeJob, services: Services): Run | null {
  const { chat: call, plan, settings } = job;
  const { cascade } = settings.routing;
  if (call === undefined || !isCascaded(call, plan, cascade, services)) return null;
  const deadline = services.clock.monotonic() + cascade.maxMs;
  return { job, call, cascade, services, rejections: createRejections(), deadline, isOver: false, judgements: 0 };
}

function timeUp({ cascade }: Run): Fault {
  const message = `The verified cascade's time (${Math.round(cascade.maxMs / 1_000)} s) is up; the best answer so far is given.`;
  return { kind: "timeout", phase: "total", afterMs: cascade.maxMs, message };
}

/** Where there is an answer to give, the time for a better one is limited. */
function limitTime(run: Run, abort: (fault: Fault) => void): () => void {
  const { rejections, services, deadline } = run;
  if (rejections.best === null) return () => undefined;
  return services.clock.after(Math.max(0, deadline - services.clock.monotonic()), () => abort(timeUp(run)));
}

function exchangeOf(run: Run): Exchange<Won> {
  return async (attempt) => {
    const gate = createAttemptGate(run, attempt);
    attempt.gate = gate;
    attempt.isEscalated = run.rejections.count > 0;
    const cancel = limitTime(run, attempt.abort);
    try {
      const result = await run.job.exchange(attempt);
      if (!result.ok) return result;
      return success({ ...result.value, headers: { ...result.value.headers, [HEADER]: gate.told() } });
    } finally {
      cancel();
    }
  };
}

/** The best of the rejected answers, where no better one came: an answer with a warning, never an error of ours. */
function conclude(outcome: Outcome<Won>, { rejections, call, services }: Run): Outcome<Won> {
  const { best } = rejections;
  if (outcome.ok || best === null || outcome.fault.kind === "client-left") return outcome;
  const { answer, attempt, verdict } = best;
  call.progress.target = attempt.planned;
  const told = `failed; reason=${failedNames(verdict).join(",")}${rejections.told()}`;
  const headers = { ...answer.headers, [HEADER]: told };
  const waitedMs = services.clock.monotonic() - attempt.startedAt;
  return { ok: true, value: { ...answer, headers, waitedMs }, attempt, records: outcome.records };
}

/**
 * The attempts of a request, and where its configuration says so, a check of every answer before the client gets it: one that
 * fails is booked with what it cost and marked as rejected, and the next model of the plan is asked, told what was wrong. Within
 * its limits of number, time and money; then the best answer is given, and a header says that it failed.
 */
export async function runCascade(job: CascadeJob, services: Services): Promise<Outcome<Won>> {
  const run = runFor(job, services);
  if (run === null) return runAttempts(job, services);
  const checked = { ...job, exchange: exchangeOf(run), mayAsk: mayAsk.bind(null, run) };
  return conclude(await runAttempts(checked, services), run);
}
