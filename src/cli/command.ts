import { type ArgDef, type CommandDef, type CommandMeta, defineCommand as defineCittyCommand } from "citty";
import type { ExitCode, PassedExitCode } from "../terminal/exit-code.ts";
import type { CliProblem } from "../terminal/problem.ts";
import type { Environment, Source, Terminal } from "../terminal/terminal.ts";
import type { Backend } from "./backend.ts";

/** What a value must be, beyond text; the parsed value is a number (durations: milliseconds, bytes: bytes). */
export type ValueKind = "integer" | "port" | "duration";

/** A flag or positional: citty's definition, and what our strict runner adds to it. Keys are camelCase, flags kebab-case. */
export type Flag = ArgDef & {
  readonly value?: ValueKind;
  /** May be given several times (a positional: takes all that follow); the value is a list. */
  readonly isRepeatable?: true;
  /** A positional that takes no word from behind `--`: those are the command's `rest`, under this name in help. */
  readonly restName?: string;
  /** The value where the flag stands alone; another one then follows `=`, never a blank. */
  readonly bare?: string;
  /** Environment variable that stands in when the flag is not given. */
  readonly env?: string;
};

/** The flags and positionals of a command by their camelCase name. */
export type Flags = Record<string, Flag>;

type SingleValue<F> = F extends { type: "boolean" }
  ? boolean
  : F extends { value: ValueKind }
    ? number
    : F extends { type: "enum"; options: readonly (infer Option)[] }
      ? Option
      : string;

type FlagValue<F> = F extends { isRepeatable: true }
  ? readonly SingleValue<F>[]
  : F extends { type: "boolean" } | { required: true } | { default: unknown }
    ? SingleValue<F>
    : SingleValue<F> | undefined;

/** The parsed values of a command's flags. */
export type FlagValues<Definitions extends Flags> = {
  readonly [Name in keyof Definitions]: FlagValue<Definitions[Name]>;
};

/** Signals a command may take over from the runner. */
export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** All that a command may touch of the world. */
export interface CliHost {
  readonly terminal: Terminal;
  readonly stdin: Source;
  readonly environment: Environment;
  readonly version: string;
  /** Every top-level command, in the order of help. */
  readonly commands: readonly CommandEntry[];
  /** Unix milliseconds. */
  now(): number;
  /** Aborted at the first SIGINT, unless the command listens to signals itself. */
  readonly signal: AbortSignal;
  /** Calls `listener` at every signal from now on, instead of aborting; returns how to stop listening. */
  onSignal(listener: (name: SignalName) => void): () => void;
  /** The composition root, loaded when first asked for: `help` and `--version` never pay for it. */
  backend(): Promise<Backend>;
}

/** What a command's `run` gets. */
export interface CommandContext<Values> extends CliHost {
  readonly args: Values;
  /** What stood behind `--`. */
  readonly rest: readonly string[];
}

/** How a command ends: an exit code, that of a program it ran, or a problem to show. */
export type Outcome = ExitCode | PassedExitCode | CliProblem;

/** What help, completions, the man page and the reference show of a command. */
export interface Meta extends CommandMeta {
  readonly name: string;
  /** One line, without a full stop. */
  readonly description: string;
  /** Heading in `lodestar help`; only top-level commands have one. */
  readonly group?: CommandGroup;
  /** Command lines with what they do. */
  readonly examples?: readonly (readonly [line: string, meaning: string])[];
  /** Further words of help, a paragraph each. */
  readonly notes?: readonly string[];
}

/** The headings of `lodestar help`, in their order. */
export const COMMAND_GROUPS = ["Run", "Ask", "See", "Set up", "More"] as const;

/** One of {@link COMMAND_GROUPS}. */
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/** A command as the runner sees it: citty's object with its flags' types erased. */
export interface Command {
  readonly meta: Meta;
  readonly args: Flags;
  readonly subCommands: Readonly<Record<string, () => Promise<Command>>>;
  /** The subcommand that runs when none is named. */
  readonly default: string | undefined;
  readonly run: ((context: CommandContext<FlagValues<Flags>>) => Promise<Outcome>) | undefined;
}

/** One top-level command: enough for help without loading it, and how to load it. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  readonly group: CommandGroup;
  readonly load: () => Promise<Command>;
}

/** How a command is written. */
export interface CommandDefinition<Definitions extends Flags> {
  readonly meta: Meta;
  readonly args?: Definitions;
  readonly subCommands?: Readonly<Record<string, () => Promise<Command>>>;
  readonly default?: string;
  run?(context: CommandContext<FlagValues<Definitions>>): Promise<Outcome>;
}

/**
 * Defines a command: a citty definition with typed, strict flags. One file in `cli/` exports one as `command`; its
 * `run` returns an exit code or a {@link CliProblem}, writes data to stdout and talk to stderr.
 */
export function defineCommand<const Definitions extends Flags = Record<never, never>>(
  definition: CommandDefinition<Definitions>,
): Command & CommandDef {
  const { meta, args, subCommands = {}, run } = definition;
  const defined = defineCittyCommand({
    meta,
    ...(args === undefined ? {} : { args }),
    ...(run === undefined ? {} : { run: ({ data }) => run(data) }),
  });
  // The runner hands `run` exactly the values that `args` describes, which the type system cannot follow through the erased form.
  return { ...defined, args: args ?? {}, subCommands, default: definition.default, run } as unknown as Command &
    CommandDef;
}

/** `stateDir` as it is written on a command line: `state-dir`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The short names of a flag (`f` of `-f`). */
export function aliasesOf(flag: Flag): readonly string[] {
  if (flag.type === "positional") return [];
  const alias = "alias" in flag ? flag.alias : undefined;
  if (alias === undefined) return [];
  return typeof alias === "string" ? [alias] : alias;
}
