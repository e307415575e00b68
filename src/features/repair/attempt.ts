import type { CommandEnd } from "../../core/repair/classify.ts";
import { classify } from "../../core/repair/classify.ts";
import type { CommandPurpose } from "../../core/repair/command-kind.ts";
import type { EditFormat, FileChange } from "../../core/repair/edit.ts";
import { fingerprintOf } from "../../core/repair/fingerprint.ts";
import { parseAnswer } from "../../core/repair/parse-answer.ts";
import { planEdits } from "../../core/repair/plan-edits.ts";
import { formatFor, repairMessages, type ShownFile, type TriedEdit } from "../../core/repair/prompt.ts";
import { lostTests, type TestTally, tallyOf } from "../../core/repair/test-tally.ts";
import type { RunEvent } from "./event.ts";
import type { CommandRun } from "./run-command.ts";
import type { Sandbox } from "./sandbox.ts";

/** The failure that is to be repaired, as it shows in the sandbox. */
export interface Target {
  readonly command: readonly string[];
  readonly purpose: CommandPurpose;
  readonly run: CommandRun;
  readonly tally: TestTally | null;
  /** Other commands that passed before any edit, and must pass with one. */
  readonly checks: readonly string[];
}

/** What came of an answer. */
export type AttemptEnd =
  | { readonly kind: "repaired"; readonly changes: readonly FileChange[] }
  /** The edits were not taken, or did not do. `fingerprint` names how. */
  | { readonly kind: "failed"; readonly fingerprint: string; readonly result: string; readonly isApplied: boolean };

/** The messages for the next attempt. */
export function questionFor(
  target: Target,
  files: readonly ShownFile[],
  tried: readonly TriedEdit[],
  wish: { readonly model: string; readonly format: EditFormat | null },
) {
  const { command, run } = target;
  const format = wish.format ?? formatFor(wish.model, files);
  const end: CommandEnd = run;
  const messages = repairMessages({
    command,
    exitCode: run.exitCode,
    failure: classify(end),
    output: run.output,
    files,
    tried,
    format,
  });
  return { messages, format };
}

function outcome(target: Target, changes: readonly FileChange[], run: CommandRun, lost: string | null): AttemptEnd {
  if (run.exitCode === 0 && !run.isTimedOut && lost === null) return { kind: "repaired", changes };
  const diffs = changes.map(({ path, after }) => `${path} became:\n${after.slice(0, 2_000)}`).join("\n");
  const how = run.isTimedOut ? "the command did not end in its time" : `the command ended with ${run.exitCode}`;
  const words = lost === null ? `${how}:\n${run.output.slice(-2_000)}` : `the command ended well, but ${lost}`;
  const fingerprint = run.isTimedOut
    ? `timeout:${target.command.join(" ")}`
    : lost === null
      ? fingerprintOf(run.output)
      : `lost:${lost}`;
  return { kind: "failed", fingerprint, result: `${diffs}\n${words}`, isApplied: true };
}

/** Where an attempt is made, and for how long. */
export interface AttemptPlace {
  readonly sandbox: Sandbox;
  readonly allowTests: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly attempt: number;
  emit(event: RunEvent): void;
}

/** Those of some commands that pass, each a line for the shell. */
export async function passing(
  lines: readonly string[],
  { sandbox, timeoutMs, signal }: Pick<AttemptPlace, "sandbox" | "timeoutMs" | "signal">,
): Promise<readonly string[]> {
  const passed: string[] = [];
  for (const line of lines) {
    const run = await sandbox.run(["sh", "-c", line], timeoutMs, signal);
    if (run.exitCode === 0 && !run.isTimedOut) passed.push(line);
  }
  return passed;
}

/** What passed before an edit and does not with it, though the command ends well; null where nothing is lost. */
async function lostBy(target: Target, run: CommandRun, place: AttemptPlace): Promise<string | null> {
  const tests = target.purpose === "test" ? lostTests(target.tally, tallyOf(run.output)) : null;
  if (tests !== null) return tests;
  const still = await passing(target.checks, place);
  const broken = target.checks.find((line) => !still.includes(line));
  return broken === undefined ? null : `${JSON.stringify(broken)} passed before and fails now`;
}

/** Tries an answer in a fresh sandbox: its edits, all or none, and the command again. */
export async function tryAnswer(
  answer: string,
  target: Target,
  files: readonly ShownFile[],
  place: AttemptPlace,
): Promise<AttemptEnd> {
  const { sandbox, allowTests, attempt, emit } = place;
  const open = files.filter(({ isOpen }) => isOpen);
  const parsed = parseAnswer(answer, open.length === 1 ? (open[0]?.path ?? "") : "");
  const ground = { allowTests, read: sandbox.read, paths: sandbox.paths };
  const planned = parsed.ok ? planEdits(parsed.value, ground) : parsed;
  if (!planned.ok) {
    const { code, message } = planned.error;
    emit({ event: "refused", attempt, code, message });
    return {
      kind: "failed",
      fingerprint: `${code}: ${message}`,
      result: `the edits were not taken: ${message}`,
      isApplied: false,
    };
  }
  sandbox.write(planned.value);
  const run = await sandbox.run(target.command, place.timeoutMs, place.signal);
  const lost = run.exitCode === 0 && !run.isTimedOut ? await lostBy(target, run, place) : null;
  const end = outcome(target, planned.value, run, lost);
  const fingerprint = end.kind === "failed" ? end.fingerprint : "";
  const changed = planned.value.map(({ path }) => path);
  emit({ event: "tried", attempt, exitCode: run.exitCode, fingerprint, tookMs: run.tookMs, files: changed, lost });
  return end;
}
