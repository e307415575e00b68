import type { Fault } from "../../core/fault.ts";
import type { StreamWriter } from "../dialect.ts";
import type { SseFrame, SseSplitter, SseStep } from "../sse.ts";

/** Default limit of one element: 16 Mi characters, as for SSE. */
const MAX_ELEMENT_CHARS = 16 * 1024 * 1024;

/** Of what is no element, this much is shown. */
const SHOWN_CHARS = 40;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What stands between elements; the array's own brackets and commas say nothing. */
const BETWEEN = /^[\s,[\]]*$/;

function garbage(message: string): Fault {
  return { kind: "garbage", message };
}

/** Where a scan stands: how deep in braces (0 is between elements), and whether inside a string. */
interface Scan {
  depth: number;
  isInString: boolean;
  isEscaped: boolean;
}

/** Moves the scan by one character; true when it closed an element. Brackets need no count, since braces end an element. */
function advance(scan: Scan, code: number): boolean {
  if (scan.isInString) {
    if (scan.isEscaped) scan.isEscaped = false;
    else if (code === BACKSLASH) scan.isEscaped = true;
    else if (code === QUOTE) scan.isInString = false;
    return false;
  }
  if (code === QUOTE) scan.isInString = true;
  else if (code === OPEN_BRACE) scan.depth += 1;
  else if (code === CLOSE_BRACE && scan.depth > 0) {
    scan.depth -= 1;
    return scan.depth === 0;
  }
  return false;
}

/**
 * A splitter for a stream that is one JSON array of objects, with the contract of the SSE splitter: one element is one event,
 * as soon as its last brace came. An object without an array around it is one event too. What is no object between the elements
 * is garbage, and an element cut off by the end of the stream is dropped: the decoder then finds the stream truncated.
 */
export function createJsonArraySplitter(maxElementChars: number = MAX_ELEMENT_CHARS): SseSplitter {
  const decoder = new TextDecoder();
  const scan: Scan = { depth: 0, isInString: false, isEscaped: false };
  let held: string[] = [];
  let heldChars = 0;
  let fault: Fault | undefined;

  function hold(text: string): void {
    if (text !== "") held.push(text);
    heldChars += text.length;
    if (heldChars > maxElementChars)
      fault = garbage(`One element of the upstream's stream is longer than ${maxElementChars} characters.`);
  }

  function takeHeld(text: string): string {
    const whole = held.join("") + text;
    held = [];
    heldChars = 0;
    return whole;
  }

  function frameOf(raw: string): SseFrame {
    const open = raw.indexOf("{");
    if (!BETWEEN.test(raw.slice(0, open)))
      fault = garbage(
        `Between the elements of the upstream's stream stands ${JSON.stringify(raw.slice(0, SHOWN_CHARS))}.`,
      );
    return { event: { data: raw.slice(open) }, raw };
  }

  function step(frames: readonly SseFrame[]): SseStep {
    return fault === undefined ? { frames, heartbeats: 0 } : { frames, heartbeats: 0, fault };
  }

  function take(text: string): SseStep {
    const frames: SseFrame[] = [];
    let start = 0;
    for (let at = 0; at < text.length && fault === undefined; at += 1) {
      if (!advance(scan, text.charCodeAt(at))) continue;
      const frame = frameOf(takeHeld(text.slice(start, at + 1)));
      if (fault === undefined) frames.push(frame);
      start = at + 1;
    }
    if (fault === undefined) hold(text.slice(start));
    return step(frames);
  }

  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      const last = take(decoder.decode());
      const rest = takeHeld("");
      if (fault !== undefined || scan.depth > 0 || BETWEEN.test(rest)) return last;
      fault = garbage(`The upstream's stream ends with ${JSON.stringify(rest.slice(0, SHOWN_CHARS))}.`);
      return step(last.frames);
    },
  };
}

/** A writer of one stream as a JSON array, in Google's layout: `[{…}`, then `,\r\n{…}` for each event, then `]`. */
export function createJsonArrayWriter(): StreamWriter {
  let count = 0;
  return {
    write(event) {
      count += 1;
      return `${count === 1 ? "[" : ",\r\n"}${event.data}`;
    },
    end: () => (count === 0 ? "[]" : "]"),
  };
}
