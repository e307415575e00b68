import { aliasesOf, type Command, type CommandEntry, type Flag, kebabCase } from "./command.ts";

/** A command with everything below it, loaded. */
export interface CommandNode {
  /** `["costs", "query"]` */
  readonly words: readonly string[];
  readonly command: Command;
  readonly children: readonly CommandNode[];
}

async function loadNode(words: readonly string[], command: Command): Promise<CommandNode> {
  const children = Object.entries(command.subCommands).map(async ([name, load]) =>
    loadNode([...words, name], await load()),
  );
  return { words, command, children: await Promise.all(children) };
}

/** The whole command tree, for completions, man page and reference. */
export async function loadTree(entries: readonly CommandEntry[]): Promise<readonly CommandNode[]> {
  return Promise.all(entries.map(async ({ name, load }) => loadNode([name], await load())));
}

/** A node and all below it, parents first. */
export function flatten(nodes: readonly CommandNode[]): readonly CommandNode[] {
  return nodes.flatMap((node) => [node, ...flatten(node.children)]);
}

/** A flag as completions offer it. */
export interface OfferedFlag {
  readonly long: string;
  readonly short: string | null;
  readonly description: string;
  readonly takesValue: boolean;
  readonly options: readonly string[];
  readonly isFile: boolean;
}

function offer(name: string, flag: Flag): OfferedFlag {
  const isNegated = flag.type === "boolean" && flag.default === true;
  return {
    long: `${isNegated ? "no-" : ""}${kebabCase(name)}`,
    short: aliasesOf(flag).find((alias) => alias.length === 1) ?? null,
    description: flag.description ?? "",
    takesValue: flag.type !== "boolean",
    options: flag.type === "enum" ? (flag.options ?? []) : [],
    isFile: flag.valueHint === "FILE" || flag.valueHint === "DIR",
  };
}

/** The flags of a command that completions offer. */
export function offeredFlags(command: Command): readonly OfferedFlag[] {
  return Object.entries(command.args)
    .filter(([, flag]) => flag.type !== "positional")
    .map(([name, flag]) => offer(name, flag));
}
