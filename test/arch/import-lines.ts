/** One import of a source file, as it is written. */
export interface ImportLine {
  /** What stands between the quotes. */
  readonly specifier: string;
  /** `import type`, `export type`, or a list whose names all say `type`. */
  readonly isTypeOnly: boolean;
  readonly isDynamic: boolean;
  /** 1 for the first line of the file. */
  readonly line: number;
}

/** Characters after which a slash begins a regular expression rather than a division. */
const BEFORE_REGEX = new Set("(,=:[!&|?{};+-*%<>~^\n");
const WORD_BEFORE_REGEX = /\b(?:return|typeof|case|in|of|void|delete|throw|new|else)\s*$/;

function endOfQuoted(source: string, start: number): number {
  const quote = source[start];
  let at = start + 1;
  while (at < source.length && source[at] !== quote) at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

function endOfTemplate(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== "`") {
    if (source.startsWith("${", at)) {
      at = endOfBraces(source, at + 1);
      continue;
    }
    at += source[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

function endOfBraces(source: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < source.length) {
    const next = endOfToken(source, at);
    if (next > at + 1) {
      at = next;
      continue;
    }
    if (source[at] === "{") depth += 1;
    if (source[at] === "}") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return at;
}

function endOfRegex(source: string, start: number): number {
  let isInClass = false;
  let at = start + 1;
  while (at < source.length && source[at] !== "\n" && (isInClass || source[at] !== "/")) {
    if (source[at] === "[") isInClass = true;
    if (source[at] === "]") isInClass = false;
    at += source[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

function isRegexStart(source: string, at: number): boolean {
  const before = source.slice(Math.max(0, at - 20), at).trimEnd();
  return before === "" || BEFORE_REGEX.has(before.slice(-1)) || WORD_BEFORE_REGEX.test(before);
}

/** Where the comment, string, template or regular expression that starts at `at` ends; `at + 1` for any other character. */
function endOfToken(source: string, at: number): number {
  if (source.startsWith("//", at)) {
    const end = source.indexOf("\n", at);
    return end === -1 ? source.length : end;
  }
  if (source.startsWith("/*", at)) {
    const end = source.indexOf("*/", at + 2);
    return end === -1 ? source.length : end + 2;
  }
  const character = source[at];
  if (character === '"' || character === "'") return endOfQuoted(source, at);
  if (character === "`") return endOfTemplate(source, at);
  if (character === "/" && isRegexStart(source, at)) return endOfRegex(source, at);
  return at + 1;
}

/** Code with every comment, regular expression and template blanked, and strings as `"0"`, `"1"`… numbers of `strings`. Lines stay. */
function skeleton(source: string): { readonly code: string; readonly strings: readonly string[] } {
  const strings: string[] = [];
  let code = "";
  let at = 0;
  while (at < source.length) {
    const end = endOfToken(source, at);
    const text = source.slice(at, end);
    const first = text[0] ?? "";
    if (end === at + 1) code += text;
    else if (first === '"' || first === "'") code += `"${strings.push(text.slice(1, -1)) - 1}"`;
    else code += text.replaceAll(/[^\n]/g, " ");
    at = end;
  }
  return { code, strings };
}

const STATIC = /(?<![\w$.])(?:import|export)\b(\s+type\b)?([^;"'()=]*?)(?:\bfrom\s*)?"(\d+)"/g;
const DYNAMIC = /(?<![\w$.])(?:import|require)\s*\(\s*"(\d+)"/g;

function isTypeList(names: string): boolean {
  const list =
    /\{([^}]*)\}/
      .exec(names)?.[1]
      ?.split(",")
      .map((name) => name.trim()) ?? [];
  const named = list.filter((name) => name !== "");
  const hasDefault =
    names
      .replace(/\{[^}]*\}/, "")
      .replace(/\bfrom\b/, "")
      .trim() !== "";
  return named.length > 0 && !hasDefault && named.every((name) => name.startsWith("type "));
}

/** Every import of a TypeScript file: static, type-only, re-exports, `require("…")`, and dynamic `import("…")` in code and in types. */
export function importLines(source: string): readonly ImportLine[] {
  const { code, strings } = skeleton(source);
  const lineAt = (index: number): number => code.slice(0, index).split("\n").length;
  const found: ImportLine[] = [];
  for (const match of code.matchAll(STATIC)) {
    const [, type, names = "", string = ""] = match;
    const isExportWithoutFrom = match[0].startsWith("export") && !/\bfrom\s*"\d+"$/.test(match[0]);
    if (isExportWithoutFrom) continue;
    found.push({
      specifier: strings[Number(string)] ?? "",
      isTypeOnly: type !== undefined || isTypeList(names),
      isDynamic: false,
      line: lineAt(match.index),
    });
  }
  for (const match of code.matchAll(DYNAMIC)) {
    const before = code.slice(Math.max(0, match.index - 40), match.index).trimEnd();
    const isInType = !/\bawait$|=>$|\breturn$|[=(,]$|\?$/.test(before) || /&\s*$|:\s*$|\bas$/.test(before);
    found.push({
      specifier: strings[Number(match[1])] ?? "",
      isTypeOnly: isInType,
      isDynamic: true,
      line: lineAt(match.index),
    });
  }
  return found;
}
