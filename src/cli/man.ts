import { EXIT_CODES, EXIT_MEANINGS, type ExitName } from "../terminal/exit-code.ts";
import { argumentLines, flagLines, type HelpLine, usageLine } from "./help.ts";
import { type CommandNode, flatten } from "./tree.ts";

/** A text as roff shows it: no control lines, no escapes of its own, hyphens that can be copied (groff_man(7)). */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}

function list(lines: readonly HelpLine[]): readonly string[] {
  return lines.flatMap(({ label, text }) => [".TP", `.B ${roff(label)}`, roff(text)]);
}

function section({ words, command }: CommandNode): readonly string[] {
  const path = ["lodestar", ...words].join(" ");
  const { description, notes = [], examples = [] } = command.meta;
  return [
    `.SS ${roff(usageLine(command, path))}`,
    `${roff(description)}.`,
    ...notes.flatMap((note) => [".PP", roff(note)]),
    ...list(argumentLines(command.args)),
    ...list(flagLines(command.args)),
    ...examples.flatMap(([line, meaning]) => [".PP", `${roff(meaning)}:`, ".RS", ".nf", roff(line), ".fi", ".RE"]),
  ];
}

/** The man page `lodestar(1)` in roff, from the command tree. */
export function renderMan(tree: readonly CommandNode[], version: string): string {
  const codes = Object.entries(EXIT_CODES).flatMap(([name, code]) => [
    ".TP",
    `.B ${code}`,
    roff(EXIT_MEANINGS[name as ExitName]),
  ]);
  return [
    `.TH LODESTAR 1 "" "lodestar ${roff(version)}" "User Commands"`,
    ".SH NAME",
    "lodestar \\- one gateway between your tools and every model",
    ".SH SYNOPSIS",
    ".B lodestar",
    ".I COMMAND",
    "[flags]",
    ".SH COMMANDS",
    ...flatten(tree).flatMap(section),
    ".SH EXIT STATUS",
    ...codes,
    "",
  ].join("\n");
}
