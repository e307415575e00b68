import { EXIT_CODES, type ExitCode } from "./exit-code.ts";
import type { Colours } from "./terminal.ts";

/** A failure told to a person: what happened, how to fix it, a stable code, and what the process ends with. */
export interface CliProblem {
  /** Stable machine code in snake case, e.g. `port_in_use`. */
  readonly code: string;
  /** What, where and why, in one or a few lines. */
  readonly message: string;
  /** What to do about it: a command, or the line to change. */
  readonly fix?: string;
  readonly exitCode: ExitCode;
  /** Facts a command may act on, e.g. the port that is taken. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** A problem with the command line itself (exit code 2). */
export function usageProblem(code: string, message: string, fix?: string): CliProblem {
  return { code, message, exitCode: EXIT_CODES.usage, ...(fix === undefined ? {} : { fix }) };
}

/** A plain failure (exit code 1). */
export function failureProblem(code: string, message: string, fix?: string): CliProblem {
  return { code, message, exitCode: EXIT_CODES.failure, ...(fix === undefined ? {} : { fix }) };
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

/** A problem as lines for stderr: the message, the fix, the code. */
export function renderProblem(problem: CliProblem, style: Colours): string {
  const lines = [`${style.red(style.bold("error"))}: ${indent(problem.message)}`];
  if (problem.fix !== undefined) lines.push(`  ${style.green("fix")}: ${indent(problem.fix)}`);
  lines.push(style.dim(`  code: ${problem.code}`));
  return lines.join("\n");
}

/** A problem as one line of JSON, for callers that asked for `--json`. */
export function problemJson(problem: CliProblem): string {
  const { code, message, fix, exitCode } = problem;
  return JSON.stringify({ error: { code, message, fix: fix ?? null, exitCode } });
}
