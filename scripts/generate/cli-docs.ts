import { COMMAND_GROUPS } from "../../src/cli/command.ts";
import { argumentLines, flagLines, type HelpLine, usageLine } from "../../src/cli/help.ts";
import { type CommandNode, flatten, loadTree } from "../../src/cli/tree.ts";
import { EXIT_CODES, EXIT_MEANINGS, type ExitName } from "../../src/terminal/exit-code.ts";

/** Path of the generated reference, from the repository root. */
export const CLI_DOCS_PATH = "docs/cli.md";

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

function table(title: string, lines: readonly HelpLine[]): readonly string[] {
  if (lines.length === 0) return [];
  const rows = lines.map(({ label, text }) => `| \`${label.replaceAll("|", "\\|")}\` | ${cell(text)} |`);
  return ["", `| ${title} | |`, "|---|---|", ...rows];
}

function commandText({ words, command }: CommandNode): string {
  const path = ["lodestar", ...words].join(" ");
  const { description, notes = [], examples = [] } = command.meta;
  const shown = examples.flatMap(([line, meaning]) => [`# ${meaning}`, line]);
  return [
    `${words.length === 1 ? "###" : "####"} ${path}`,
    "",
    `${description}.`,
    "",
    "```",
    usageLine(command, path),
    "```",
    ...notes.flatMap((note) => ["", note]),
    ...table("argument", argumentLines(command.args)),
    ...table("flag", flagLines(command.args)),
    ...(shown.length === 0 ? [] : ["", "```sh", ...shown, "```"]),
  ].join("\n");
}

function exitTable(): string {
  const rows = Object.entries(EXIT_CODES).map(([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as ExitName]} |`);
  return ["| code | meaning |", "|---|---|", ...rows].join("\n");
}

const INTRODUCTION = `# Commands

*Generated from the command tree in \`src/cli\` by \`bun run generate\`. Do not edit.*

\`lodestar help COMMAND\` shows the same on the terminal. stdout is data, stderr is talk: \`--json\` gives data for scripts
wherever there is any, and problems are then one line of JSON on stderr. A flag wins over its environment variable.
Colour follows the terminal and \`NO_COLOR\`. Nothing ever waits for an answer where there is no terminal.`;

/** The text of {@link CLI_DOCS_PATH}. */
export async function generateCliDocs(): Promise<string> {
  // The registry is itself generated, so it is loaded only when the reference is wanted.
  const { COMMANDS } = await import("../../src/cli/_all.ts");
  const tree = await loadTree(COMMANDS);
  const groups = COMMAND_GROUPS.flatMap((group) => {
    const members = tree.filter(({ command }) => command.meta.group === group);
    return members.length === 0 ? [] : [`## ${group}`, ...flatten(members).map(commandText)];
  });
  return `${[INTRODUCTION, "## Exit codes", exitTable(), ...groups].join("\n\n")}\n`;
}
