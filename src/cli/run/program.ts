import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { createTail, endGroup } from "../../features/repair/run-command.ts";
import { EXIT_CODES, endCode } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import type { Environment, Terminal } from "../../terminal/terminal.ts";
import type { SignalName } from "../command.ts";

/** How the user's own run of a command ended. */
export interface WatchedRun {
  readonly exitCode: number;
  readonly output: string;
  readonly isTimedOut: boolean;
  /** A signal of the user's was passed on to it: then it is not the command that failed. */
  readonly isInterrupted: boolean;
  readonly tookMs: number;
}

/** How a command is run in the user's place. */
export interface WatchedCommand {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Environment;
  /** Null: it may take as long as it likes. */
  readonly timeoutMs: number | null;
  /** Gets its output as it comes. */
  take(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> | void;
  /** Calls back at every signal of ours until its result is called. */
  onSignal(listener: (name: SignalName) => void): () => void;
  readonly isOnTerminal: boolean;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The names of programs on a PATH. */
function programNames(path: string): readonly string[] {
  return path.split(delimiter).flatMap((folder) => {
    try {
      return readdirSync(folder);
    } catch {
      // A folder of the PATH that is not there.
      return [];
    }
  });
}

function notFound(word: string, path: string): CliProblem {
  const message = `there is no command ${JSON.stringify(plainText(word))}.${didYouMean(word, new Set(programNames(path)))}`;
  const fix = word.includes(" ")
    ? "give the words one by one: lodestar run -- npm test"
    : "install it, or correct the PATH";
  return { code: "command_not_found", message, fix, exitCode: EXIT_CODES.notInstalled };
}

/** Why a program that is there cannot be started; null where it can. */
function unstartable(path: string, word: string): CliProblem | null {
  const told = (why: string): CliProblem => ({
    code: "command_not_startable",
    message: `${plainText(word)} cannot be started: ${why}`,
    fix: "chmod +x it, or name its interpreter",
    exitCode: EXIT_CODES.notStartable,
  });
  try {
    if (statSync(path).isDirectory()) return told("it is a folder");
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return told(errorText(error));
  }
}

/** The program that a word names, as a shell finds it. */
export function findProgram(word: string, cwd: string, environment: Environment): Result<string, CliProblem> {
  const path = environment.PATH ?? "";
  if (word.includes("/")) {
    const file = resolve(cwd, word);
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return failure(notFound(word, path));
    const wrong = unstartable(file, word);
    return wrong === null ? success(file) : failure(wrong);
  }
  const found = Bun.which(word, { PATH: path, cwd });
  return found === null ? failure(notFound(word, path)) : success(found);
}

/** Programs write to a pipe here and would leave out their colours: they are told that a person reads. */
function coloured(environment: Environment, terminal: Terminal): Record<string, string> {
  const kept = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const isWanted = terminal.isOutTty && (environment.NO_COLOR ?? "") === "" && environment.TERM !== "dumb";
  const colours = { FORCE_COLOR: "1", CLICOLOR_FORCE: "1", PY_COLORS: "1", CARGO_TERM_COLOR: "always" };
  return { ...(isWanted ? colours : {}), ...Object.fromEntries(kept) };
}

async function pass(
  stream: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => Promise<void> | void,
  add: (text: string) => void,
) {
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    add(decoder.decode(bytes, { stream: true }));
    await take(bytes);
  }
}

/** Runs a command in the user's place, with the user's own input, its output passed on byte for byte as it comes. */
export async function watch(wish: WatchedCommand, terminal: Terminal): Promise<Result<WatchedRun, CliProblem>> {
  const { command, cwd, environment, timeoutMs, take } = wish;
  const startedAt = performance.now();
  const tail = createTail();
  const env = coloured(environment, terminal);
  // A group of its own ends as a whole when its time is up; on a terminal it would lose the keyboard.
  const isGrouped = timeoutMs !== null && !wish.isOnTerminal;
  let child: Bun.Subprocess<"inherit", "pipe", "pipe">;
  try {
    child = Bun.spawn([...command], {
      cwd,
      env: { ...env, PWD: cwd },
      stdin: "inherit",
      stdout: "pipe",
      stderr: "pipe",
      detached: isGrouped,
    });
  } catch (error) {
    const message = `${plainText(command[0] ?? "")} cannot be started: ${errorText(error)}`;
    const fix = "try it by itself first; a script needs the program that its first line names";
    return failure({ code: "command_not_startable", message, fix, exitCode: EXIT_CODES.notStartable });
  }
  let [isTimedOut, isInterrupted] = [false, false];
  const release = wish.onSignal((name) => {
    isInterrupted = true;
    // On a terminal, Ctrl-C reaches the command by itself.
    if (name !== "SIGINT" || !wish.isOnTerminal) child.kill(name);
  });
  const timer =
    timeoutMs === null
      ? null
      : setTimeout(() => {
          isTimedOut = true;
          if (isGrouped) endGroup(child.pid);
          else child.kill("SIGKILL");
        }, timeoutMs);
  const outputs = Promise.all([
    pass(child.stdout, (bytes) => take("stdout", bytes), tail.add),
    pass(child.stderr, (bytes) => take("stderr", bytes), tail.add),
  ]);
  try {
    const code = await child.exited;
    await Promise.race([outputs, Bun.sleep(isTimedOut ? 100 : 2_000)]);
    const exitCode = isTimedOut ? TIMED_OUT : endCode(code, child.signalCode);
    return success({
      exitCode,
      output: tail.text(),
      isTimedOut,
      isInterrupted,
      tookMs: Math.round(performance.now() - startedAt),
    });
  } finally {
    if (timer !== null) clearTimeout(timer);
    release();
  }
}

/** What `timeout` of the GNU core utilities ends with. */
const TIMED_OUT = 124;

/** A path below the folder of the command, for shells that ask where they are. */
export function folderOf(cwd: string | undefined): string {
  return cwd === undefined ? process.cwd() : resolve(join(process.cwd(), "."), cwd);
}
