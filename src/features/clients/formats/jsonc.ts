import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { isJsonObject, type JsonValue } from "../../../core/json.ts";
import { failure, type Result, success } from "../../../core/result.ts";
import type { ItemStep, Path, Step } from "../tree.ts";
import { type Broken, type Format, lineEndOf, positionAt, splice } from "./format.ts";

const OPTIONS = { allowTrailingComma: true, disallowComments: false };
const BYTE_ORDER_MARK = "\uFEFF";

function words(error: ParseError): string {
  const name = printParseErrorCode(error.error).replaceAll(/([A-Z])/g, " $1");
  return name.trim().toLowerCase();
}

function treeOf(text: string): Result<Node, Broken> {
  const errors: ParseError[] = [];
  const source = text.startsWith(BYTE_ORDER_MARK) ? ` ${text.slice(1)}` : text;
  const root = parseTree(source, errors, OPTIONS);
  const [error] = errors;
  if (error !== undefined) return failure({ ...positionAt(text, error.offset), message: words(error) });
  return root === undefined ? failure({ line: 1, column: 1, message: "there is no value" }) : success(root);
}

/** The value of a node; of a key that comes twice the last one counts, as for `JSON.parse`. */
function plainValue(node: Node): JsonValue {
  if (node.type === "array") return (node.children ?? []).map(plainValue);
  if (node.type !== "object") return (node.value ?? null) as JsonValue;
  return Object.fromEntries((node.children ?? []).map((pair) => [keyOf(pair), pairValue(pair)])) as JsonValue;
}

function keyOf(pair: Node): string {
  return String(pair.children?.[0]?.value);
}

function pairValue(pair: Node): JsonValue {
  const value = pair.children?.[1];
  return value === undefined ? null : plainValue(value);
}

function isItem(node: Node, step: ItemStep): boolean {
  const value = plainValue(node);
  return isJsonObject(value) && value[step.key] === step.is;
}

/** The pair or item of a container that a step means. */
function memberOf(container: Node, step: Step): Node | undefined {
  const members = container.children ?? [];
  if (typeof step !== "string") return members.find((item) => isItem(item, step));
  return container.type === "object" ? members.findLast((pair) => keyOf(pair) === step) : undefined;
}

function contentOf(member: Node): Node | undefined {
  return member.type === "property" ? member.children?.[1] : member;
}

/** The white space before the first thing on the line of an offset. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

/** What one level of the document is indented by; two spaces where nothing tells. */
function unitOf(text: string): string {
  return /^[\uFEFF\s]*[[{][^\n]*\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
}

function render(value: JsonValue, text: string, indent: string): string {
  const lines = JSON.stringify(value, null, unitOf(text)).split("\n");
  return lines.map((line, at) => (at === 0 ? line : indent + line)).join(lineEndOf(text));
}

/** Offset of the comma that follows `from` before anything but comments, or -1. */
function commaAfter(text: string, from: number): number {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  scanner.scan();
  const offset = scanner.getTokenOffset();
  return text[offset] === "," ? offset : -1;
}

/** Where the white space before the closing bracket of a container starts. */
function tailOf(text: string, container: Node): number {
  const close = container.offset + container.length - 1;
  const inside = text.slice(0, close);
  return inside.length - (/\s*$/.exec(inside)?.[0].length ?? 0);
}

/** Whether a container is written over several lines. */
function isTall(text: string, container: Node): boolean {
  return text.slice(container.offset, container.offset + container.length).includes("\n");
}

/** Adds a member as the last one of a container: after the comments at its end, with the comma after the member before. */
function append(text: string, container: Node, key: string | null, value: JsonValue): string {
  const last = container.children?.at(-1);
  const label = key === null ? "" : `${JSON.stringify(key)}: `;
  if (last !== undefined && !isTall(text, container)) {
    const end = last.offset + last.length;
    return splice(text, end, end, `, ${label}${JSON.stringify(value)}`);
  }
  const outer = indentAt(text, container.offset);
  const hasOwnLine = last !== undefined && text.slice(container.offset, last.offset).includes("\n");
  const indent = hasOwnLine ? indentAt(text, last.offset) : outer + unitOf(text);
  const line = `${lineEndOf(text)}${indent}${label}${render(value, text, indent)}`;
  const tail = tailOf(text, container);
  const close = isTall(text, container) ? "" : lineEndOf(text) + outer;
  const isClosed = last === undefined || commaAfter(text, last.offset + last.length) >= 0;
  const added = splice(text, tail, tail, line + close);
  const end = last === undefined ? 0 : last.offset + last.length;
  return isClosed ? added : splice(added, end, end, ",");
}

/** A value for the rest of a path whose containers do not exist yet. */
function nest(path: Path, value: JsonValue): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  return typeof step === "string" ? { [step]: nest(rest, value) } : [nest(rest, value)];
}

function setIn(text: string, node: Node, path: Path, value: JsonValue): string | null {
  const [step, ...rest] = path;
  if (step === undefined || (node.type === "null" && path.length > 0)) {
    const indent = indentAt(text, node.offset);
    return splice(text, node.offset, node.offset + node.length, render(nest(path, value), text, indent));
  }
  if (node.type !== (typeof step === "string" ? "object" : "array")) return null;
  const member = memberOf(node, step);
  const content = member === undefined ? undefined : contentOf(member);
  if (content !== undefined) return setIn(text, content, rest, value);
  return append(text, node, typeof step === "string" ? step : null, nest(rest, value));
}

/** Where the gap before a member starts: its line end and indentation, or just the spaces. */
function gapBefore(text: string, offset: number): number {
  const before = text.slice(0, offset);
  const gap = /(?:\r?\n)?[ \t]*$/.exec(before)?.[0] ?? "";
  return offset - gap.length;
}

function removeFrom(text: string, container: Node, member: Node): string {
  const end = member.offset + member.length;
  const comma = commaAfter(text, end);
  const start = gapBefore(text, member.offset);
  if (comma >= 0) return splice(text, start, comma + 1, "");
  const members = container.children ?? [];
  const before = members[members.indexOf(member) - 1];
  const cut = splice(text, start, end, "");
  if (before === undefined) return cut;
  const separator = commaAfter(text, before.offset + before.length);
  return splice(cut, separator, separator + 1, "");
}

function removeIn(text: string, node: Node, path: Path): string | null {
  const [step, ...rest] = path;
  const member = step === undefined ? undefined : memberOf(node, step);
  const content = member === undefined ? undefined : contentOf(member);
  if (member === undefined || content === undefined) return null;
  return rest.length === 0 ? removeFrom(text, node, member) : removeIn(text, content, rest);
}

/** JSON with comments and trailing commas, as editors and most coding tools read it. Comments and layout stay. */
export const jsonc: Format = {
  empty: (isList) => (isList ? "[]\n" : "{}\n"),
  parse: (text) => {
    const tree = treeOf(text);
    return tree.ok ? success(plainValue(tree.value)) : tree;
  },
  set: (text, path, value) => {
    const tree = treeOf(text);
    return tree.ok ? setIn(text, tree.value, path, value) : null;
  },
  remove: (text, path) => {
    const tree = treeOf(text);
    return tree.ok ? removeIn(text, tree.value, path) : null;
  },
};
