import type { Fault } from "../core/fault.ts";
import type { WireEvent } from "./dialect.ts";
import type { SseFrame, SseSplitter, SseStep } from "./sse.ts";

/** Default limit of one line: 16 Mi characters, as for SSE. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

function tooLong(limit: number): Fault {
  return { kind: "garbage", message: `One line of the upstream's stream is longer than ${limit} characters.` };
}

/** Cuts whole lines into frames, up to the first that is too long; empty lines only keep the connection alive. */
function splitLines(text: string, maxLineChars: number): SseStep & { readonly rest: string } {
  const frames: SseFrame[] = [];
  let heartbeats = 0;
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    if (end - start > maxLineChars) return { frames, heartbeats, rest: text.slice(start) };
    const raw = text.slice(start, end + 1);
    const data = raw.trim();
    if (data === "") heartbeats += 1;
    else frames.push({ event: { data }, raw });
    start = end + 1;
  }
  return { frames, heartbeats, rest: text.slice(start) };
}

/**
 * A splitter for one `application/x-ndjson` stream, with the contract of the SSE splitter: one line is one event, `raw` has its
 * line end. Bytes may be cut anywhere; line ends may be LF or CRLF; a last line without its end is completed by `end()`.
 */
export function createNdjsonSplitter(maxLineChars: number = MAX_LINE_CHARS): SseSplitter {
  const decoder = new TextDecoder();
  let held: string[] = [];
  let heldChars = 0;
  let fault: Fault | undefined;

  function hold(text: string): void {
    if (text !== "") held.push(text);
    heldChars += text.length;
    if (heldChars > maxLineChars) fault = tooLong(maxLineChars);
  }

  function takeHeld(): string {
    const text = held.join("");
    held = [];
    heldChars = 0;
    return text;
  }

  function step(frames: readonly SseFrame[], heartbeats: number): SseStep {
    return fault === undefined ? { frames, heartbeats } : { frames, heartbeats, fault };
  }

  return {
    push(chunk) {
      if (fault !== undefined) return step([], 0);
      const text = decoder.decode(chunk, { stream: true });
      if (!text.includes("\n")) {
        hold(text);
        return step([], 0);
      }
      const { frames, heartbeats, rest } = splitLines(takeHeld() + text, maxLineChars);
      hold(rest);
      return step(frames, heartbeats);
    },
    end() {
      const text = takeHeld() + decoder.decode();
      if (fault !== undefined || text.trim() === "") return step([], 0);
      const { frames, heartbeats } = splitLines(`${text}\n`, maxLineChars);
      return step(frames, heartbeats);
    },
  };
}

/** One event as a line for the wire. Its data is JSON text, which has no line ends of its own. */
export function writeNdjson(event: WireEvent): string {
  return `${event.data}\n`;
}
