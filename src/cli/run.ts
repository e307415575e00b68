import { limitOf } from "../core/budget/text.ts";
import { NANO_PER_USD } from "../core/money.ts";
import { COMMAND_PURPOSES, type CommandPurpose } from "../core/repair/command-kind.ts";
import { EDIT_FORMATS, type EditFormat } from "../core/repair/edit.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Limits } from "../features/repair/ask.ts";
import { projectAt } from "../features/repair/git.ts";
import { passExitCode } from "../terminal/exit-code.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { locate } from "./connection.ts";
import { modelNamed } from "./models/pick-for.ts";
import { projectFlag } from "./project/here.ts";
import { attend, purposeFor } from "./run/attend.ts";
import { openJournal } from "./run/journal.ts";
import { findProgram, folderOf, type WatchedRun, watch } from "./run/program.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "./shared-flags.ts";

/** Local first; each next one only where the one before failed. */
const MODELS = ["free", "cheap", "best"];
const BUDGET_USD = 0.5;
const TIMEOUT_MS = 600_000;
const WALL_MS = 1_800_000;

interface Args extends DaemonArgs {
  readonly model: readonly string[];
  readonly pick: boolean;
  readonly attempts: number;
  readonly budget?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxTime?: number | undefined;
  readonly timeout?: number | undefined;
  readonly as?: CommandPurpose | undefined;
  readonly editFormat?: EditFormat | undefined;
  readonly yes: boolean;
  readonly allowTests: boolean;
  readonly check: readonly string[];
  readonly cwd?: string | undefined;
  readonly project?: string | undefined;
  readonly json: boolean;
}

function limitsOf(args: Args): Result<Limits, CliProblem> {
  const nano = args.budget === undefined ? BUDGET_USD * NANO_PER_USD : limitOf(args.budget);
  if (nano === null)
    return failure(
      usageProblem("bad_value", `--budget must be an amount in USD (given: "${args.budget}")`, "--budget 0.25"),
    );
  if (args.attempts < 1 || args.attempts > 20) {
    return failure(
      usageProblem("bad_value", `--attempts must be from 1 to 20 (given: ${args.attempts})`, "--attempts 3"),
    );
  }
  return success({
    attempts: args.attempts,
    budgetUsd: nano / NANO_PER_USD,
    tokens: args.maxTokens ?? null,
    wallMs: args.maxTime ?? WALL_MS,
    timeoutMs: args.timeout ?? TIMEOUT_MS,
  });
}

/** Signals go to the command while it runs, and end the repair afterwards. */
function signalsOf(host: CliHost) {
  const ended = new AbortController();
  let toCommand: ((name: "SIGINT" | "SIGTERM" | "SIGHUP") => void) | null = null;
  const release = host.onSignal((name) => {
    if (toCommand === null) ended.abort(new Error("interrupted"));
    else toCommand(name);
  });
  return {
    signal: ended.signal,
    release,
    listen(listener: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => void) {
      toCommand = listener;
      return () => {
        toCommand = null;
      };
    },
  };
}

type Signals = ReturnType<typeof signalsOf>;

function watchCommand(host: CliHost, args: Args, command: readonly string[], cwd: string, signals: Signals) {
  const { terminal, environment } = host;
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  return watch(
    {
      command,
      cwd,
      environment,
      timeoutMs: args.timeout ?? null,
      isOnTerminal: host.stdin.isTTY === true,
      onSignal: signals.listen,
      take(stream, bytes) {
        const text = decoders[stream].decode(bytes, { stream: true });
        if (args.json) terminal.out(JSON.stringify({ event: "output", stream, text, at: host.now() }));
        else if (stream === "stderr") terminal.talkRaw(text);
        else terminal.writeBytes(bytes);
        return terminal.drained();
      },
    },
    terminal,
  );
}

function ended(host: CliHost, args: Args, command: readonly string[], cwd: string, run: WatchedRun): void {
  if (!args.json) return;
  host.terminal.out(
    JSON.stringify({
      event: "finished",
      command,
      folder: cwd,
      exitCode: run.exitCode,
      attempts: 0,
      costUsd: 0,
      tookMs: run.tookMs,
      at: host.now(),
    }),
  );
}

/** The models that repair, in order: those named, the one that a person picks, or local first. */
async function modelsOf(host: CliHost, args: Args): Promise<Result<readonly string[], CliProblem>> {
  if (args.model.length > 0) return success(args.model);
  if (!args.pick) return success(MODELS);
  const picked = await modelNamed(host, args, undefined, "Which model shall repair it?");
  return picked.ok ? success([picked.value]) : picked;
}

