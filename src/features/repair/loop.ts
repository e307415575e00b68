import type { ModelAnswer, ModelPort } from "../../core/model-port.ts";
import type { CommandPurpose } from "../../core/repair/command-kind.ts";
import type { EditFormat, FileChange } from "../../core/repair/edit.ts";
import { fingerprintOf } from "../../core/repair/fingerprint.ts";
import type { TriedEdit } from "../../core/repair/prompt.ts";
import { tallyOf } from "../../core/repair/test-tally.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { allowance, askWithin, type Limits, type Spent, tokensOf, type WorstCase } from "./ask.ts";
import { type AttemptEnd, passing, questionFor, type Target, tryAnswer } from "./attempt.ts";
import { shownFiles } from "./context.ts";
import type { RunEvent, StopReason } from "./event.ts";
import { type TreeState, touchedSince, treeState } from "./guard.ts";
import { openSandbox, type Sandbox, type SandboxPlan } from "./sandbox.ts";

/** What is to be repaired, and how. */
export interface RepairPlan {
  readonly command: readonly string[];
  readonly purpose: CommandPurpose;
  readonly sandbox: SandboxPlan;
  /** Asked in this order: the next one only where one failed. */
  readonly models: readonly string[];
  readonly format: EditFormat | null;
  readonly allowTests: boolean;
  /** Lines for the shell: those that pass before any edit must pass with it. */
  readonly checks: readonly string[];
  readonly limits: Limits;
}

/** The world of a repair. */
export interface RepairPorts {
  readonly models: ModelPort<CliProblem>;
  readonly worstCase: WorstCase;
  emit(event: RunEvent): void;
  /** Removes secrets from what is sent. */
  redact(text: string): string;
  /** Monotonic milliseconds. */
  now(): number;
}

/** An answer, and how it did. */
export interface Judged {
  readonly requestId: string;
  readonly isApplied: boolean;
  readonly isRepair: boolean;
}

/** How a repair ended. Nothing of it is in the user's tree. */
export interface RepairEnd {
  /** Null where there is none. */
  readonly changes: readonly FileChange[] | null;
  readonly model: string | null;
  readonly attempts: number;
  readonly stop: { readonly reason: StopReason; readonly message: string } | null;
  readonly spent: Spent;
  readonly judged: readonly Judged[];
  /** The last failure of a model that could not be asked; null where none was. */
  readonly problem: CliProblem | null;
}

/** The running state of a repair. */
interface State {
  readonly spent: Spent;
  readonly judged: Judged[];
  readonly tried: TriedEdit[];
  readonly seen: Set<string>;
  readonly endsAt: number;
  attempts: number;
  /** Which of the models is asked. */
  at: number;
  problem: CliProblem | null;
  /** The user's own files before anything was tried. */
  readonly tree: TreeState;
}

/** One model's turn: how it ended, or why nobody is asked any more. */
type Turn =
  | { readonly kind: "repaired"; readonly changes: readonly FileChange[]; readonly model: string }
  | { readonly kind: "again" }
  | { readonly kind: "next" }
  | { readonly kind: "stop"; readonly reason: StopReason; readonly message: string };

/** An answer may take this long. Milliseconds. */
const MOST_ANSWER_MS = 300_000;

/** Runs the command in a fresh sandbox without any edit: only what fails there too can be repaired there. */
async function reproduce(plan: RepairPlan, ports: RepairPorts): Promise<Result<Target | null, CliProblem>> {
  const sandbox = await openSandbox(plan.sandbox);
  if (!sandbox.ok) return sandbox;
  try {
    const run = await sandbox.value.run(plan.command, plan.limits.timeoutMs, plan.sandbox.signal);
    const fingerprint = fingerprintOf(run.output);
    ports.emit({ event: "reproduced", fingerprint, exitCode: run.exitCode, files: sandbox.value.paths.length });
    if (run.exitCode === 0 && !run.isTimedOut) return success(null);
    const place = { sandbox: sandbox.value, timeoutMs: plan.limits.timeoutMs, signal: plan.sandbox.signal };
    const checks = await passing(plan.checks, place);
    return success({ command: plan.command, purpose: plan.purpose, run, tally: tallyOf(run.output), checks });
  } finally {
    await sandbox.value.close();
  }
}

