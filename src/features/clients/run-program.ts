import { failure, type Result, success } from "../../core/result.ts";
import { errorText } from "../../host/private-file.ts";
import { EXIT_CODES, endCode } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";

/** A program to run in the user's place. */
export interface Program {
  /** Path and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether Ctrl-C reaches it by itself: on a terminal it goes to the whole foreground group. */
  readonly isOnTerminal: boolean;
}

function start(program: Program): Result<Bun.Subprocess, CliProblem> {
  const { command, cwd, environment } = program;
  try {
    return success(Bun.spawn([...command], { cwd, env: environment, stdio: ["inherit", "inherit", "inherit"] }));
  } catch (error) {
    return failure({
      code: "client_not_startable",
      message: `${command[0] ?? ""} cannot be started: ${errorText(error)}`,
      fix: "try it by itself first; a script needs the program that its first line names",
      exitCode: EXIT_CODES.notStartable,
    });
  }
}

/**
 * Runs a program with our standard input, output and error, passes signals on and returns its exit code: 128 and the
 * signal's number where a signal ended it, as shells do. `onSignal` calls back at every signal of ours until its result
 * is called.
 */
export async function runProgram(
  program: Program,
  onSignal: (listener: (name: NodeJS.Signals) => void) => () => void,
): Promise<Result<number, CliProblem>> {
  const started = start(program);
  if (!started.ok) return started;
  const child = started.value;
  const release = onSignal((name) => {
    if (name !== "SIGINT" || !program.isOnTerminal) child.kill(name);
  });
  try {
    const code = await child.exited;
    return success(endCode(code, child.signalCode));
  } finally {
    release();
  }
}
