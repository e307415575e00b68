import { displayWidth } from "./width.ts";

/** What stands in one column: a character with its style, or nothing where a wide character before it reaches in. */
interface Cell {
  readonly text: string;
  /** Every style sequence (SGR) in force. */
  readonly style: string;
}

/** A terminal's size. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const ESC = "\u001b";
const RESET = `${ESC}[0m`;
const ERASE_SCREEN = `${ESC}[2J`;
const BLANK: Cell = { text: " ", style: "" };
const REST: Cell = { text: "", style: "" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: style sequences start with ESC.
const STYLE = /\u001b\[([\d;]*)m/y;
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The sequences that are in force after one more: 0 ends all; so do 22, 39 and 49, each for the one that it names. */
function addStyle(style: string, code: string): string {
  if (code === "" || code === "0") return "";
  const ended: Readonly<Record<string, RegExp>> = {
    "22": /\[[12]m/,
    "24": /\[4m/,
    "27": /\[7m/,
    "39": /\[(3[0-7]|9[0-7])m/,
    "49": /\[(4[0-7]|10[0-7])m/,
  };
  const ends = ended[code];
  if (ends === undefined) return `${style}${ESC}[${code}m`;
  const left = style.split(ESC).filter((sequence) => sequence !== "" && !ends.test(sequence));
  return left.map((sequence) => ESC + sequence).join("");
}

/** A styled line as cells, cut or filled up to the width. A wide character that does not fit is left out. */
function cellsOf(line: string, columns: number): readonly Cell[] {
  const cells: Cell[] = [];
  let style = "";
  let at = 0;
  while (at < line.length && cells.length < columns) {
    STYLE.lastIndex = at;
    const match = STYLE.exec(line);
    if (match !== null) {
      style = addStyle(style, match[1] ?? "");
      at = STYLE.lastIndex;
      continue;
    }
    const next = line.indexOf(ESC, at + 1);
    at = addText(cells, line.slice(at, next < 0 ? undefined : next), style, columns) + at;
  }
  while (cells.length < columns) cells.push(BLANK);
  return cells;
}

/** Adds the characters of unstyled text; returns how much of it was read. */
function addText(cells: Cell[], text: string, style: string, columns: number): number {
  for (const { segment } of SEGMENTER.segment(text)) {
    const width = displayWidth(segment);
    if (cells.length + width > columns) return text.length;
    if (width > 0) cells.push({ text: segment, style });
    for (let column = 1; column < width; column += 1) cells.push(REST);
  }
  return text.length;
}

function isSame(left: Cell | undefined, right: Cell | undefined): boolean {
  return left !== undefined && right !== undefined && left.text === right.text && left.style === right.style;
}

/** Where cells differ: `from` inclusive, `to` exclusive, each run beginning and ending with whole characters. */
function changedRuns(before: readonly Cell[], after: readonly Cell[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (let column = 0; column < after.length; column += 1) {
    if (isSame(before[column], after[column])) continue;
    let from = column;
    while (from > 0 && after[from]?.text === "") from -= 1;
    let to = column + 1;
    while (to < after.length && (after[to]?.text === "" || before[to]?.text === "")) to += 1;
    const last = runs.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else runs.push([from, to]);
    column = to - 1;
  }
  return runs;
}

function writeRun(cells: readonly Cell[], row: number, [from, to]: readonly [number, number]): string {
  let style = "";
  let text = `${ESC}[${row + 1};${from + 1}H`;
  for (const cell of cells.slice(from, to)) {
    if (cell.style !== style && cell.text !== "") {
      text += RESET + cell.style;
      style = cell.style;
    }
    text += cell.text;
  }
  return style === "" ? text : text + RESET;
}

/** Draws screens one after another, and writes only what changed. */
export interface ScreenDiff {
  /** What to write so that the terminal shows these lines; empty where it does already. Another size draws everything. */
  draw(lines: readonly string[], size: ScreenSize): string;
  /** Forgets what stands there, so that the next screen is drawn whole. */
  forget(): void;
}

/** Makes a differ for a screen of its own, whose cells are blank after the first `draw` erased them. */
export function createScreenDiff(): ScreenDiff {
  let shown: readonly (readonly Cell[])[] | null = null;
  let shownSize: ScreenSize = { columns: 0, rows: 0 };
  return {
    draw(lines, size) {
      const isFresh = shown === null || shownSize.columns !== size.columns || shownSize.rows !== size.rows;
      const blank = Array.from({ length: size.columns }, () => BLANK);
      const before = isFresh ? [] : (shown ?? []);
      const screen = Array.from({ length: size.rows }, (_, row) => cellsOf(lines[row] ?? "", size.columns));
      const runs = screen.flatMap((cells, row) =>
        changedRuns(before[row] ?? blank, cells).map((run) => writeRun(cells, row, run)),
      );
      [shown, shownSize] = [screen, size];
      return `${isFresh ? RESET + ERASE_SCREEN : ""}${runs.join("")}`;
    },
    forget() {
      shown = null;
    },
  };
}
