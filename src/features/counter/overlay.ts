import { createScanner, type Scanner } from "./scan.ts";
import * as sequence from "./sequences.ts";
import {
  canDraw,
  correction,
  initialState,
  isLined,
  keepingCursor,
  note,
  room,
  roomAgain,
  type Size,
  type TerminalState,
  usualModes,
} from "./terminal-state.ts";

/** Where a counter is shown: on the last line with the title in its stead where that cannot be drawn, or in the title only. */
export type Placement = "line" | "title";

/** What an overlay needs to know. */
export interface OverlayOptions {
  readonly size: Size;
  readonly placement: Placement;
  /** The terminal understands titles. */
  readonly hasTitle: boolean;
  /** The counter in at most `width` columns. */
  readonly line: (width: number) => string;
}

/**
 * A line of our own below a program that has the rest of the terminal. It hands out what to write to the terminal; the
 * program's bytes stay as they are and in order, with sequences of ours only between its own.
 */
export interface Overlay {
  /** The size that the program may use. */
  programSize(): Size;
  /** Makes room and draws the line. */
  open(): string;
  /** The program's output, and what keeps our line in place after it. */
  pass(chunk: Uint8Array): Uint8Array;
  /** The line as it is now. Empty while the program is amid a sequence: then it follows the rest of it. */
  refresh(): string;
  /** After the terminal took another size. */
  resize(size: Size): string;
  /** Gives the terminal back, whatever the program left switched on. */
  close(): string;
}

/** Longest title: more is cut off by window lists anyway. */
const TITLE_COLUMNS = 80;

const CANCEL = "\u0018";

interface Parts extends OverlayOptions {
  readonly state: TerminalState;
  readonly scanner: Scanner;
}

function drawTitle({ state, hasTitle, line }: Parts): string {
  const title = line(TITLE_COLUMNS);
  if (!hasTitle || title === state.title) return "";
  const push = state.title === null ? sequence.PUSH_TITLE : "";
  state.title = title;
  return push + sequence.windowTitle(title);
}

function drawLine({ state, line }: Parts): string {
  const { columns, rows } = state.size;
  const start = sequence.moveTo(rows, 1) + sequence.PLAIN_PEN + sequence.ERASE_LINE;
  // Not filled up to the edge: a narrower terminal would break a full row in two.
  return keepingCursor(`${start}${sequence.REVERSE} ${line(columns - 2)} `);
}

/** Whatever is due: room, the line, and the title where there is no line or where it stood in for one. */
function draw(parts: Parts): string {
  const { state, scanner } = parts;
  if (!scanner.isBetween()) return "";
  const again = state.isResized ? roomAgain(state) : "";
  state.isResized = false;
  if (!state.isStale) return again;
  if (!canDraw(state) || scanner.mayWrap()) return again + drawTitle(parts);
  state.isStale = false;
  return again + drawLine(parts) + (state.title === null ? "" : drawTitle(parts));
}

function pass(parts: Parts, chunk: Uint8Array): Uint8Array {
  const { state, scanner } = parts;
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const { effect, end } of scanner.scan(chunk)) {
    note(state, effect);
    const more = correction(state, effect);
    if (more === "") continue;
    pieces.push(chunk.subarray(from, end), Buffer.from(more));
    from = end;
  }
  const after = draw(parts);
  if (from === 0 && after === "") return chunk;
  return Buffer.concat([...pieces, chunk.subarray(from), Buffer.from(after)]);
}

function close({ state, scanner }: Parts): string {
  const { rows } = state.size;
  const last = sequence.FULL_REGION + sequence.moveTo(rows, 1) + sequence.PLAIN_PEN + sequence.ERASE_LINE;
  return [
    scanner.isBetween() ? "" : CANCEL,
    usualModes(state),
    isLined(state) ? keepingCursor(last) : "",
    sequence.PLAIN_PEN,
    state.title === null ? "" : sequence.POP_TITLE,
  ].join("");
}

/** Makes an overlay. The terminal's cursor is wherever it is; nothing is known of what was on the screen before. */
export function createOverlay(options: OverlayOptions): Overlay {
  const state = initialState(options.size, options.placement === "line");
  const parts: Parts = { ...options, state, scanner: createScanner(() => state.size.columns) };
  return {
    programSize: () => ({ columns: state.size.columns, rows: state.size.rows - (isLined(state) ? 1 : 0) }),
    open: () => (isLined(state) ? sequence.INDEX + sequence.CURSOR_UP + room(state.size) : "") + draw(parts),
    pass: (chunk) => pass(parts, chunk),
    refresh() {
      state.isStale = true;
      return draw(parts);
    },
    resize(size) {
      state.size = size;
      state.isResized = state.wantsLine;
      state.isStale = true;
      return draw(parts);
    },
    close: () => close(parts),
  };
}
