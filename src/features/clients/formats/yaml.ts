import { type Document, isMap, isNode, isScalar, isSeq, type Pair, parseDocument, stringify, type YAMLSeq } from "yaml";
import { isJsonObject, type JsonValue } from "../../../core/json.ts";
import { failure, type Result, success } from "../../../core/result.ts";
import type { ItemStep, Path } from "../tree.ts";
import { type Broken, type Format, lineEndOf, splice } from "./format.ts";

interface Span {
  readonly start: number;
  readonly end: number;
}

function read(text: string): Result<Document, Broken> {
  const document: Document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return success(document);
  const at = error.linePos?.[0] ?? { line: 1, col: 1 };
  return failure({ line: at.line, column: at.col, message: error.message.split("\n")[0] ?? error.message });
}

/** YAML of a value, each line moved right. */
function render(value: JsonValue, indent: string, text: string): string {
  const lines = stringify(value, { lineWidth: 0 }).split("\n");
  return lines.map((line) => (line === "" ? "" : indent + line)).join(lineEndOf(text));
}

/** The whole lines from the one of `start` to the one in which `end` lies. */
function linesFrom(text: string, start: number, end: number): Span {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  if (end > start && text[end - 1] === "\n") return { start: from, end };
  const next = text.indexOf("\n", end);
  return { start: from, end: next < 0 ? text.length : next + 1 };
}

function endOf(node: unknown, otherwise: number): number {
  return isNode(node) && node.range ? node.range[1] : otherwise;
}

function startOf(node: unknown): number {
  return isNode(node) && node.range ? node.range[0] : 0;
}

function pairSpan(text: string, pair: Pair): Span {
  const start = startOf(pair.key);
  return linesFrom(text, start, endOf(pair.value, endOf(pair.key, start)));
}

function itemSpan(text: string, item: unknown): Span {
  const start = startOf(item);
  return linesFrom(text, text.lastIndexOf("-", start - 1), endOf(item, start));
}

function itemOf(list: YAMLSeq, step: ItemStep, document: Document): unknown {
  return list.items.find((item) => {
    const value: unknown = isNode(item) ? item.toJS(document) : item;
    return isJsonObject(value) && value[step.key] === step.is;
  });
}

/** Puts whole lines at the end of the text. */
function append(text: string, lines: string): string {
  const joint = text === "" || text.endsWith("\n") ? "" : lineEndOf(text);
  return text + joint + lines;
}

function pairOf(document: Document, key: string): Pair | null | undefined {
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return undefined;
  if (!isMap(root) || root.flow === true) return null;
  return root.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function setPair(text: string, document: Document, key: string, value: JsonValue): string | null {
  const old = pairOf(document, key);
  if (old === null) return null;
  const lines = render({ [key]: value }, "", text);
  if (old === undefined) return append(text, lines);
  const place = isScalar(old.value) ? old.value.range : null;
  const isPlain = !Array.isArray(value) && !isJsonObject(value);
  if (isPlain && place && place[1] > place[0]) {
    return splice(text, place[0], place[1], stringify(value, { lineWidth: 0 }).trimEnd());
  }
  const span = pairSpan(text, old);
  return splice(text, span.start, span.end, lines);
}

function setItem(text: string, document: Document, list: YAMLSeq, step: ItemStep, value: JsonValue): string | null {
  const old = itemOf(list, step, document);
  const last = list.items.at(-1);
  if (list.flow === true) {
    if (old !== undefined) return splice(text, startOf(old), endOf(old, 0), JSON.stringify(value));
    return splice(text, endOf(last, 0), endOf(last, 0), `, ${JSON.stringify(value)}`);
  }
  const span = itemSpan(text, old ?? last);
  const indent = /^[ \t]*/.exec(text.slice(span.start))?.[0] ?? "";
  const lines = render([value], indent, text);
  if (old !== undefined) return splice(text, span.start, span.end, lines);
  const joint = text.slice(0, span.end).endsWith("\n") ? "" : lineEndOf(text);
  return splice(text, span.end, span.end, joint + lines);
}

function set(text: string, document: Document, path: Path, value: JsonValue): string | null {
  const [first, second] = path;
  if (first === undefined || path.length > 2) return null;
  const root = document.contents;
  if (typeof first !== "string") {
    if (second !== undefined) return null;
    if (isSeq(root) && root.items.length > 0) return setItem(text, document, root, first, value);
    const isNothing = root === null || (isScalar(root) && root.value === null);
    return isNothing ? append(text, render([value], "", text)) : null;
  }
  if (second === undefined) return setPair(text, document, first, value);
  const list = pairOf(document, first)?.value;
  if (typeof second === "string") return null;
  if (isSeq(list) && list.items.length > 0) return setItem(text, document, list, second, value);
  return setPair(text, document, first, [value]);
}

function remove(text: string, document: Document, path: Path): string | null {
  const [first, second] = path;
  const list = typeof first === "string" ? pairOf(document, first)?.value : document.contents;
  const step = typeof first === "string" ? second : first;
  if (typeof first === "string" && second === undefined) {
    const pair = pairOf(document, first);
    if (pair === null || pair === undefined) return null;
    const span = pairSpan(text, pair);
    return splice(text, span.start, span.end, "");
  }
  if (path.length > 2 || typeof step !== "object" || !isSeq(list)) return null;
  const item = itemOf(list, step, document);
  if (item === undefined || (list.flow === true && list.items.length > 1)) return null;
  if (list.items.length === 1 && typeof first === "string") return setPair(text, document, first, []);
  const span = itemSpan(text, item);
  return splice(text, span.start, span.end, "");
}

/** YAML 1.2: a key of the root, an item of a list under one, or an item of the root. Comments and layout stay. */
export const yaml: Format = {
  empty: () => "",
  parse: (text) => {
    const document = read(text);
    return document.ok ? success((document.value.toJS() as JsonValue | undefined) ?? null) : document;
  },
  set: (text, path, value) => {
    const document = read(text);
    return document.ok ? set(text, document.value, path, value) : null;
  },
  remove: (text, path) => {
    const document = read(text);
    return document.ok ? remove(text, document.value, path) : null;
  },
};
