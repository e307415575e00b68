import { type ColumnTracker, trackColumn } from "./column.ts";

/** One control function in a program's output that concerns the screen as a whole. */
export type ScreenEffect =
  /** The cursor was saved (DECSC, SCOSC, mode 1048), or restored. */
  | { readonly kind: "save" }
  | { readonly kind: "restore" }
  /** RIS, or DECALN, which also lets the whole screen scroll. */
  | { readonly kind: "reset"; readonly isHard: boolean }
  /** DECSTR: margins and modes go back, the cursor stays. */
  | { readonly kind: "soft-reset" }
  /** DECSTBM; 0 stands for a default. */
  | { readonly kind: "margins"; readonly top: number; readonly bottom: number }
  | { readonly kind: "mode"; readonly mode: number; readonly isOn: boolean }
  /** CUP, HVP or VPA; `column` is null where it stays. */
  | { readonly kind: "move"; readonly row: number; readonly column: number | null }
  /** ED: the rest of the screen, or all of it, was erased. */
  | { readonly kind: "erase" };

/** An effect and the index in the chunk after its last byte. */
export interface Found {
  readonly effect: ScreenEffect;
  readonly end: number;
}

/** Reads a program's output chunk by chunk, however it is cut. */
export interface Scanner {
  /** The effects in this chunk, in order. */
  scan(chunk: Uint8Array): readonly Found[];
  /** Whether something may be inserted here: not inside a control sequence, a string or a character. */
  isBetween(): boolean;
  /** Whether the cursor may wait at the right edge: see {@link ColumnTracker}. */
  mayWrap(): boolean;
}

/** Longer sequences are no control functions that we must know. */
const MOST_PARAMETER_BYTES = 64;

const ESC = 0x1b;
const CAN = 0x18;
const SUB = 0x1a;
const BEL = 0x07;

type State = "ground" | "escape" | "escape-intermediate" | "sequence" | "text" | "text-escape";

/** Final bytes of escape sequences that start a string ended by ST: DCS, SOS, OSC, PM, APC. */
const STRING_STARTS = "PX]^_";

function numbersOf(parameters: string): readonly number[] {
  return parameters.split(";").map((text) => Number.parseInt(text, 10) || 0);
}

function modeEffects(parameters: string, isOn: boolean): readonly ScreenEffect[] {
  return numbersOf(parameters).map((mode) => {
    if (mode !== 1048) return { kind: "mode", mode, isOn };
    return { kind: isOn ? "save" : "restore" };
  });
}

/** What a control sequence does, from what stands between CSI and its final byte. */
function sequenceEffects(body: string, final: string): readonly ScreenEffect[] {
  const isPrivate = body.startsWith("?");
  if (isPrivate && (final === "h" || final === "l")) return modeEffects(body.slice(1), final === "h");
  if (final === "J" && /^\??[02]?$/.test(body)) return [{ kind: "erase" }];
  if (final === "p" && body === "!") return [{ kind: "soft-reset" }];
  if (!/^[\d;:]*$/.test(body)) return [];
  const [first = 0, second = 0] = numbersOf(body);
  switch (final) {
    case "r":
      return [{ kind: "margins", top: first, bottom: second }];
    case "H":
    case "f":
      return [{ kind: "move", row: first, column: Math.max(1, second) }];
    case "d":
      return [{ kind: "move", row: first, column: null }];
    case "s":
      return body === "" ? [{ kind: "save" }] : [];
    case "u":
      return body === "" ? [{ kind: "restore" }] : [];
    default:
      return [];
  }
}

function escapeEffects(intermediates: string, final: string): readonly ScreenEffect[] {
  if (intermediates === "#") return final === "8" ? [{ kind: "reset", isHard: false }] : [];
  if (intermediates !== "") return [];
  if (final === "7") return [{ kind: "save" }];
  if (final === "8") return [{ kind: "restore" }];
  return final === "c" ? [{ kind: "reset", isHard: true }] : [];
}

/** How many bytes follow the first one of a UTF-8 character. */
function followers(byte: number): number {
  if (byte >= 0xf0) return 3;
  if (byte >= 0xe0) return 2;
  return byte >= 0xc0 ? 1 : 0;
}

