import { failure, type Result, success } from "../result.ts";
import { closestPlaces } from "./closest.ts";

/** How alike the found place was to what was searched. */
export type MatchLevel = "exact" | "white-space" | "indentation" | "closest";

/** A text after one replacement. */
export interface Replaced {
  readonly text: string;
  readonly level: MatchLevel;
}

/** Why a replacement has no place. */
export interface NoPlace {
  readonly code: "not_found" | "ambiguous";
  /** How many places there are. */
  readonly places: number;
  readonly level: MatchLevel | null;
}

/** A search text and its replacement as lines, and where it should be. */
interface Wanted {
  readonly search: readonly string[];
  readonly replace: readonly string[];
  readonly line: number | null;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** Where `search` stands in `lines`, line by line; the indices of the first lines. */
function places(lines: readonly string[], search: readonly string[], isSame: (left: string, right: string) => boolean) {
  const found: number[] = [];
  for (let start = 0; start + search.length <= lines.length; start += 1) {
    if (search.every((wanted, offset) => isSame(lines[start + offset] ?? "", wanted))) found.push(start);
  }
  return found;
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

function collapsed(line: string): string {
  return indentOf(line) + line.trim().replace(/\s+/g, " ");
}

/** How the found lines are indented beside the searched ones: the same change for all of them; null where it is not. */
function shiftOf(found: readonly string[], search: readonly string[]): readonly [from: string, to: string] | null {
  const first = search.findIndex((line) => line.trim() !== "");
  const [from, to] = [indentOf(search[first] ?? ""), indentOf(found[first] ?? "")];
  const isEven = search.every((line, index) => {
    if (line.trim() === "") return true;
    const before = indentOf(line);
    const after = indentOf(found[index] ?? "");
    return before.startsWith(from)
      ? after === to + before.slice(from.length)
      : from.startsWith(before) && to.startsWith(after);
  });
  return isEven ? [from, to] : null;
}

function shifted(line: string, [from, to]: readonly [string, string]): string {
  if (line.trim() === "") return line;
  const indent = indentOf(line);
  if (indent.startsWith(from)) return to + line.slice(from.length);
  return to.slice(0, Math.max(0, to.length - (from.length - indent.length))) + line.trimStart();
}

interface Level {
  readonly level: MatchLevel;
  find(lines: readonly string[], search: readonly string[]): readonly number[];
}

const LEVELS: readonly Level[] = [
  { level: "exact", find: (lines, search) => places(lines, search, (left, right) => left === right) },
  {
    level: "white-space",
    find: (lines, search) => places(lines, search, (left, right) => collapsed(left) === collapsed(right)),
  },
  {
    level: "indentation",
    find: (lines, search) =>
      places(lines, search, (left, right) => collapsed(left.trim()) === collapsed(right.trim())).filter(
        (start) => shiftOf(lines.slice(start, start + search.length), search) !== null,
      ),
  },
  { level: "closest", find: closestPlaces },
];

/** The place a line number means: the nearest of several, where only one is. */
function nearest(found: readonly number[], line: number | null): number | null {
  if (found.length === 1) return found[0] ?? null;
  if (line === null) return null;
  const sorted = found.toSorted((left, right) => Math.abs(left + 1 - line) - Math.abs(right + 1 - line));
  const [first = 0, second = 0] = sorted;
  return Math.abs(first + 1 - line) < Math.abs(second + 1 - line) ? first : null;
}

function put(
  lines: readonly string[],
  start: number,
  { search, replace }: Wanted,
  level: MatchLevel,
): readonly string[] {
  const found = lines.slice(start, start + search.length);
  const shift = level === "exact" || level === "white-space" ? null : shiftOf(found, search);
  const fresh = shift === null ? replace : replace.map((line) => shifted(line, shift));
  return [...lines.slice(0, start), ...fresh, ...lines.slice(start + search.length)];
}

/** Without blank lines at either end: models add and drop them. */
function trimmed(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return first < 0 ? [] : lines.slice(first, last + 1);
}

function search(
  lines: readonly string[],
  wanted: Wanted,
): Result<{ lines: readonly string[]; level: MatchLevel }, NoPlace> {
  for (const { level, find } of LEVELS) {
    const found = find(lines, wanted.search);
    if (found.length === 0) continue;
    const start = nearest(found, wanted.line);
    if (start === null) return failure({ code: "ambiguous", places: found.length, level });
    return success({ lines: put(lines, start, wanted, level), level });
  }
  return failure({ code: "not_found", places: 0, level: null });
}

/**
 * Replaces the one place of `text` that `searched` means: line by line exactly, else but for white space, else but for an
 * indentation that differs evenly, else the closest by far. Several places at one level are refused, unless `line` says which.
 * The text keeps its line ends, and its last one.
 */
export function replaceOnce(
  text: string,
  searched: string,
  replacement: string,
  line: number | null = null,
): Result<Replaced, NoPlace> {
  const isCrlf = text.includes("\r\n");
  const plain = (value: string): string => value.replaceAll("\r\n", "\n");
  const lines = linesOf(plain(text));
  const whole: Wanted = { search: linesOf(plain(searched)), replace: linesOf(plain(replacement)), line };
  const core: Wanted = { search: trimmed(whole.search), replace: trimmed(whole.replace), line };
  if (core.search.length === 0) return failure({ code: "not_found", places: 0, level: null });
  const first = search(lines, whole);
  const done =
    first.ok || first.error.code === "ambiguous" || core.search.length === whole.search.length
      ? first
      : search(lines, core);
  if (!done.ok) return done;
  const end = plain(text).endsWith("\n") || text === "" ? "\n" : "";
  const joined = done.value.lines.length === 0 ? "" : done.value.lines.join("\n") + end;
  return success({ text: isCrlf ? joined.replaceAll("\n", "\r\n") : joined, level: done.value.level });
}
