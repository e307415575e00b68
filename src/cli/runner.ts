import { KnownError } from "../core/known-error.ts";
import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem, problemJson, renderProblem, usageProblem } from "../terminal/problem.ts";
import { createTerminal, type Environment, type Sink, type Source } from "../terminal/terminal.ts";
import type { Backend } from "./backend.ts";
import type { CliHost, Command, CommandEntry, Flags, FlagValues, Outcome, SignalName } from "./command.ts";
import { renderCommandHelp, renderRootHelp } from "./help.ts";
import { withoutToolVariables } from "./own-environment.ts";
import { parseFlags } from "./parse.ts";

/** The outside of one run of the command line: the process, or a test. */
export interface RunnerHost {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Source;
  readonly environment: Environment;
  readonly version: string;
  now(): number;
  /** Calls `listener` for every signal; returns how to stop. */
  onSignal(listener: (name: SignalName) => void): () => void;
  backend(): Promise<Backend>;
}

/** A command found by its words, and the words left for it. */
interface Resolved {
  readonly command: Command;
  /** `lodestar costs query` */
  readonly path: string;
  readonly tokens: readonly string[];
}

function unknownCommand(word: string, names: readonly string[], path: string): CliProblem {
  return usageProblem(
    "unknown_command",
    `unknown command "${word}" for ${path}.${didYouMean(word, names)}`,
    `${path === "lodestar" ? "lodestar help" : `${path} --help`} lists the commands`,
  );
}

async function descend(resolved: Resolved): Promise<Result<Resolved, CliProblem>> {
  const { command, path, tokens } = resolved;
  const names = Object.keys(command.subCommands);
  const [word = ""] = tokens;
  const load = Object.hasOwn(command.subCommands, word) ? command.subCommands[word] : undefined;
  if (load !== undefined) return descend({ command: await load(), path: `${path} ${word}`, tokens: tokens.slice(1) });
  if (names.length === 0 || word === "--help" || word === "-h") return success(resolved);
  const takesWords = Object.values(command.args).some((flag) => flag.type === "positional");
  if (word !== "" && !word.startsWith("-") && !takesWords) return failure(unknownCommand(word, names, path));
  if (command.run !== undefined) return success(resolved);
  const fallback = command.default === undefined ? undefined : command.subCommands[command.default];
  if (fallback !== undefined) return success({ command: await fallback(), path: `${path} ${command.default}`, tokens });
  return failure(usageProblem("missing_command", `${path} needs a command: ${names.join(", ")}`, `${path} --help`));
}

/** Finds the command that `words` name, down its subcommands. */
async function resolveCommand(
  words: readonly string[],
  entries: readonly CommandEntry[],
): Promise<Result<Resolved, CliProblem>> {
  const [word = "", ...tokens] = words;
  const entry = entries.find(({ name }) => name === word);
  if (entry === undefined)
    return failure(
      unknownCommand(
        word,
        entries.map(({ name }) => name),
        "lodestar",
      ),
    );
  return descend({ command: await entry.load(), path: `lodestar ${word}`, tokens });
}

/** A signal handler that a command can take over; until then the first SIGINT aborts what runs. */
function interruptible(host: RunnerHost): Pick<CliHost, "signal" | "onSignal"> & { release(): void } {
  const controller = new AbortController();
  let isTaken = false;
  const release = host.onSignal(() => {
    if (!isTaken) controller.abort(new Error("interrupted"));
  });
  return {
    signal: controller.signal,
    onSignal: (listener) => {
      isTaken = true;
      return host.onSignal(listener);
    },
    release,
  };
}

function report(problem: CliProblem, host: CliHost, isJson: boolean): number {
  host.terminal.talk(isJson ? problemJson(problem) : renderProblem(problem, host.terminal.talkStyle));
  return problem.exitCode;
}

function isProblem(outcome: Outcome): outcome is CliProblem {
  return typeof outcome === "object";
}

function errorProblem(error: unknown): CliProblem {
  if (error instanceof KnownError) return failureProblem(error.fault.code, error.fault.message, error.fault.fix);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "internal",
    message: `a bug in lodestar: ${message}`,
    fix: "run it again with LODESTAR_DEBUG=1 for the stack, and report it",
    exitCode: EXIT_CODES.failure,
  };
}

