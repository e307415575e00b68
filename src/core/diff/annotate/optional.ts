import type { Language } from "./language.ts";
import type { Token } from "./tokens.ts";

const CLOSING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
/** Words behind which brackets only group: `return (a)`. */
const BEFORE_GROUP: ReadonlySet<string> = new Set([
  "=",
  "return",
  "assert",
  "yield",
  "if",
  "elif",
  "while",
  "not",
  "in",
]);
/** Words that go on with an expression; any other word behind a bracket begins a statement. */
const GOES_ON: ReadonlySet<string> = new Set(["and", "or", "if", "else", "in", "is", "not", "for", "as", "instanceof"]);
const KEYWORDS_BEFORE_TUPLE: ReadonlySet<string> = new Set([
  ...BEFORE_GROUP,
  "for",
  "is",
  "and",
  "or",
  "lambda",
  "else",
]);

/** A bracket and its partner, and whether a comma divides what stands between them. */
interface Pair {
  readonly open: number;
  readonly close: number;
  readonly commas: number;
}

/** Brackets that are whole in a list of tokens, by their places. */
function pairsOf(tokens: readonly Token[]): readonly Pair[] {
  const open: { readonly at: number; readonly text: string; commas: number }[] = [];
  const pairs: Pair[] = [];
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== "operator") continue;
    const last = open.at(-1);
    if (text === "(" || text === "[" || text === "{") open.push({ at, text, commas: 0 });
    else if (text === "," && last !== undefined) last.commas += 1;
    else if (last !== undefined && CLOSING[text] === last.text) {
      pairs.push({ open: last.at, close: at, commas: last.commas });
      open.pop();
    }
  }
  return pairs;
}

function isScript({ name }: Language): boolean {
  return name === "javascript" || name === "typescript" || name === "component";
}

/** A comma before a closing bracket; in Python not the one that makes a tuple. */
function trailingComma(tokens: readonly Token[], { open, close, commas }: Pair, { name }: Language): number | null {
  if (tokens[close - 1]?.text !== "," || tokens[close - 2]?.text === ",") return null;
  if (name !== "python" || tokens[open]?.text !== "(" || commas > 1) return close - 1;
  const before = tokens[open - 1];
  const isCall =
    before !== undefined && (before.kind === "word" ? !KEYWORDS_BEFORE_TUPLE.has(before.text) : before.text === ")");
  return isCall ? close - 1 : null;
}

/** Whether brackets only group all that stands behind `=`, `return` and the like, or a lone parameter of an arrow. */
function isGroup(tokens: readonly Token[], { open, close }: Pair, language: Language): boolean {
  if (tokens[open]?.text !== "(" || close === open + 1) return false;
  const [before, next] = [tokens[open - 1]?.text ?? "", tokens[close + 1]];
  if (isScript(language) && next?.text === "=>") return close === open + 2;
  const isEnd =
    next === undefined ||
    /^[;:})\],]$/.test(next.text) ||
    (next.kind === "word" && !GOES_ON.has(next.text) && language.name === "python");
  const mayGroup = BEFORE_GROUP.has(before) && (language.name === "python" || before === "=" || before === "return");
  return mayGroup && isEnd && (language.name === "python" || isScript(language));
}

/** A string as it means, where either quote may be used. */
function textOf(token: Token, before: string, after: string, language: Language): string {
  const { kind, text } = token;
  if (kind === "comment") return text.replace(/\s+/g, " ").trim();
  if (language.name === "sql" && kind === "word") return text.toLowerCase();
  if (kind !== "string") return text;
  const mayChange =
    isScript(language) || language.name === "python" || (language.name === "ruby" && !/[\\#]/.test(text));
  const body = /^(["'])(.*)\1$/s.exec(text)?.[2];
  if (!mayChange || body === undefined) return text;
  const isKey = isScript(language) && after === ":" && (before === "{" || before === ",");
  return isKey && /^[A-Za-z_$][\w$]*$/.test(body) ? body : `"${body.replace(/\\(["'])/g, "$1")}"`;
}

/**
 * The tokens of a program without those that formatters add and take away while it stays the same: commas before a closing
 * bracket, semicolons before a line end, brackets around a whole expression, one quote for the other.
 */
export function meaningfulTexts(tokens: readonly Token[], language: Language): readonly string[] {
  const left = new Set<number>();
  for (const pair of pairsOf(tokens)) {
    const comma = trailingComma(tokens, pair, language);
    if (comma !== null) left.add(comma);
    if (isGroup(tokens, pair, language)) {
      left.add(pair.open);
      left.add(pair.close);
    }
  }
  const isFree = (text: string): boolean =>
    (text === ";" && (isScript(language) || language.name === "shell")) ||
    (text === "\\" && (language.name === "python" || language.name === "shell"));
  return tokens.flatMap((token, at) =>
    left.has(at) || (token.kind === "operator" && isFree(token.text))
      ? []
      : [textOf(token, tokens[at - 1]?.text ?? "", tokens[at + 1]?.text ?? "", language)],
  );
}
