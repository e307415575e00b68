import type { Hunk, HunkLine } from "../../core/diff/patch.ts";
import { readableText } from "../../core/diff/patch.ts";
import { plainText } from "../../terminal/table.ts";
import type { Allowance } from "./allowance.ts";
import { diffWords, type WordDiff } from "./words.ts";

/** A line as it is shown. */
export interface ShownLine {
  readonly kind: "context" | "removed" | "added";
  /** Readable, without tabs and control characters. */
  readonly text: string;
  /** In the file before, or after; null where the line is not there. */
  readonly oldNumber: number | null;
  readonly newNumber: number | null;
  /** What stands behind the text: that no line end follows, or that a carriage return does. */
  readonly ending: "" | "␍" | " (no line end)";
}

/** One row of a hunk: what was there, what is there now, or both. */
export interface Row {
  readonly old: ShownLine | null;
  readonly new: ShownLine | null;
  /** What differs between the two, where both are versions of one line. */
  readonly words: WordDiff | null;
}

const TAB_COLUMNS = 4;
/** Less alike lines are two lines, not two versions of one. */
const LEAST_LIKENESS = 0.35;
/** Larger blocks are paired in their order; smaller ones by what is alike. */
const MOST_COMPARED = 64;

function withoutTabs(text: string): string {
  if (!text.includes("\t")) return text;
  let shown = "";
  for (const [index, part] of text.split("\t").entries()) {
    if (index > 0) shown += " ".repeat(TAB_COLUMNS - (shown.length % TAB_COLUMNS));
    shown += part;
  }
  return shown;
}

/** A line's text as a terminal may get it. */
export function safeText(latin1: string): string {
  return plainText(withoutTabs(readableText(latin1)));
}

function endingOf({ raw }: HunkLine, next: HunkLine | undefined): ShownLine["ending"] {
  if (next?.kind === "no-newline") return " (no line end)";
  return raw.endsWith("\r\n") ? "␍" : "";
}

/** The lines of a hunk with their numbers. */
function shownLines({ lines, oldStart, newStart }: Hunk): readonly ShownLine[] {
  let [oldNumber, newNumber] = [oldStart, newStart];
  return lines.flatMap((line, index) => {
    const { kind } = line;
    if (kind === "no-newline") return [];
    const shown = {
      kind,
      text: safeText(line.text),
      oldNumber: kind === "added" ? null : oldNumber,
      newNumber: kind === "removed" ? null : newNumber,
      ending: endingOf(line, lines[index + 1]),
    };
    if (kind !== "added") oldNumber += 1;
    if (kind !== "removed") newNumber += 1;
    return [shown];
  });
}

/** Compares words while there is time, and only what lines begin and end with afterwards. */
function compare(one: ShownLine, other: ShownLine, allowance: Allowance): WordDiff {
  const isHasty = !allowance.isOpen();
  return allowance.spend(() => diffWords(one.text, other.text, isHasty));
}

function pairInOrder(
  removed: readonly ShownLine[],
  added: readonly ShownLine[],
  allowance: Allowance,
): readonly (readonly [number, number, WordDiff])[] {
  return removed.flatMap((line, index) => {
    const against = added[index];
    if (against === undefined) return [];
    const words = compare(line, against, allowance);
    return words.likeness >= LEAST_LIKENESS ? [[index, index, words] as const] : [];
  });
}

/** Pairs that keep the order of both sides and have the most in common, by dynamic programming. */
function pairAlike(
  removed: readonly ShownLine[],
  added: readonly ShownLine[],
  allowance: Allowance,
): readonly (readonly [number, number, WordDiff])[] {
  const words = removed.map((line) => added.map((other) => compare(line, other, allowance)));
  const best = Array.from({ length: removed.length + 1 }, () => new Array<number>(added.length + 1).fill(0));
  const at = (row: number, column: number): number => best[row]?.[column] ?? 0;
  const gain = (row: number, column: number): number => {
    const likeness = words[row]?.[column]?.likeness ?? 0;
    return likeness >= LEAST_LIKENESS ? at(row + 1, column + 1) + likeness : 0;
  };
  for (let row = removed.length - 1; row >= 0; row -= 1) {
    const line = best[row] ?? [];
    for (let column = added.length - 1; column >= 0; column -= 1) {
      line[column] = Math.max(at(row + 1, column), at(row, column + 1), gain(row, column));
    }
  }
  const pairs: (readonly [number, number, WordDiff])[] = [];
  for (let row = 0, column = 0; row < removed.length && column < added.length; ) {
    const found = words[row]?.[column];
    if (found !== undefined && gain(row, column) > 0 && at(row, column) === gain(row, column)) {
      pairs.push([row, column, found]);
      row += 1;
      column += 1;
    } else if (at(row, column) === at(row + 1, column)) row += 1;
    else column += 1;
  }
  return pairs;
}

function rowsOfBlock(removed: readonly ShownLine[], added: readonly ShownLine[], allowance: Allowance): readonly Row[] {
  if (removed.length === 0 || added.length === 0) {
    return [...removed, ...added].map((line) => ({
      old: line.kind === "removed" ? line : null,
      new: line.kind === "added" ? line : null,
      words: null,
    }));
  }
  const isSmall = removed.length * added.length <= MOST_COMPARED && allowance.isOpen();
  const pairs = (isSmall ? pairAlike : pairInOrder)(removed, added, allowance);
  const rows: Row[] = [];
  let [row, column] = [0, 0];
  const skipTo = (nextRow: number, nextColumn: number): void => {
    for (; row < nextRow; row += 1) rows.push({ old: removed[row] ?? null, new: null, words: null });
    for (; column < nextColumn; column += 1) rows.push({ old: null, new: added[column] ?? null, words: null });
  };
  for (const [nextRow, nextColumn, words] of pairs) {
    skipTo(nextRow, nextColumn);
    rows.push({ old: removed[row] ?? null, new: added[column] ?? null, words });
    row += 1;
    column += 1;
  }
  skipTo(removed.length, added.length);
  return rows;
}

/** A hunk as it is shown: its lines in their order, and in rows with versions of one line beside each other. */
export interface ShownRows {
  readonly lines: readonly ShownLine[];
  readonly rows: readonly Row[];
}

/** The rows of a hunk. Of a merge each line has a row of its own. */
export function rowsOf(hunk: Hunk, allowance: Allowance): ShownRows {
  const lines = shownLines(hunk);
  const rows: Row[] = [];
  let [removed, added]: [ShownLine[], ShownLine[]] = [[], []];
  const flush = (): void => {
    rows.push(...rowsOfBlock(removed, added, allowance));
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === "context" || (line.kind === "removed" && added.length > 0) || hunk.parents > 1) flush();
    if (line.kind === "context") rows.push({ old: line, new: line, words: null });
    else if (line.kind === "removed") removed.push(line);
    else added.push(line);
  }
  flush();
  return { lines, rows };
}
