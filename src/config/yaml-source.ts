import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import { failure, type Result, success } from "../core/result.ts";
import type { ConfigProblem, Place } from "./problem.ts";

/** Path of a value: keys of blocks and positions in lists. */
export type ValuePath = readonly (string | number)[];

/** A parsed YAML file: its value, and where each part of it stands. */
export interface YamlSource {
  readonly value: unknown;
  /** Where the key or value at a path stands; the nearest enclosing one that exists if that one does not. */
  readonly place: (path: ValuePath, part: "key" | "value") => Place;
}

const MAX_BYTES = 1_048_576;
const MAX_PROBLEMS = 3;
/** Names that reach into JavaScript's own objects. */
export const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** What to do about the syntax errors that people really make. */
const FIXES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "keep one of the two",
  MULTIPLE_DOCS: "remove the `---` line in the middle; one file holds one configuration",
  MISSING_CHAR: "close the quote or bracket; the file may be half written",
  BAD_INDENT: "close the bracket or align the line with its neighbours; the file may be half written",
  BLOCK_AS_IMPLICIT_KEY: "put the value in quotes, or on a line of its own",
  BAD_SCALAR_START: "put the value in quotes",
  TAG_RESOLVE_FAILED: "remove the `!` tag, or put the value in quotes",
};

type Report = (code: ConfigProblem["code"], offset: number, message: string, fix: string, path?: string) => void;

/** Formats a path as a person would write it: `providers.lab.models[0]`. */
export function formatPath(path: ValuePath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function reportSyntax(document: Document.Parsed, text: string, report: Report): void {
  for (const error of [...document.errors, ...document.warnings].slice(0, MAX_PROBLEMS)) {
    const [start] = error.pos;
    const fix = FIXES[error.code] ?? "see the YAML around this line";
    if (error.code === "DUPLICATE_KEY") {
      const key = /^[^:\n]{1,64}/.exec(text.slice(start))?.[0] ?? "";
      report("duplicate_key", start, `the key "${key}" stands twice in one block`, fix);
      continue;
    }
    const what = error.code === "MULTIPLE_DOCS" ? "more than one YAML document" : error.message;
    report("syntax", start, `is not valid YAML: ${what}`, fix);
  }
}

/** Finds what the YAML parser lets through: unsafe and non-text keys, references to nothing. */
function reportUnsafe(document: Document.Parsed, report: Report): void {
  visit(document, {
    Pair(_, pair) {
      const { key } = pair;
      if (!isScalar(key) || key.value === null || typeof key.value === "object") {
        report("syntax", offsetOf(key), "a key must be plain text", "write `name: value`");
        return;
      }
      if (UNSAFE_KEYS.has(String(key.value))) {
        report("unsafe_key", offsetOf(key), `the key "${String(key.value)}" is not allowed`, "choose another name");
      }
    },
    Alias(_, alias, path) {
      const target = alias.resolve(document);
      const isOwn = path.some((node) => node === target);
      if (target !== undefined && !isOwn) return;
      const what = isOwn ? "what it stands in itself" : "no anchor";
      report("syntax", offsetOf(alias), `*${alias.source} refers to ${what}`, "quote the value if it starts with *");
    },
  });
}

function locate(document: Document.Parsed, path: ValuePath, part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = offsetOf(node);
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) {
      node = node.items[Number(step)];
    } else if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return offset;
      offset = offsetOf(pair.key);
      if (part === "key" && index === path.length - 1) return offset;
      node = pair.value;
    }
    if (!isNode(node)) return offset;
    offset = offsetOf(node);
  }
  return offset;
}

function parse(text: string, file: string): Result<YamlSource, readonly ConfigProblem[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const placeAt = (offset: number): Required<Place> => {
    const { line, col } = lines.linePos(offset);
    return { origin: file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems: ConfigProblem[] = [];
  const report: Report = (code, offset, message, fix, path = "") =>
    problems.push({ code, ...placeAt(offset), path, message, fix });
  reportSyntax(document, text, report);
  if (problems.length === 0) reportUnsafe(document, report);
  if (problems.length > 0) return failure(problems.slice(0, MAX_PROBLEMS));
  return success({
    value: document.toJS({ maxAliasCount: 100 }),
    place: (path, part) => placeAt(locate(document, path, part)),
  });
}

/** Parses YAML with positions. Never throws: what cannot be read, however broken, is a list of problems. */
export function readYaml(text: string, file: string): Result<YamlSource, readonly ConfigProblem[]> {
  const whole = { origin: file, line: 1, column: 1, path: "" };
  if (text.length > MAX_BYTES) {
    const message = `is larger than ${MAX_BYTES} bytes`;
    return failure([{ code: "unreadable", ...whole, message, fix: "is this the right file?" }]);
  }
  try {
    return parse(text, file);
  } catch (error) {
    // The parser recurses over nesting, and refuses aliases that multiply without end.
    const message = `is nested too deeply or refers to itself too often (${error instanceof Error ? error.name : "error"})`;
    return failure([{ code: "syntax", ...whole, message, fix: "flatten it" }]);
  }
}