function book(state: State, answer: ModelAnswer, characters: number): number {
  const tokens = tokensOf(answer, characters);
  state.spent.tokens += tokens;
  state.spent.costUsd += answer.costUsd ?? 0;
  if (answer.costUsd === null) state.spent.isCostKnown = false;
  return tokens;
}

async function ask(plan: RepairPlan, ports: RepairPorts, state: State, target: Target, sandbox: Sandbox) {
  const model = plan.models[state.at] ?? "";
  const { command, allowTests, sandbox: place } = plan;
  const files = shownFiles({
    project: place.project,
    sandbox,
    command,
    output: target.run.output,
    allowTests,
    redact: ports.redact,
  });
  const { messages, format } = questionFor(target, files, state.tried, { model, format: plan.format });
  const sent = messages.map(({ role, content }) => ({ role, content: ports.redact(content) }));
  const characters = sent.reduce((sum, { content }) => sum + content.length, 0);
  const allowed = allowance(state.spent, plan.limits, { model, characters, worstCase: ports.worstCase });
  if ("reason" in allowed) return { kind: "stop", ...allowed } as const;
  const attempt = state.attempts + 1;
  ports.emit({ event: "asked", attempt, model, format, shown: files.map(({ path }) => path) });
  const question = {
    model,
    messages: sent,
    maxOutputTokens: allowed.tokens,
    temperature: state.tried.length === 0 ? 0 : 0.4,
    task: "bug_fix",
  };
  const timeMs = Math.min(MOST_ANSWER_MS, state.endsAt - ports.now());
  const answer = await askWithin(ports.models, question, timeMs, place.signal);
  return { kind: "answer", answer, files, characters } as const;
}

/** What follows an attempt that failed: the same failure a second time means another model. */
function afterFailure(state: State, end: Extract<AttemptEnd, { kind: "failed" }>, model: string): Turn {
  const isRepeated = state.seen.has(end.fingerprint);
  state.seen.add(end.fingerprint);
  state.tried.push({ attempt: state.attempts, model, result: end.result });
  return { kind: isRepeated ? "next" : "again" };
}

async function takeTurn(plan: RepairPlan, ports: RepairPorts, state: State, target: Target): Promise<Turn> {
  const opened = await openSandbox(plan.sandbox);
  if (!opened.ok) return { kind: "stop", reason: "no_copy", message: opened.error.message };
  const sandbox = opened.value;
  try {
    const asked = await ask(plan, ports, state, target, sandbox);
    if (asked.kind === "stop") return asked;
    const { answer, files, characters } = asked;
    if (!answer.ok) {
      state.problem = answer.error;
      ports.emit({
        event: "skipped",
        model: plan.models[state.at] ?? "",
        code: answer.error.code,
        message: answer.error.message,
      });
      return { kind: "next" };
    }
    state.attempts += 1;
    const { model, requestId, costUsd, text } = answer.value;
    const tokens = book(state, answer.value, characters);
    ports.emit({
      event: "answered",
      attempt: state.attempts,
      model,
      requestId,
      costUsd,
      tokens,
      text: ports.redact(text),
    });
    const timeoutMs = Math.max(1, Math.min(plan.limits.timeoutMs, state.endsAt - ports.now()));
    const place = {
      sandbox,
      allowTests: plan.allowTests,
      timeoutMs,
      signal: plan.sandbox.signal,
      attempt: state.attempts,
      emit: ports.emit,
    };
    const end = await tryAnswer(text, target, files, place);
    const isRepair = end.kind === "repaired";
    state.judged.push({ requestId, isApplied: end.kind === "repaired" || end.isApplied, isRepair });
    return end.kind === "repaired" ? { ...end, model } : afterFailure(state, end, model);
  } finally {
    await sandbox.close();
  }
}

