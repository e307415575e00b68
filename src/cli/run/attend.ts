import { classify } from "../../core/repair/classify.ts";
import { type CommandPurpose, purposeOf } from "../../core/repair/command-kind.ts";
import type { Failure } from "../../core/repair/failure-kind.ts";
import { editDistance } from "../../core/suggest.ts";
import type { StopReason } from "../../features/repair/event.ts";
import { git, type Project } from "../../features/repair/git.ts";
import type { RepairEnd } from "../../features/repair/loop.ts";
import { patchText } from "../../features/repair/patch-text.ts";
import { passExitCode } from "../../terminal/exit-code.ts";
import { type CliProblem, renderProblem } from "../../terminal/problem.ts";
import type { CliHost, Outcome } from "../command.ts";
import { type HealWish, heal } from "./heal.ts";
import type { Journal } from "./journal.ts";
import type { WatchedRun } from "./program.ts";
import { settle } from "./settle.ts";
import { costWords, failureWords, say } from "./words.ts";

/** A command that failed, and what may be done about it. */
export interface Attendance {
  readonly wish: Omit<HealWish, "purpose">;
  readonly purpose: CommandPurpose | null;
  readonly first: WatchedRun;
  readonly isYes: boolean;
  readonly journal: Journal;
  /** Runs the command once more, in the user's place. */
  again(): Promise<WatchedRun | null>;
}

/** Names of the project's own modules: files without their endings, and folders. */
function moduleNames({ root, isRepository }: Project): ReadonlySet<string> {
  const listed = isRepository ? git(root, ["ls-files", "-co", "--exclude-standard"]) : null;
  const paths = listed === null ? [...new Bun.Glob("*").scanSync({ cwd: root, onlyFiles: false })] : listed.split("\n");
  return new Set(paths.flatMap((path) => path.split("/").map((part) => part.replace(/\.\w+$/, ""))));
}

/** Whether a module that is not found is meant to be one of the project: the same name, or one slip away from it. */
function isOwnModule(project: Project): (module: string) => boolean {
  const names = moduleNames(project);
  return (module) => {
    const top = module.split(/[./]/).find((part) => part !== "") ?? "";
    return (
      names.has(top) || (top.length > 3 && [...names].some((name) => name.length > 3 && editDistance(name, top) === 1))
    );
  };
}

function stop(
  { journal, wish }: Attendance,
  host: CliHost,
  reason: StopReason,
  message: string,
  words = message,
): void {
  journal.emit({ event: "stopped", reason, message });
  if (!wish.args.json) say(host.terminal, words);
}

/** Runs a recognised command once more; whether it passes now. */
async function passesAgain(host: CliHost, attendance: Attendance): Promise<boolean> {
  const run = await attendance.again();
  if (run === null) return false;
  attendance.journal.emit({ event: "rerun", exitCode: run.exitCode, tookMs: run.tookMs });
  if (run.exitCode !== 0) return false;
  stop(attendance, host, "flaky", "it failed once and passes now, with nothing changed: it is flaky");
  return true;
}

function finish(attendance: Attendance, exitCode: number, end: RepairEnd | null, startedAt: number): void {
  const { costUsd, isCostKnown, tokens } = end?.spent ?? { costUsd: 0, isCostKnown: true, tokens: 0 };
  const tookMs = Math.round(performance.now() - startedAt);
  attendance.journal.emit({
    event: "finished",
    exitCode,
    attempts: end?.attempts ?? 0,
    costUsd,
    isCostKnown,
    tokens,
    tookMs,
  });
}

/** What is not tried to be repaired, and why; null where a repair may be looked for. */
async function withoutRepair(
  host: CliHost,
  attendance: Attendance,
  failure: Failure,
): Promise<"passes" | "stays" | null> {
  const { purpose } = attendance;
  if (failure.kind === "network" && purpose !== null && (await passesAgain(host, attendance))) return "passes";
  if (failure.isEnvironment) {
    stop(
      attendance,
      host,
      "environment",
      `${failure.kind}: the machine is at fault, not the code`,
      "nothing in the code to repair",
    );
    return "stays";
  }
  if (purpose !== null) return null;
  const words =
    "not recognised as a test, a lint or a build, so it is not run again; --as test|lint|build says that it is one";
  stop(attendance, host, "not_recognised", words);
  return "stays";
}

