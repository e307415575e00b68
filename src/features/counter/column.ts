import { displayWidth } from "../../terminal/width.ts";

/**
 * Follows the column of the cursor as far as a program's output tells it, for one question: whether the cursor may wait
 * at the right edge for its line to be broken. Some terminals (xterm.js) forget that when the cursor is saved and restored.
 */
export interface ColumnTracker {
  /** A printed character, given as text. */
  print(character: string): void;
  /** A control character. */
  control(byte: number): void;
  /** A control sequence: its parameters as they stand, and its final byte. */
  sequence(body: string, final: string): void;
  /** An escape sequence without intermediates, by its final byte. */
  escape(final: string): void;
  /** Whether the next character may belong to the next line. */
  mayWrap(): boolean;
}

const TAB_COLUMNS = 8;

function numberAt(body: string, index: number): number {
  return Math.max(1, Number.parseInt(body.split(";")[index] ?? "", 10) || 1);
}

/** The column after a control sequence that neither saves nor restores the cursor. */
function columnAfter(column: number, body: string, final: string): number {
  switch (final) {
    case "H":
    case "f":
      return numberAt(body, 1) - 1;
    case "G":
    case "`":
      return numberAt(body, 0) - 1;
    case "C":
      return column + numberAt(body, 0);
    case "D":
      return Math.max(0, column - numberAt(body, 0));
    case "E":
    case "F":
    case "L":
    case "M":
    case "r":
      return 0;
    default:
      return column;
  }
}

const SAVING_MODES = /^\?104[89]$/;

/** Whether a control sequence saves or restores the cursor. */
function savingOf(body: string, final: string): "save" | "restore" | null {
  if (final === "s" || final === "u") return body === "" ? (final === "s" ? "save" : "restore") : null;
  if ((final !== "h" && final !== "l") || !SAVING_MODES.test(body)) return null;
  return final === "h" ? "save" : "restore";
}

/** Follows the column on a terminal of `columns()` columns, from the left edge on. */
export function trackColumn(columns: () => number): ColumnTracker {
  let column = 0;
  let saved = 0;
  let isPrinted = false;
  const place = (next: number): void => {
    column = Math.min(next, columns() - 1);
    isPrinted = false;
  };
  return {
    print(character) {
      const width = displayWidth(character);
      column = column + width > columns() ? width : column + width;
      isPrinted = true;
    },
    control(byte) {
      const now = Math.min(column, columns() - 1);
      if (byte === 0x0d) place(0);
      else if (byte === 0x08) place(Math.max(0, now - 1));
      else if (byte === 0x09) place((Math.floor(now / TAB_COLUMNS) + 1) * TAB_COLUMNS);
      else if (byte === 0x0a) place(column);
    },
    sequence(body, final) {
      const saving = savingOf(body, final);
      if (saving === "save") saved = column;
      else if (saving === "restore") place(saved);
      // Colours leave a waiting cursor where it is.
      else if (final !== "m") place(columnAfter(Math.min(column, columns() - 1), body, final));
    },
    escape(final) {
      if (final === "7") saved = column;
      else if (final === "8") place(saved);
      else if (final === "c" || final === "E") place(0);
    },
    mayWrap: () => isPrinted && column >= columns(),
  };
}