/** How long an interrupted command may take to tidy up. Milliseconds. */
const GRACE_MS = 300;

/** Resolves some time after the interruption, so that a command that waits for something else cannot hold the process. */
function whenImpatient(signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const wait = (): void => {
      setTimeout(() => resolve(EXIT_CODES.interrupted), GRACE_MS);
    };
    signal.addEventListener("abort", wait, { once: true });
  });
}

async function runResolved(resolved: Resolved, host: CliHost): Promise<number> {
  const { command, path, tokens } = resolved;
  const parsed = parseFlags(tokens, command.args, host.environment, path);
  const isJson = tokens.includes("--json");
  if (!parsed.ok) return report(parsed.error, host, isJson);
  if (parsed.value.isHelp) {
    host.terminal.out(await renderCommandHelp(command, path, host.terminal.style));
    return EXIT_CODES.ok;
  }
  if (command.run === undefined)
    return report(usageProblem("missing_command", `${path} needs a command`), host, isJson);
  try {
    const { values, rest } = parsed.value;
    const running = command.run({ ...host, args: values as FlagValues<Flags>, rest });
    const outcome = await Promise.race([running, whenImpatient(host.signal)]);
    if (host.signal.aborted) return EXIT_CODES.interrupted;
    return isProblem(outcome) ? report(outcome, host, isJson) : outcome;
  } catch (error) {
    if (host.signal.aborted) return EXIT_CODES.interrupted;
    if (host.environment.LODESTAR_DEBUG === "1" && error instanceof Error) host.terminal.talk(error.stack ?? "");
    return report(errorProblem(error), host, isJson);
  }
}

/** `lodestar help costs query` is `lodestar costs query --help`. */
async function runHelp(words: readonly string[], entries: readonly CommandEntry[], host: CliHost): Promise<number> {
  const [first] = words;
  if (first === undefined || first === "--help" || first === "-h") {
    host.terminal.out(renderRootHelp(entries, host.version, host.terminal.style));
    return EXIT_CODES.ok;
  }
  const resolved = await resolveCommand([...words, "--help"], entries);
  return resolved.ok ? runResolved(resolved.value, host) : report(resolved.error, host, false);
}

async function dispatch(argv: readonly string[], entries: readonly CommandEntry[], host: CliHost): Promise<number> {
  const [word] = argv;
  if (word === undefined) {
    host.terminal.talk(renderRootHelp(entries, host.version, host.terminal.talkStyle));
    return EXIT_CODES.usage;
  }
  if (word === "--help" || word === "-h") return runHelp([], entries, host);
  if (
    word === "help" &&
    !argv.slice(1).some((token) => token.startsWith("--man") || token === "--help" || token === "-h")
  ) {
    return runHelp(argv.slice(1), entries, host);
  }
  if (word === "--version" || word === "-v") {
    host.terminal.out(host.version);
    return EXIT_CODES.ok;
  }
  if (word.startsWith("-")) {
    const known = ["--help", "--version"];
    const message = `unknown flag ${word}.${didYouMean(word, known)}`;
    return report(usageProblem("unknown_flag", message, "lodestar help lists the commands"), host, false);
  }
  const resolved = await resolveCommand(argv, entries);
  return resolved.ok ? runResolved(resolved.value, host) : report(resolved.error, host, argv.includes("--json"));
}

/**
 * Runs one command line and returns its exit code; never throws and never exits the process. This is the front door
 * for tests too: `entries` is the generated registry, `outside` the process or buffers.
 */
export async function runCli(
  argv: readonly string[],
  entries: readonly CommandEntry[],
  outside: RunnerHost,
): Promise<number> {
  const { release, ...interrupts } = interruptible(outside);
  const { stdout, stderr, stdin, version } = outside;
  const environment = withoutToolVariables(outside.environment);
  const host: CliHost = {
    terminal: createTerminal(stdout, stderr, environment),
    stdin,
    environment,
    version,
    commands: entries,
    now: () => outside.now(),
    backend: () => outside.backend(),
    ...interrupts,
  };
  try {
    return await dispatch(argv, entries, host);
  } finally {
    release();
    await stdout.drained?.();
  }
}
