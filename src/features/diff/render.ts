import type { Annotation } from "../../core/diff/annotate/annotate.ts";
import type { Note } from "../../core/diff/note.ts";
import { type FilePatch, type Hunk, pathOf, readableText } from "../../core/diff/patch.ts";
import { plainText } from "../../terminal/table.ts";
import type { Colours } from "../../terminal/terminal.ts";
import { cutTo, displayWidth, padTo, wrapWords } from "../../terminal/width.ts";
import type { Allowance } from "./allowance.ts";
import type { Highlighter } from "./highlight.ts";
import { type PartsOf, partsOfLines } from "./line-parts.ts";
import { paintLine, paintWrapped } from "./paint.ts";
import { rowsOf, type ShownLine, type ShownRows } from "./rows.ts";
import { fileHeading, hunkPlace, hunkVerdict } from "./words-of-hunk.ts";

/** How changes are shown. */
export interface View {
  readonly style: Colours;
  readonly hasColour: boolean;
  /** Columns; the two halves of a side by side view share them. */
  readonly width: number;
  readonly layout: "lines" | "sides" | "words";
  readonly highlighter: Highlighter;
  readonly allowance: Allowance;
}

/** A hunk with what is said of it. */
export interface ShownHunk {
  readonly hunk: Hunk;
  readonly annotation: Annotation;
  readonly notes: readonly Note[];
}

/** A file with its hunks. */
export interface ShownFile {
  readonly file: FilePatch;
  readonly hunks: readonly ShownHunk[];
}

function digitsOf(hunk: Hunk): number {
  return String(Math.max(hunk.oldStart + hunk.oldCount, hunk.newStart + hunk.newCount)).length;
}

const MARKS = { context: " ", removed: "-", added: "+" } as const;

function mark(kind: ShownLine["kind"], style: Colours): string {
  const paint = { context: style.dim, removed: style.red, added: style.green }[kind];
  return paint(MARKS[kind]);
}

function number(value: number | null, digits: number): string {
  return (value === null ? "" : String(value)).padStart(digits);
}

/** Lines below each other, as the patch has them. */
function* asLines({ lines }: ShownRows, digits: number, parts: PartsOf, { style }: View): Generator<string> {
  for (const line of lines) {
    const numbers = `${number(line.oldNumber, digits)} ${number(line.newNumber, digits)}`;
    yield `${style.dim(numbers)} ${mark(line.kind, style)} ${paintLine(parts(line), style)}`.trimEnd();
  }
}

/** Both versions of a changed line in one; `[-…-]{+…+}` stands for colours where there are none, as `git diff --word-diff` writes it. */
function* asWords({ rows }: ShownRows, digits: number, parts: PartsOf, view: View): Generator<string> {
  const { style, hasColour } = view;
  const paint = {
    same: (text: string) => text,
    removed: (text: string) => (hasColour ? style.red(style.inverse(text)) : `[-${text}-]`),
    added: (text: string) => (hasColour ? style.green(style.inverse(text)) : `{+${text}+}`),
  };
  for (const row of rows) {
    const { old, new: after, words } = row;
    if (words === null || old === null || after === null) {
      const lines = [...new Set([old, after])].filter((line) => line !== null);
      yield* asLines({ lines, rows: [] }, digits, parts, view);
      continue;
    }
    const text = words.merged.map((span) => paint[span.kind](span.text)).join("");
    const numbers = `${number(old.oldNumber, digits)} ${number(after.newNumber, digits)}`;
    yield `${style.dim(numbers)} ${style.yellow("~")} ${text}`.trimEnd();
  }
}

const LEAST_HALF = 20;

/** The file before on the left, after on the right; long lines go on below. */
function* asSides({ rows }: ShownRows, digits: number, parts: PartsOf, { style, width }: View): Generator<string> {
  const gutter = digits + 3;
  const half = Math.max(LEAST_HALF, Math.floor((width - 3) / 2));
  const column = half - gutter;
  const blank = " ".repeat(gutter);
  const cells = (line: ShownLine | null, side: "old" | "new"): readonly string[] => {
    if (line === null) return [];
    const { kind, oldNumber, newNumber } = line;
    const head = `${style.dim(number(side === "old" ? oldNumber : newNumber, digits))} ${mark(kind, style)} `;
    return paintWrapped(parts(line), column, style).map((text, index) => (index === 0 ? head : blank) + text);
  };
  for (const row of rows) {
    const left = cells(row.old, "old");
    const right = cells(row.new, "new");
    for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
      yield `${padTo(left[index] ?? "", half)} ${style.dim("│")} ${right[index] ?? ""}`.trimEnd();
    }
  }
}

const LAYOUTS = { lines: asLines, words: asWords, sides: asSides } as const;

function* notesOf(notes: readonly Note[], { style, width }: View): Generator<string> {
  const room = Number.isFinite(width) ? Math.max(LEAST_HALF, width - 6) : 100;
  for (const { line, side, text, model } of notes) {
    const place = side === "old" ? `line ${line} before` : `line ${line}`;
    const rows = wrapWords(plainText(`${place}: ${text} (${model})`), room);
    for (const [index, row] of rows.entries()) yield `  ${index === 0 ? style.cyan("▸") : " "} ${style.cyan(row)}`;
  }
}

async function renderHunk({ hunk, annotation, notes }: ShownHunk, path: string, view: View): Promise<string> {
  const { style, width } = view;
  const rows = rowsOf(hunk, view.allowance);
  const parts = await partsOfLines(rows, path, view);
  const place = cutTo(hunkPlace(hunk), Math.max(LEAST_HALF, width / 2));
  const verdict = hunkVerdict(annotation, style);
  const heading = `${style.cyan("@@")} ${style.cyan(place)}  ${verdict}`;
  const isWide = Number.isFinite(width) && displayWidth(heading) > width;
  const shown = isWide ? [`${style.cyan("@@")} ${style.cyan(place)}`, `   ${verdict}`] : [heading];
  const lines = LAYOUTS[view.layout](rows, digitsOf(hunk), parts, view);
  return [...shown, ...notesOf(notes, view), ...lines, ""].join("\n");
}

/** A file as it is shown, hunk by hunk. */
export async function* renderFile({ file, hunks }: ShownFile, view: View): AsyncGenerator<string> {
  const { style, width } = view;
  const risk = hunks.length === 0 ? null : Math.max(...hunks.map(({ annotation }) => annotation.risk));
  const rule = style.dim("─".repeat(Number.isFinite(width) ? width : 80));
  yield `${rule}\n${fileHeading(file, risk, style)}\n`;
  const path = readableText(pathOf(file));
  for (const hunk of hunks) yield await renderHunk(hunk, path, view);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: of what git or a commit message may write, colours alone are let through.
const COLOUR = /(\u001b\[[0-9;:]*m)/;

/** Text around files (commit messages, statistics): its colours stay where colours are shown, and nothing else may steer the terminal. */
export function renderText(lines: readonly string[], hasColour: boolean): string {
  const shown = lines.map((line) => {
    const parts = readableText(line.replace(/\r?\n$/, "")).split(COLOUR);
    const kept = parts.map((part, index) => (index % 2 === 0 ? plainText(part) : hasColour ? part : ""));
    return `${kept.join("")}\n`;
  });
  return shown.join("");
}
