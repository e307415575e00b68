import { isJsonObject, type JsonObject, type JsonValue } from "../../../core/json.ts";
import { failure, type Result, success } from "../../../core/result.ts";
import type { Path } from "../tree.ts";
import { type Broken, type Format, lineEndOf, positionAt, splice } from "./format.ts";
import { type Statement, scanToml } from "./toml-scan.ts";

/** What Bun says of a text; null where it is TOML. Bun tells no place. */
function complaintOf(text: string): string | null {
  try {
    Bun.TOML.parse(text);
    return null;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^TOML Parse error: /, "");
  }
}

/** The first statement with which the text breaks. */
function brokenAt(text: string, complaint: string): Broken {
  const statements = scanToml(text);
  const bad = statements.find(({ end }) => complaintOf(text.slice(0, end)) !== null);
  return { line: positionAt(text, bad?.start ?? 0).line, column: null, message: complaint };
}

function parse(text: string): Result<JsonValue, Broken> {
  const plain = text.replace(/^\uFEFF/, "");
  const complaint = complaintOf(plain);
  if (complaint !== null) return failure(brokenAt(plain, complaint));
  // Dates come as text, so all that Bun returns is JSON.
  return success(Bun.TOML.parse(plain) as JsonObject);
}

function renderKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

function renderPair(key: string, value: JsonValue): string | null {
  const text = render(value);
  return text === null ? null : `${renderKey(key)} = ${text}`;
}

/** A value on one line; null for what TOML cannot say. */
function render(value: JsonValue): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) {
    const items = value.map(render);
    return items.includes(null) ? null : `[${items.join(", ")}]`;
  }
  if (!isJsonObject(value)) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, inner]) => renderPair(key, inner));
  if (pairs.includes(null)) return null;
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

function isAt(statement: Statement, path: Path): boolean {
  return statement.path.length === path.length && statement.path.every((part, index) => part === path[index]);
}

function isHeader(statement: Statement): boolean {
  return statement.kind === "table" || statement.kind === "array-table";
}

/** The statements before the first table. */
function rootOf(statements: readonly Statement[]): readonly Statement[] {
  const first = statements.findIndex(isHeader);
  return first < 0 ? statements : statements.slice(0, first);
}

/** The lines of a table: its header to its last pair. */
function tableOf(
  statements: readonly Statement[],
  path: Path,
): { readonly start: number; readonly end: number } | null {
  const index = statements.findIndex((statement) => statement.kind === "table" && isAt(statement, path));
  const header = statements[index];
  if (header === undefined) return null;
  const rest = statements.slice(index + 1);
  const next = rest.findIndex(isHeader);
  const inside = next < 0 ? rest : rest.slice(0, next);
  const last = inside.findLast((statement) => statement.kind === "pair") ?? header;
  return { start: header.start, end: last.end };
}

function setRootPair(text: string, key: string, value: JsonValue): string | null {
  const rendered = render(value);
  if (rendered === null) return null;
  const root = rootOf(scanToml(text));
  const pairs = root.filter((statement) => statement.kind === "pair");
  const old = pairs.find((pair) => isAt(pair, [key]));
  if (old !== undefined) return splice(text, old.valueStart, old.valueEnd, rendered);
  const end = lineEndOf(text);
  const line = `${renderKey(key)} = ${rendered}${end}`;
  const last = pairs.at(-1);
  if (last !== undefined) {
    const joint = text.slice(0, last.end).endsWith("\n") ? "" : end;
    return splice(text, last.end, last.end, joint + line);
  }
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  const isApart = text.length === start || /^\r?\n/.test(text.slice(start));
  return splice(text, start, start, isApart ? line : line + end);
}

function setTable(text: string, path: readonly string[], table: JsonObject): string | null {
  const pairs = Object.entries(table).map(([key, value]) => renderPair(key, value));
  if (pairs.includes(null)) return null;
  const end = lineEndOf(text);
  const block = [`[${path.map(renderKey).join(".")}]`, ...pairs].map((line) => line + end).join("");
  const old = tableOf(scanToml(text), path);
  if (old !== null) return splice(text, old.start, old.end, block);
  const joint = text === "" || text.endsWith("\n") ? "" : end;
  return `${text}${joint}${text.trim() === "" ? "" : end}${block}`;
}

function removeTable(text: string, path: Path): string | null {
  const table = tableOf(scanToml(text), path);
  if (table === null) return null;
  const before = text.slice(0, table.start);
  const gap = /(?:^|\n)(\r?\n)$/.exec(before)?.[1]?.length ?? 0;
  return splice(text, table.start - gap, table.end, "");
}

function keysOf(path: Path): readonly string[] | null {
  const keys = path.filter((step) => typeof step === "string");
  return keys.length === path.length ? keys : null;
}

/**
 * TOML 1.0, as far as clients need it: a key before the first table, or a whole table. Bun parses it; every other byte
 * stays.
 */
export const toml: Format = {
  empty: () => "",
  parse,
  set: (text, path, value) => {
    const keys = keysOf(path);
    const [key] = keys ?? [];
    if (keys === null || key === undefined) return null;
    if (keys.length > 1) return isJsonObject(value) ? setTable(text, keys, value) : null;
    return setRootPair(text, key, value);
  },
  remove: (text, path) => {
    if (path.length > 1) return removeTable(text, path);
    const pair = rootOf(scanToml(text)).find((statement) => statement.kind === "pair" && isAt(statement, path));
    return pair === undefined ? null : splice(text, pair.start, pair.end, "");
  },
};