function outOfModels(state: State): Extract<Turn, { kind: "stop" }> {
  if (state.attempts === 0 && state.problem !== null) {
    return { kind: "stop", reason: "no_model", message: `no model could be asked: ${state.problem.message}` };
  }
  return {
    kind: "stop",
    reason: "repeated",
    message: "the failure is the same again, and there is no other model to ask",
  };
}

/** Whether another turn may be taken; why not, if not. */
function limitOf(plan: RepairPlan, ports: RepairPorts, state: State): Extract<Turn, { kind: "stop" }> | null {
  if (state.attempts >= plan.limits.attempts) {
    return { kind: "stop", reason: "attempts", message: `none of ${state.attempts} attempts repaired it` };
  }
  if (ports.now() >= state.endsAt)
    return { kind: "stop", reason: "time", message: `${Math.round(plan.limits.wallMs / 1_000)} s are over` };
  return state.at >= plan.models.length ? outOfModels(state) : null;
}

function stateOf({ sandbox: { project, stateDir } }: RepairPlan): TreeState {
  return treeState(project, [stateDir]);
}

/** What was run can write where it likes: that is seen, and ends the repair. */
function touchedWords(paths: readonly string[]): string {
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : "";
  return `files of yours changed while edits were tried in a copy (${paths.slice(0, 5).join(", ")}${more}): by you, or by what was run; nothing is proposed`;
}

async function turns(
  plan: RepairPlan,
  ports: RepairPorts,
  state: State,
  target: Target,
): Promise<Exclude<Turn, { kind: "again" | "next" }>> {
  for (;;) {
    const limit = limitOf(plan, ports, state);
    if (limit !== null) return limit;
    const turn = await takeTurn(plan, ports, state, target);
    const touched = touchedSince(state.tree, stateOf(plan));
    if (touched.length > 0) return { kind: "stop", reason: "touched", message: touchedWords(touched) };
    if (turn.kind === "next") state.at += 1;
    else if (turn.kind !== "again") return turn;
  }
}

/**
 * Repairs what a command fails of, in throw-away copies: the tree of the user is only read. Each attempt starts from that tree
 * afresh, so that what an attempt did beside its edits is gone, and what is proposed is exactly what passed.
 */
export async function repair(plan: RepairPlan, ports: RepairPorts): Promise<Result<RepairEnd, CliProblem>> {
  const endsAt = ports.now() + plan.limits.wallMs;
  const tree = stateOf(plan);
  const target = await reproduce(plan, ports);
  if (!target.ok) return failure(target.error);
  const state: State = {
    spent: { costUsd: 0, isCostKnown: true, tokens: 0 },
    judged: [],
    tried: [],
    seen: new Set(),
    endsAt,
    attempts: 0,
    at: 0,
    problem: null,
    tree,
  };
  const about = (): Omit<RepairEnd, "changes" | "model" | "stop"> => {
    const { attempts, spent, judged, problem } = state;
    return { attempts, spent, judged, problem };
  };
  if (target.value === null) {
    const message =
      "it passes in a copy of the project: the failure depends on chance, or on what only the first place has";
    return success({ ...about(), changes: null, model: null, stop: { reason: "not_reproduced", message } });
  }
  state.seen.add(
    target.value.run.isTimedOut ? `timeout:${plan.command.join(" ")}` : fingerprintOf(target.value.run.output),
  );
  const end = await turns(plan, ports, state, target.value);
  if (end.kind === "repaired") return success({ ...about(), changes: end.changes, model: end.model, stop: null });
  return success({ ...about(), changes: null, model: null, stop: { reason: end.reason, message: end.message } });
}
