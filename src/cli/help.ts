import type { Colours } from "../terminal/terminal.ts";
import { displayWidth, padTo, wrapWords } from "../terminal/width.ts";
import {
  aliasesOf,
  COMMAND_GROUPS,
  type Command,
  type CommandEntry,
  type Flag,
  type Flags,
  kebabCase,
} from "./command.ts";

/** A flag or positional as help, man page and reference list it. */
export interface HelpLine {
  /** `-f, --file FILE` */
  readonly label: string;
  /** What it does, its default and its environment twin. */
  readonly text: string;
}

const WIDTH = 100;

function hintOf(name: string, flag: Flag): string {
  if (flag.type === "boolean") return "";
  if (flag.bare !== undefined) return `[=${flag.valueHint ?? name.toUpperCase()}]`;
  if (flag.valueHint !== undefined) return ` ${flag.valueHint}`;
  if (flag.type === "enum") return ` ${(flag.options ?? []).join("|")}`;
  return ` ${flag.value === undefined ? name.toUpperCase() : flag.value.toUpperCase()}`;
}

function noteOf(flag: Flag): string {
  const notes = [
    flag.isRepeatable === true ? "repeatable" : "",
    flag.default === undefined || flag.default === false ? "" : `default ${String(flag.default)}`,
    flag.env === undefined ? "" : `env ${flag.env}`,
  ].filter((note) => note !== "");
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

function flagLabel(name: string, flag: Flag): string {
  const short = aliasesOf(flag).map((alias) => (alias.length === 1 ? `-${alias}, ` : ""));
  const isOnByDefault = flag.type === "boolean" && flag.default === true;
  return `${short.join("")}--${isOnByDefault ? "no-" : ""}${kebabCase(name)}${hintOf(name, flag)}`;
}

/** The flags of a command, without its positionals. */
export function flagLines(flags: Flags): readonly HelpLine[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.type !== "positional")
    .map(([name, flag]) => ({ label: flagLabel(name, flag), text: `${flag.description ?? ""}${noteOf(flag)}` }));
}

/** The positionals of a command. */
export function argumentLines(flags: Flags): readonly HelpLine[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.type === "positional")
    .map(([name, flag]) => ({ label: name.toUpperCase(), text: `${flag.description ?? ""}${noteOf(flag)}` }));
}

/** `lodestar costs query [flags]`. */
export function usageLine(command: Command, path: string): string {
  const words = Object.entries(command.args)
    .filter(([, flag]) => flag.type === "positional")
    .map(([name, flag]) => {
      const word = `${name.toUpperCase()}${flag.isRepeatable === true ? "…" : ""}`;
      return flag.required === true ? word : `[${word}]`;
    });
  const hasFlags = Object.values(command.args).some((flag) => flag.type !== "positional");
  const hasSubCommands = Object.keys(command.subCommands).length > 0;
  const subWord = command.run === undefined && command.default === undefined ? "COMMAND" : "[COMMAND]";
  const rest = Object.values(command.args).flatMap(({ restName }) =>
    restName === undefined ? [] : `[-- ${restName}…]`,
  );
  return [path, hasSubCommands ? subWord : "", hasFlags ? "[flags]" : "", ...words, ...rest]
    .filter((part) => part !== "")
    .join(" ");
}

function block(title: string, lines: readonly HelpLine[], style: Colours): readonly string[] {
  if (lines.length === 0) return [];
  const width = Math.min(30, Math.max(...lines.map((line) => displayWidth(line.label))));
  const body = lines.flatMap((line) => {
    const [first = "", ...more] = wrapWords(line.text, WIDTH - width - 4);
    const indent = " ".repeat(width + 4);
    if (displayWidth(line.label) > width) return [`  ${line.label}`, ...[first, ...more].map((text) => indent + text)];
    return [`  ${padTo(line.label, width)}  ${first}`.trimEnd(), ...more.map((text) => indent + text)];
  });
  return ["", style.bold(`${title}:`), ...body];
}

/** The one-line descriptions of a command's subcommands. */
async function subCommandLines(command: Command): Promise<readonly HelpLine[]> {
  const entries = Object.entries(command.subCommands);
  return Promise.all(entries.map(async ([name, load]) => ({ label: name, text: (await load()).meta.description })));
}

/** Help of one command, as `--help` prints it. */
export async function renderCommandHelp(command: Command, path: string, style: Colours): Promise<string> {
  const { description, examples = [], notes = [] } = command.meta;
  return [
    `${description}.`,
    "",
    `${style.bold("Usage:")} ${usageLine(command, path)}`,
    ...block("Commands", await subCommandLines(command), style),
    ...block("Arguments", argumentLines(command.args), style),
    ...block("Flags", flagLines(command.args), style),
    ...notes.flatMap((note) => ["", ...wrapWords(note, WIDTH)]),
    ...(examples.length === 0 ? [] : ["", style.bold("Examples:")]),
    ...examples.flatMap(([line, meaning]) => [`  ${style.dim(`# ${meaning}`)}`, `  ${line}`]),
  ].join("\n");
}

/** `lodestar help`: every command under its heading. */
export function renderRootHelp(entries: readonly CommandEntry[], version: string, style: Colours): string {
  const width = Math.max(...entries.map((entry) => entry.name.length));
  const groups = COMMAND_GROUPS.flatMap((group) => {
    const members = entries.filter((entry) => entry.group === group);
    if (members.length === 0) return [];
    const lines = members.map((entry) => `  ${padTo(entry.name, width)}  ${entry.description}`);
    return ["", style.bold(`${group}:`), ...lines];
  });
  return [
    `Lodestar ${version}: one gateway between your tools and every model.`,
    "",
    `${style.bold("Usage:")} lodestar COMMAND [flags]`,
    ...groups,
    "",
    "lodestar help COMMAND shows its flags and examples. Start with: lodestar serve",
  ].join("\n");
}