/** Where a scanner stands. */
interface Position {
  state: State;
  /** Bytes of the open sequence after its introducer. */
  body: string;
  /** A BEL ends the open string too, as xterm has it for OSC. */
  isOsc: boolean;
  /** Bytes of the open character that are still to come, and those that came. */
  missing: number;
  character: number[];
  readonly column: ColumnTracker;
}

const NOTHING: readonly ScreenEffect[] = [];

const DECODER = new TextDecoder();

function inGround(at: Position, byte: number): void {
  if (byte < 0x80) {
    at.missing = 0;
    if (byte < 0x20) at.column.control(byte);
    else if (byte !== 0x7f) at.column.print(String.fromCharCode(byte));
    return;
  }
  const isFollower = byte < 0xc0;
  at.missing = isFollower ? Math.max(0, at.missing - 1) : followers(byte);
  at.character = isFollower ? [...at.character.slice(-3), byte] : [byte];
  if (at.missing === 0) at.column.print(DECODER.decode(Uint8Array.from(at.character)));
}

function inEscape(at: Position, byte: number): readonly ScreenEffect[] {
  const letter = String.fromCharCode(byte);
  if (byte < 0x20) return NOTHING;
  if (byte < 0x30) {
    at.state = "escape-intermediate";
    at.body += letter;
    return NOTHING;
  }
  const isFirst = at.state === "escape";
  if (isFirst && letter === "[") at.state = "sequence";
  else if (isFirst && STRING_STARTS.includes(letter)) {
    at.state = "text";
    at.isOsc = letter === "]";
  } else {
    at.state = "ground";
    if (at.body === "") at.column.escape(letter);
    return escapeEffects(at.body, letter);
  }
  return NOTHING;
}

function inSequence(at: Position, byte: number): readonly ScreenEffect[] {
  // Control characters inside a sequence are carried out and do not end it (ECMA-48 leaves it open, terminals agree).
  if (byte < 0x20) at.column.control(byte);
  if (byte < 0x20 || byte === 0x7f) return NOTHING;
  const letter = String.fromCharCode(byte);
  if (byte < 0x40) {
    if (at.body.length <= MOST_PARAMETER_BYTES) at.body += letter;
    return NOTHING;
  }
  at.state = "ground";
  at.column.sequence(at.body, letter);
  return at.body.length > MOST_PARAMETER_BYTES ? NOTHING : sequenceEffects(at.body, letter);
}

function step(at: Position, byte: number): readonly ScreenEffect[] {
  if (byte === ESC) {
    at.state = at.state === "text" ? "text-escape" : "escape";
    at.body = "";
    at.missing = 0;
    return NOTHING;
  }
  if (byte === CAN || byte === SUB) {
    at.state = "ground";
    at.missing = 0;
    return NOTHING;
  }
  switch (at.state) {
    case "ground":
      inGround(at, byte);
      return NOTHING;
    case "escape":
    case "escape-intermediate":
      return inEscape(at, byte);
    case "sequence":
      return inSequence(at, byte);
    case "text":
      if (byte === BEL && at.isOsc) at.state = "ground";
      return NOTHING;
    case "text-escape":
      // ESC \ ends the string; an ESC with anything else ends it too and starts a sequence of its own.
      at.state = byte === 0x5c ? "ground" : "escape";
      return byte === 0x5c ? NOTHING : inEscape(at, byte);
  }
}

/** Makes a scanner for a terminal of `columns()` columns; it keeps nothing of the output but the few bytes of an open sequence. */
export function createScanner(columns: () => number): Scanner {
  const column = trackColumn(columns);
  const at: Position = { state: "ground", body: "", isOsc: false, missing: 0, character: [], column };
  return {
    scan(chunk) {
      const found: Found[] = [];
      for (let index = 0; index < chunk.length; index++) {
        for (const effect of step(at, chunk[index] ?? 0)) found.push({ effect, end: index + 1 });
      }
      return found;
    },
    mayWrap: () => column.mayWrap(),
    isBetween: () => at.state === "ground" && at.missing === 0,
  };
}