async function offer(host: CliHost, attendance: Attendance, end: RepairEnd, startedAt: number): Promise<Outcome> {
  const { wish, journal, first, isYes } = attendance;
  const patch = patchText(end.changes ?? []);
  journal.emit({ event: "repaired", attempt: end.attempts, model: end.model ?? "", patch });
  const { json: isJson } = wish.args;
  const settled = await settle(
    host,
    { root: wish.project.root, changes: end.changes ?? [], patch, isYes, isJson },
    journal,
  );
  const exitCode = settled === true ? 0 : first.exitCode;
  finish(attendance, exitCode, end, startedAt);
  if (typeof settled === "object") return withCode(host, settled, first.exitCode, isJson);
  const spent = costWords(end.spent.costUsd, end.spent.isCostKnown, end.attempts, performance.now() - startedAt);
  if (settled && !isJson)
    say(host.terminal, `repaired by ${end.model} (${spent}); undo: lodestar run undo ${journal.place.id}`);
  return passExitCode(exitCode);
}

/** Shows a problem and yet ends with the command's own code: it is the command that was asked for. */
function withCode({ terminal }: CliHost, problem: CliProblem, exitCode: number, isJson: boolean): Outcome {
  if (!isJson) terminal.talk(renderProblem(problem, terminal.talkStyle));
  return passExitCode(exitCode);
}

async function tryToHeal(
  host: CliHost,
  attendance: Attendance,
  purpose: CommandPurpose,
  startedAt: number,
): Promise<Outcome> {
  const { wish, journal, first } = attendance;
  const healed = await heal(host, { ...wish, purpose }, journal);
  if (!healed.ok) {
    journal.emit({ event: "stopped", reason: "no_model", message: healed.error.message });
    finish(attendance, first.exitCode, null, startedAt);
    return withCode(host, healed.error, first.exitCode, wish.args.json);
  }
  const end = healed.value;
  if (end.changes !== null) return offer(host, attendance, end, startedAt);
  if (end.stop?.reason === "not_reproduced" && (await passesAgain(host, attendance))) {
    finish(attendance, 0, end, startedAt);
    return passExitCode(0);
  }
  if (end.stop !== null) stop(attendance, host, end.stop.reason, end.stop.message, `not repaired: ${end.stop.message}`);
  finish(attendance, first.exitCode, end, startedAt);
  if (end.attempts === 0 && end.problem !== null) return withCode(host, end.problem, first.exitCode, wish.args.json);
  const spent = costWords(end.spent.costUsd, end.spent.isCostKnown, end.attempts, performance.now() - startedAt);
  if (!wish.args.json)
    say(host.terminal, `your files are as they were (${spent}); transcript: lodestar run show ${journal.place.id}`);
  return passExitCode(first.exitCode);
}

/** Looks after a command that failed: tells why, and repairs what code can repair. Ends with the command's code, or 0 after a repair. */
export async function attend(host: CliHost, attendance: Attendance): Promise<Outcome> {
  const { wish, journal, first } = attendance;
  const startedAt = performance.now();
  const failure = classify(first, isOwnModule(wish.project));
  const { kind, subject, line, isEnvironment, fix } = failure;
  journal.emit({ event: "classified", kind, subject, line, isEnvironment, fix, purpose: attendance.purpose });
  if (!wish.args.json) say(host.terminal, failureWords(failure));
  const done = await withoutRepair(host, attendance, failure);
  if (done !== null) {
    const exitCode = done === "passes" ? 0 : first.exitCode;
    finish(attendance, exitCode, null, startedAt);
    return passExitCode(exitCode);
  }
  return tryToHeal(host, attendance, attendance.purpose ?? "test", startedAt);
}

/** What a command is for, as it was said or as it is recognised. */
export function purposeFor(command: readonly string[], said: CommandPurpose | undefined): CommandPurpose | null {
  return said ?? purposeOf(command);
}
