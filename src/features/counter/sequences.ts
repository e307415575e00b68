/** Control sequences by their names in ECMA-48 and xterm's `ctlseqs`. Rows and columns count from 1. */
const ESC = "\u001b";
const CSI = `${ESC}[`;

/** Saves the cursor with its attributes and character sets (DECSC). Each screen buffer has one place for it. */
export const SAVE_CURSOR = `${ESC}7`;
/** Restores what {@link SAVE_CURSOR} saved (DECRC). */
export const RESTORE_CURSOR = `${ESC}8`;
/** One line down, scrolling at the end, in the same column (IND). */
export const INDEX = `${ESC}D`;
export const CURSOR_UP = `${CSI}A`;
export const CURSOR_DOWN = `${CSI}B`;
/** Erases from the cursor to the end of the screen (ED 0). */
export const ERASE_BELOW = `${CSI}J`;
export const ERASE_LINE = `${CSI}2K`;
/** The whole screen scrolls (DECSTBM); the cursor goes home. */
export const FULL_REGION = `${CSI}r`;
/** Plain Latin letters and no attributes, whatever was chosen before: SGR 0, G0 = ASCII, shift in. */
export const PLAIN_PEN = `${CSI}0m${ESC}(B\u000f`;
export const REVERSE = `${CSI}7m`;
/** Keeps and brings back the window's title (XTWINOPS 22 and 23). */
export const PUSH_TITLE = `${CSI}22;2t`;
export const POP_TITLE = `${CSI}23;2t`;

/** Only these rows scroll (DECSTBM); the cursor goes home. */
export function scrollRegion(top: number, bottom: number): string {
  return `${CSI}${top};${bottom}r`;
}

/** Moves the cursor (CUP). */
export function moveTo(row: number, column: number): string {
  return `${CSI}${row};${column}H`;
}

/** Moves the cursor up or down in its column (VPA). */
export function moveToRow(row: number): string {
  return `${CSI}${row}d`;
}

/** Sets or resets a private mode (DECSET, DECRST). */
export function privateMode(mode: number, isOn: boolean): string {
  return `${CSI}?${mode}${isOn ? "h" : "l"}`;
}

/** Sets the window's title (OSC 2); control characters would end it early. */
export function windowTitle(text: string): string {
  return `${ESC}]2;${text}\u0007`;
}
