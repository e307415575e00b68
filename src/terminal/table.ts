import type { Terminal } from "./terminal.ts";
import { cutTo, displayWidth, padTo } from "./width.ts";

/** One column of a table over rows of type `Row`. */
export interface Column<Row> {
  readonly title: string;
  /** The plain text of a cell; line breaks and control characters are shown as spaces. */
  cell(row: Row): string;
  readonly align?: "left" | "right";
  /** May be cut when the table is wider than the terminal; the widest of these gives way first. */
  readonly canShrink?: boolean;
  /** Colours a cell after it was measured. */
  readonly paint?: (text: string, row: Row) => string;
}

const GAP = "  ";
const LEAST_SHRUNK = 8;
// biome-ignore lint/suspicious/noControlCharactersInRegex: cells come from upstreams and clients, and must not steer the terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Text safe to show: control and direction-changing characters become spaces. */
export function plainText(text: string): string {
  return text.replace(CONTROL, " ");
}

function shrink(widths: number[], mayShrink: readonly boolean[], total: number): readonly number[] {
  const result = [...widths];
  const used = (): number => result.reduce((sum, width) => sum + width, 0) + GAP.length * (result.length - 1);
  while (used() > total) {
    let widest = -1;
    for (const [index, width] of result.entries()) {
      if (!mayShrink[index] || width <= LEAST_SHRUNK) continue;
      if (widest < 0 || width > (result[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return result;
    result[widest] = (result[widest] ?? 0) - 1;
  }
  return result;
}

/**
 * A table as lines: a header, then one line a row, columns aligned by display width, trailing spaces removed. Not wider
 * than `columns` where shrinkable columns allow it.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  view: Pick<Terminal, "columns" | "style">,
): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => plainText(column.cell(row))));
  const wanted = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.map((line) => displayWidth(line[index] ?? ""))),
  );
  const mayShrink = columns.map((column) => column.canShrink === true);
  const widths = shrink(wanted, mayShrink, view.columns);
  const line = (texts: readonly string[], paint: (text: string, index: number) => string): string =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        const cut = cutTo(text, width);
        const space = " ".repeat(Math.max(0, width - displayWidth(cut)));
        const painted = cut === "" ? "" : paint(cut, index);
        if (columns[index]?.align === "right") return space + painted;
        return index === texts.length - 1 ? painted : painted + space;
      })
      .join(GAP)
      .trimEnd();
  const titles = columns.map((column) => column.title);
  const header = line(titles, (text) => view.style.bold(text));
  const body = rows.map((row, at) =>
    line(cells[at] ?? [], (text, index) => columns[index]?.paint?.(text, row) ?? text),
  );
  return [header, ...body];
}

/** Prints a table to stdout, or `empty` to stderr when there are no rows. */
export function showTable<Row>(
  terminal: Terminal,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  empty: string,
): void {
  if (rows.length === 0) {
    terminal.talk(empty);
    return;
  }
  for (const line of renderTable(rows, columns, terminal)) terminal.out(line);
}

/** Two columns without a header: names and what they are, as `status` and `show` print them. */
export function renderFacts(
  facts: readonly (readonly [name: string, value: string])[],
  style: Terminal["style"],
): readonly string[] {
  const width = Math.max(0, ...facts.map(([name]) => displayWidth(name)));
  return facts.map(([name, value]) => `${style.dim(padTo(name, width))}${GAP}${value}`.trimEnd());
}
