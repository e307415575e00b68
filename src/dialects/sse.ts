import type { Fault } from "../core/fault.ts";
import type { WireEvent } from "./dialect.ts";

/** One event as it arrived: what it says, and its own text (with its blank line) to pass on verbatim. */
export interface SseFrame {
  readonly event: WireEvent;
  readonly raw: string;
}

/** What one network chunk completed. */
export interface SseStep {
  readonly frames: readonly SseFrame[];
  /** Frames without data that were skipped: comments, pings by comment, `retry:` alone. */
  readonly heartbeats: number;
  /** An event outgrew its limit: the stream is given up, and every later step says the same. */
  readonly fault?: Fault;
}

/** Incremental framing of one `text/event-stream`. It keeps what is incomplete between the calls; feed it in order. */
export interface SseSplitter {
  push(chunk: Uint8Array): SseStep;
  /** The stream closed: an event whose last blank line is missing is completed and returned. */
  end(): SseStep;
}

/** Default limit of one event: 16 Mi characters. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

const LINE_END = /\r\n|\n|\r/;

/** A line end and an empty line; `\r(?!\n)` keeps one CRLF from being read as two line ends. */
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))/g;

/** Longest beginning of a blank line that a chunk can end with. */
const TAIL_CHARS = 3;

/** End (exclusive) of the first event in `text` at or after `from`, or -1. Half a CRLF at the end of the text waits for the rest. */
function frameEnd(text: string, from: number, hasCarriageReturn: boolean): number {
  if (!hasCarriageReturn) {
    const at = text.indexOf("\n\n", from);
    return at < 0 ? -1 : at + 2;
  }
  BLANK_LINE.lastIndex = from;
  const match = BLANK_LINE.exec(text);
  if (match === null) return -1;
  const isHalf = match[0] === "\r\n\r" && BLANK_LINE.lastIndex === text.length;
  return isHalf ? -1 : BLANK_LINE.lastIndex;
}

/**
 * Reads one frame by the rules of the HTML standard, section 9.2.6 (`id` and `retry` mean nothing here);
 * undefined when it has no data.
 */
function parseFrame(raw: string): WireEvent | undefined {
  const firstEnd = raw.indexOf("\n");
  if (firstEnd === raw.length - 2 && raw.startsWith("data: ") && raw.indexOf("\r") < 0) {
    return { data: raw.slice(6, firstEnd) };
  }
  let name = "";
  let data: string | undefined;
  for (const line of raw.split(LINE_END)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data = data === undefined ? value : `${data}\n${value}`;
    if (field === "event") name = value;
  }
  if (data === undefined) return undefined;
  return name === "" ? { data } : { event: name, data };
}

function tooLong(limit: number): Fault {
  return { kind: "garbage", message: `One event of the upstream's stream is longer than ${limit} characters.` };
}

interface Split {
  readonly frames: SseFrame[];
  heartbeats: number;
  rest: string;
}

function splitFrames(text: string, searchFrom: number): Split {
  const split: Split = { frames: [], heartbeats: 0, rest: "" };
  const hasCarriageReturn = text.indexOf("\r") >= 0;
  let start = 0;
  for (let end = frameEnd(text, searchFrom, hasCarriageReturn); end >= 0; ) {
    const raw = text.slice(start, end);
    const event = parseFrame(raw);
    if (event === undefined) split.heartbeats += 1;
    else split.frames.push({ event, raw });
    start = end;
    end = frameEnd(text, start, hasCarriageReturn);
  }
  split.rest = text.slice(start);
  return split;
}

/**
 * A splitter for one stream. Bytes may be cut anywhere, also inside a character or a CRLF; line ends may be LF, CRLF or CR,
 * a byte order mark is dropped, and broken UTF-8 becomes U+FFFD. Text is scanned once, however small the chunks are.
 */
export function createSseSplitter(maxEventChars: number = MAX_EVENT_CHARS): SseSplitter {
  const decoder = new TextDecoder();
  let held: string[] = [];
  let heldChars = 0;
  let tail = "";
  let fault: Fault | undefined;

  function hold(text: string): void {
    held = text === "" ? [] : [text];
    heldChars = text.length;
    tail = text.slice(-TAIL_CHARS);
    if (heldChars > maxEventChars) fault = tooLong(maxEventChars);
  }

  function take(text: string): SseStep {
    if (fault !== undefined) return { frames: [], heartbeats: 0, fault };
    const window = tail + text;
    if (frameEnd(window, 0, window.indexOf("\r") >= 0) < 0) {
      held.push(text);
      heldChars += text.length;
      tail = window.slice(-TAIL_CHARS);
      if (heldChars > maxEventChars) fault = tooLong(maxEventChars);
      return fault === undefined ? { frames: [], heartbeats: 0 } : { frames: [], heartbeats: 0, fault };
    }
    const searchFrom = heldChars - tail.length;
    const { frames, heartbeats, rest } = splitFrames(held.length === 0 ? text : held.join("") + text, searchFrom);
    hold(rest);
    return fault === undefined ? { frames, heartbeats } : { frames, heartbeats, fault };
  }

  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      const text = held.join("") + decoder.decode();
      hold("");
      if (fault !== undefined) return { frames: [], heartbeats: 0, fault };
      if (text.trim() === "") return { frames: [], heartbeats: 0 };
      const { frames, heartbeats } = splitFrames(`${text.replace(/[\r\n]+$/, "")}\n\n`, 0);
      return { frames, heartbeats };
    },
  };
}

/** One event as text for the wire, with its blank line. Data of several lines becomes several `data` fields. */
export function writeSse(event: WireEvent): string {
  const name = event.event === undefined ? "" : `event: ${event.event}\n`;
  if (!event.data.includes("\n")) return `${name}data: ${event.data}\n\n`;
  return `${name}${event.data
    .split("\n")
    .map((line) => `data: ${line}\n`)
    .join("")}\n`;
}