async function runCommand(host: CliHost, args: Args, rest: readonly string[], signals: Signals): Promise<Outcome> {
  const limits = limitsOf(args);
  if (!limits.ok) return limits.error;
  const models = await modelsOf(host, args);
  if (!models.ok) return models.error;
  const cwd = folderOf(args.cwd);
  const program = findProgram(rest[0] ?? "", cwd, host.environment);
  if (!program.ok) return program.error;
  const first = await watchCommand(host, args, rest, cwd, signals);
  if (!first.ok) return first.error;
  const { exitCode, tookMs, isTimedOut, isInterrupted } = first.value;
  if ((exitCode === 0 && !isTimedOut) || isInterrupted) {
    ended(host, args, rest, cwd, first.value);
    return passExitCode(exitCode);
  }
  const location = await locate(host, args);
  if (!location.ok) return location.error;
  const { stateDir } = location.value;
  const journal = openJournal(host, stateDir, args.json);
  journal.emit({ event: "started", run: journal.place.id, command: rest, folder: cwd });
  journal.emit({ event: "ended", exitCode, tookMs, isTimedOut });
  const wish = {
    args,
    command: rest,
    project: projectAt(cwd),
    folder: cwd,
    stateDir,
    models: models.value,
    format: args.editFormat ?? null,
    allowTests: args.allowTests,
    checks: args.check,
    limits: limits.value,
    isBudgetStrict: args.budget !== undefined,
    signal: signals.signal,
  };
  return attend(host, {
    wish,
    purpose: purposeFor(rest, args.as),
    first: first.value,
    isYes: args.yes,
    journal,
    async again() {
      const run = await watchCommand(host, args, rest, cwd, signals);
      return run.ok ? run.value : null;
    },
  });
}

/** `lodestar run -- COMMAND`: runs it, and where it fails tells why and looks for a repair. */
export const command = defineCommand({
  meta: {
    name: "run",
    description: "Run a command; where it fails, tell why and repair what code can repair",
    group: "Ask",
    examples: [
      ["lodestar run -- npm test", "a repair is tried in a copy, shown, and applied when you say yes"],
      ["lodestar run --yes --model ollama/qwen2.5-coder:7b -- pytest -q", "one local model, and no question"],
      ["lodestar run undo", "take the last applied repair back, byte for byte"],
    ],
    notes: [
      "Output passes through and the exit code is the command's own, or 0 after a repair that was applied. Only tests, lints and builds are run again and repaired; a fault of the machine (a missing package, a taken port) is explained. Edits are tried in a throw-away copy of the project; your files change only by the one patch that is shown.",
      "Nobody to ask and no --yes: the patch is shown and nothing is changed. --json prints events, one a line.",
    ],
  },
  args: {
    word: { type: "positional", restName: "COMMAND", description: "list, show or undo; the command stands behind --" },
    model: {
      type: "string",
      alias: "m",
      isRepeatable: true,
      valueHint: "NAME",
      description: "whom to ask, in this order (default free, cheap, best)",
    },
    pick: { type: "boolean", description: "pick the model from a list before the command runs" },
    attempts: {
      type: "string",
      value: "integer",
      default: "3",
      valueHint: "COUNT",
      description: "answers to try at most",
    },
    budget: { type: "string", valueHint: "USD", description: "what the repair may cost at most (default 0.5)" },
    maxTokens: {
      type: "string",
      value: "integer",
      valueHint: "COUNT",
      description: "tokens of all questions and answers",
    },
    maxTime: {
      type: "string",
      value: "duration",
      valueHint: "TIME",
      description: "how long a repair may take (default 30m)",
    },
    timeout: {
      type: "string",
      value: "duration",
      valueHint: "TIME",
      description: "how long the command may take; in copies 10m unless given",
    },
    as: {
      type: "enum",
      options: [...COMMAND_PURPOSES],
      description: "what the command is, where that is not recognised",
    },
    editFormat: {
      type: "enum",
      options: [...EDIT_FORMATS],
      description: "how edits are asked for (default by model and size)",
    },
    check: {
      type: "string",
      isRepeatable: true,
      valueHint: "LINE",
      description: "shell line that must still pass with a repair, if it passed before",
    },
    allowTests: { type: "boolean", description: "tests and test settings may be edited too" },
    yes: { type: "boolean", alias: "y", description: "apply a repair that passes without asking" },
    cwd: { type: "string", valueHint: "DIR", description: "folder to run in" },
    ...projectFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  subCommands: {
    list: async () => (await import("./run/list.ts")).command,
    show: async () => (await import("./run/show.ts")).command,
    undo: async () => (await import("./run/undo.ts")).command,
  },
  async run({ args, rest, ...host }) {
    if (rest.length === 0 || args.word !== undefined) {
      const fix = `lodestar run -- ${args.word ?? "npm test"}`;
      return usageProblem("no_command", "the command to run stands behind --", fix);
    }
    const signals = signalsOf(host);
    try {
      return await runCommand(host, { ...args, model: args.model ?? [], check: args.check ?? [] }, rest, signals);
    } catch (error) {
      if (signals.signal.aborted) return passExitCode(130);
      throw error;
    } finally {
      signals.release();
    }
  },
});
