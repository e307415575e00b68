// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the braces belong to the shells.
import { type CommandNode, flatten, type OfferedFlag, offeredFlags } from "./tree.ts";

/** A text inside single quotes of a POSIX shell or fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function flagWords(flags: readonly OfferedFlag[]): string {
  return [
    "--help",
    ...flags.flatMap(({ long, short }) => (short === null ? [`--${long}`] : [`--${long}`, `-${short}`])),
  ].join(" ");
}

/** `lodestar costs query` as the key of a case arm: `costs query`. */
function pathKey(node: CommandNode): string {
  return node.words.join(" ");
}

function bashArm(node: CommandNode): string {
  const children = node.children.map(({ words }) => words.at(-1) ?? "").join(" ");
  return `    ${quoted(pathKey(node))}) words=${quoted(children)}; flags=${quoted(flagWords(offeredFlags(node.command)))} ;;`;
}

function bashValueArms(nodes: readonly CommandNode[]): readonly string[] {
  return nodes.flatMap((node) =>
    offeredFlags(node.command)
      .filter(({ options }) => options.length > 0)
      .map(
        ({ long, options }) =>
          `    ${quoted(`${pathKey(node)} --${long}`)}) COMPREPLY=($(compgen -W ${quoted(options.join(" "))} -- "$current")); return ;;`,
      ),
  );
}

/** Completion for bash, to be sourced. */
export function bashCompletion(tree: readonly CommandNode[]): string {
  const nodes = flatten(tree);
  const top = tree.map(pathKey).join(" ");
  return [
    "# bash completion of lodestar; load it with: source <(lodestar completion bash)",
    "_lodestar() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" words flags word index',
    `  words=${quoted(top)}; flags='--help --version'`,
    "  for ((index = 1; index < COMP_CWORD; index++)); do",
    '    word="${COMP_WORDS[index]}"',
    '    case " $words " in *" $word "*) path="${path:+$path }$word" ;; *) continue ;; esac',
    '    case "$path" in',
    ...nodes.map(bashArm),
    "    esac",
    "  done",
    '  case "$path $previous" in',
    ...bashValueArms(nodes),
    "  esac",
    '  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))',
    '  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  else COMPREPLY=($(compgen -f -- "$current")); fi',
    "}",
    "complete -o default -F _lodestar lodestar",
    "",
  ].join("\n");
}

function zshSafe(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("[", "\\[").replaceAll("]", "\\]").replaceAll(":", "\\:");
}

function zshValue({ takesValue, options, isFile, long }: OfferedFlag): string {
  if (!takesValue) return "";
  if (options.length > 0) return `:${long}:(${options.join(" ")})`;
  return `:${long}:${isFile ? "_files" : ""}`;
}

function zshFlag(flag: OfferedFlag): string {
  const tail = `[${zshSafe(flag.description)}]${zshValue(flag)}`;
  const long = quoted(`--${flag.long}${tail}`);
  return flag.short === null ? long : `${long} ${quoted(`-${flag.short}${tail}`)}`;
}

function zshFunction(name: string, children: readonly CommandNode[], flags: readonly OfferedFlag[]): string {
  const head = `${name}() {`;
  const own = [...flags.map(zshFlag), quoted("--help[show help]")].join(" ");
  if (children.length === 0) return [head, `  _arguments ${own} '*:file:_files'`, "}"].join("\n");
  const rows = children.map(({ words, command }) =>
    quoted(`${words.at(-1) ?? ""}:${zshSafe(command.meta.description)}`),
  );
  return [
    head,
    "  local -a commands; local state line",
    `  commands=(${rows.join(" ")})`,
    `  _arguments -C ${own} '1:command:->command' '*::argument:->argument'`,
    "  case $state in",
    "    command) _describe command commands ;;",
    `    argument) (( $+functions[${name}_$line[1]] )) && ${name}_$line[1] ;;`,
    "  esac",
    "}",
  ].join("\n");
}

/** Completion for zsh, as a file `_lodestar` of `fpath` or to be sourced. */
export function zshCompletion(tree: readonly CommandNode[]): string {
  const functions = flatten(tree).map((node) =>
    zshFunction(["_lodestar", ...node.words].join("_"), node.children, offeredFlags(node.command)),
  );
  return [
    "#compdef lodestar",
    "# zsh completion of lodestar; load it with: source <(lodestar completion zsh)",
    ...functions,
    zshFunction("_lodestar", tree, []),
    'if [ "$funcstack[1]" = "_lodestar" ]; then _lodestar "$@"; else compdef _lodestar lodestar; fi',
    "",
  ].join("\n");
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** The condition under which a node's flags and children are offered. */
function fishCondition({ words, children }: CommandNode): string {
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
  const names = children.map((child) => child.words.at(-1) ?? "");
  return names.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${names.join(" ")}`;
}

function fishLines(node: CommandNode): readonly string[] {
  const condition = fishText(fishCondition(node));
  const flags = offeredFlags(node.command).map(({ long, short, description, takesValue, options, isFile }) => {
    const letter = short === null ? "" : ` -s ${short}`;
    const value = takesValue ? (isFile ? " -rF" : " -x") : "";
    const choices = options.length === 0 ? "" : ` -a ${fishText(options.join(" "))}`;
    return `complete -c lodestar -n ${condition} -l ${long}${letter}${value}${choices} -d ${fishText(description)}`;
  });
  const children = node.children.map(
    ({ words, command }) =>
      `complete -c lodestar -f -n ${condition} -a ${words.at(-1) ?? ""} -d ${fishText(command.meta.description)}`,
  );
  return [...children, ...flags];
}

/** Completion for fish, to be sourced. */
export function fishCompletion(tree: readonly CommandNode[]): string {
  return [
    "# fish completion of lodestar; load it with: lodestar completion fish | source",
    "complete -c lodestar -l help -d 'show help'",
    ...tree.map(
      ({ words, command }) =>
        `complete -c lodestar -f -n __fish_use_subcommand -a ${words[0] ?? ""} -d ${fishText(command.meta.description)}`,
    ),
    ...flatten(tree).flatMap(fishLines),
    "",
  ].join("\n");
}
