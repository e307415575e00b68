import type { JsonValue } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Entry } from "./client.ts";
import type { Broken, Format } from "./formats/format.ts";
import { depthOf, isEmptyContainer, type Path, pathText, valueAt, withoutValueAt, withValueAt } from "./tree.ts";

/** What was written at a path, and what it takes to undo it. */
export interface Mark {
  readonly path: Path;
  readonly value: JsonValue;
  readonly isOurs: boolean;
  /** What stood there before; absent where nothing did. */
  readonly previous?: JsonValue;
  /** How many steps of the path led somewhere before. */
  readonly depth: number;
}

/** Why a text was left as it is. */
export type EditProblem =
  | { readonly kind: "broken"; readonly broken: Broken }
  /** It parses, but nothing of ours can be written at `path` without changing what is the user's. */
  | { readonly kind: "unfit"; readonly path: string };

/** A text with Lodestar's part in it. */
export interface Edited {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/** A text without Lodestar's part; `kept` are paths that somebody changed since, so they stay. */
export interface Cleaned {
  readonly text: string;
  readonly kept: readonly string[];
}

function isNothing(value: JsonValue | null): boolean {
  return value === null || isEmptyContainer(value);
}

/** Whether a text says exactly `wanted`: the proof that an edit changed nothing else. */
function says(format: Format, text: string, wanted: JsonValue): boolean {
  const parsed = format.parse(text);
  return parsed.ok && (Bun.deepEquals(parsed.value, wanted) || (isNothing(parsed.value) && isNothing(wanted)));
}

function markOf(entry: Entry, document: JsonValue): Mark {
  const { path, value, isOurs = false } = entry;
  const previous = valueAt(document, path);
  const depth = depthOf(document, path);
  return { path, value, isOurs, depth, ...(previous === undefined ? {} : { previous }) };
}

/**
 * Writes entries into a text. What stands there already is not written again, and the outcome is checked against the
 * parsed document: a text in which anything else would change is left alone.
 */
export function writeEntries(before: string, format: Format, entries: readonly Entry[]): Result<Edited, EditProblem> {
  const isList = typeof entries[0]?.path[0] === "object";
  let text = before.trim() === "" ? before + format.empty(isList) : before;
  const parsed = format.parse(text);
  if (!parsed.ok) return failure({ kind: "broken", broken: parsed.error });
  let document: JsonValue = parsed.value;
  const marks: Mark[] = [];
  for (const entry of entries) {
    const old = valueAt(document, entry.path);
    if (entry.isDefault === true && old !== undefined) continue;
    if (!Bun.deepEquals(old, entry.value)) {
      const edited = format.set(text, entry.path, entry.value);
      const next = withValueAt(document, entry.path, entry.value);
      if (edited === null || next === null) return failure({ kind: "unfit", path: pathText(entry.path) });
      marks.push(markOf(entry, document));
      text = edited;
      document = next;
    }
  }
  const [first] = marks;
  if (first === undefined) return success({ text: before, marks });
  return says(format, text, document)
    ? success({ text, marks })
    : failure({ kind: "unfit", path: pathText(first.path) });
}

/** The text without one mark, then without the containers that only it needed. Null when that cannot be done. */
function withoutMark(text: string, format: Format, mark: Mark, document: JsonValue): string | null {
  if (mark.previous !== undefined) return format.set(text, mark.path, mark.previous);
  let cleaned = format.remove(text, mark.path);
  let rest = withoutValueAt(document, mark.path);
  for (let length = mark.path.length - 1; length > mark.depth && length > 0; length -= 1) {
    const parent = mark.path.slice(0, length);
    if (cleaned === null || !isEmptyContainer(valueAt(rest, parent))) break;
    const parsed = format.parse(cleaned);
    if (parsed.ok && valueAt(parsed.value, parent) !== undefined) cleaned = format.remove(cleaned, parent);
    rest = withoutValueAt(rest, parent);
  }
  return cleaned;
}

function expectedWithout(mark: Mark, document: JsonValue): JsonValue {
  if (mark.previous !== undefined) return withValueAt(document, mark.path, mark.previous) ?? document;
  let rest = withoutValueAt(document, mark.path);
  for (let length = mark.path.length - 1; length > mark.depth && length > 0; length -= 1) {
    const parent = mark.path.slice(0, length);
    if (!isEmptyContainer(valueAt(rest, parent))) break;
    rest = withoutValueAt(rest, parent);
  }
  return rest;
}

/** Takes Lodestar's part out of a text that others changed since it was written. */
export function removeMarks(before: string, format: Format, marks: readonly Mark[]): Result<Cleaned, EditProblem> {
  let text = before;
  const kept: string[] = [];
  for (const mark of marks.toReversed()) {
    const parsed = format.parse(text);
    if (!parsed.ok) return failure({ kind: "broken", broken: parsed.error });
    const now = valueAt(parsed.value, mark.path);
    if (now === undefined) continue;
    if (!mark.isOurs && !Bun.deepEquals(now, mark.value)) {
      kept.push(pathText(mark.path));
      continue;
    }
    const cleaned = withoutMark(text, format, mark, parsed.value);
    if (cleaned === null || !says(format, cleaned, expectedWithout(mark, parsed.value))) {
      return failure({ kind: "unfit", path: pathText(mark.path) });
    }
    text = cleaned;
  }
  return success({ text, kept: kept.toReversed() });
}
