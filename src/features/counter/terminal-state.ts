import type { ScreenEffect } from "./scan.ts";
import * as sequence from "./sequences.ts";

/** A terminal's size in character cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal smaller than this keeps all its rows for the program. */
const LEAST: Size = { columns: 20, rows: 5 };

const ORIGIN_MODE = 6;

/** Modes that select the alternate screen (xterm); the last one also saves and restores the cursor. */
const ALTERNATE_SCREEN: readonly number[] = [47, 1047, 1049];
const ALTERNATE_WITH_CURSOR = 1049;

/** Private modes that a program must not leave behind, with what they are otherwise: cursor keys, origin, wrap, cursor, mouse, focus, paste, synchronised output. */
const USUAL_MODES: ReadonlyMap<number, boolean> = new Map([
  [1, false],
  [ORIGIN_MODE, false],
  [7, true],
  [25, true],
  [1000, false],
  [1002, false],
  [1003, false],
  [1004, false],
  [1006, false],
  [2004, false],
  [2026, false],
]);

/** What is known of the terminal, from what the program wrote. */
export interface TerminalState {
  size: Size;
  /** The last row shall be ours, where there is room. */
  readonly wantsLine: boolean;
  isAlternate: boolean;
  /** The program saved the cursor and has not restored it, on the normal and on the alternate screen: that place is taken. */
  isSaved: { normal: boolean; alternate: boolean };
  readonly modes: Map<number, boolean>;
  /** The line must be drawn again. */
  isStale: boolean;
  /** Room must be made again. */
  isResized: boolean;
  /** The title that we set last. */
  title: string | null;
}

/** Nothing known yet but the size. */
export function initialState(size: Size, wantsLine: boolean): TerminalState {
  const isSaved = { normal: false, alternate: false };
  const nothing = { isAlternate: false, isSaved, isStale: true, isResized: false, title: null };
  return { size, wantsLine, modes: new Map(), ...nothing };
}

/** Whether the last row is ours. */
export function isLined({ wantsLine, size }: TerminalState): boolean {
  return wantsLine && size.rows >= LEAST.rows && size.columns >= LEAST.columns;
}

function isCursorSaved({ isAlternate, isSaved }: TerminalState): boolean {
  return isSaved[isAlternate ? "alternate" : "normal"];
}

/** Drawing needs the place where the terminal keeps one cursor, and rows that count from the top of the screen. */
export function canDraw(state: TerminalState): boolean {
  return isLined(state) && !isCursorSaved(state) && state.modes.get(ORIGIN_MODE) !== true;
}

/** A sequence that homes the cursor, with the cursor back where it was. */
export function keepingCursor(text: string): string {
  return sequence.SAVE_CURSOR + text + sequence.RESTORE_CURSOR;
}

/** Notes what an effect changes in the terminal. */
export function note(state: TerminalState, effect: ScreenEffect): void {
  const screen = state.isAlternate ? "alternate" : "normal";
  switch (effect.kind) {
    case "save":
      state.isSaved[screen] = true;
      return;
    case "restore":
      state.isSaved[screen] = false;
      return;
    case "reset":
      state.isStale = true;
      if (effect.isHard) forget(state);
      return;
    case "soft-reset":
      state.isSaved[screen] = false;
      state.modes.delete(ORIGIN_MODE);
      return;
    case "mode":
      noteMode(state, effect.mode, effect.isOn);
      return;
    case "erase":
      state.isStale = true;
      return;
    case "margins":
    case "move":
      return;
  }
}

function forget(state: TerminalState): void {
  state.isAlternate = false;
  state.isSaved = { normal: false, alternate: false };
  state.modes.clear();
}

function noteMode(state: TerminalState, mode: number, isOn: boolean): void {
  state.modes.set(mode, isOn);
  if (!ALTERNATE_SCREEN.includes(mode)) return;
  state.isAlternate = isOn;
  state.isStale = true;
  if (isOn) state.isSaved.alternate = false;
  else if (mode === ALTERNATE_WITH_CURSOR) state.isSaved.normal = false;
}

/** What must follow a program's sequence so that our row stays out of its reach. */
export function correction(state: TerminalState, effect: ScreenEffect): string {
  if (!isLined(state)) return "";
  const last = state.size.rows - 1;
  const region = sequence.scrollRegion(1, last);
  switch (effect.kind) {
    case "reset":
      return region;
    case "soft-reset":
      return keepingCursor(region);
    case "mode":
      // Some terminals have a scroll region for each screen, some one for both.
      if (!ALTERNATE_SCREEN.includes(effect.mode)) return "";
      return isCursorSaved(state) ? "" : keepingCursor(region);
    case "margins":
      if (effect.bottom > 0 && effect.bottom <= last) return "";
      return sequence.scrollRegion(effect.top < last ? Math.max(1, effect.top) : 1, last);
    case "move":
      if (effect.row <= last || state.modes.get(ORIGIN_MODE) === true) return "";
      return effect.column === null ? sequence.moveToRow(last) : sequence.moveTo(last, effect.column);
    default:
      return "";
  }
}

/** Makes room below the program after a change of size: what is left of our old line is below the cursor. */
export function roomAgain(state: TerminalState): string {
  const whole = keepingCursor(sequence.FULL_REGION);
  if (!isLined(state)) return whole;
  const rest = keepingCursor(`${sequence.CURSOR_DOWN}\r${sequence.ERASE_BELOW}`);
  return whole + sequence.INDEX + sequence.CURSOR_UP + (state.isAlternate ? "" : rest) + room(state.size);
}

/** Only the rows above ours scroll. */
export function room({ rows }: Size): string {
  return keepingCursor(sequence.scrollRegion(1, rows - 1));
}

/** Switches off what the program left on. */
export function usualModes({ modes }: TerminalState): string {
  const screens = ALTERNATE_SCREEN.filter((mode) => modes.get(mode) === true);
  const others = [...modes].filter(([mode, isOn]) => (USUAL_MODES.get(mode) ?? isOn) !== isOn);
  return [
    ...screens.map((mode) => sequence.privateMode(mode, false)),
    ...others.map(([mode, isOn]) => sequence.privateMode(mode, !isOn)),
  ].join("");
}
