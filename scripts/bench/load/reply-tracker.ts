/** What is known of a reply while its bytes come. */
export interface ReplyTracker {
  /** Takes bytes; true when they completed the reply. */
  push(bytes: Buffer): boolean;
  readonly status: number;
  /** Content of the model has come. */
  readonly hasToken: boolean;
  /** A whole JSON reply, or a stream with its last event. */
  readonly isWhole: boolean;
  /** The last characters, for words about a failure. */
  readonly tail: string;
}

const HEAD_END = "\r\n\r\n";
const TOKEN = '"content":"token';
const LAST_CHUNK = "0\r\n\r\n";
const TAIL_CHARS = 200;

/** A proxy may cut chunks anywhere, also inside the last event: the sizes between them are no part of the text. */
function unchunked(text: string): string {
  return text.replace(/\r\n[0-9a-f]+\r\n/gi, "");
}

/**
 * Follows one HTTP/1.1 reply without parsing what need not be: length or end of chunks, status, the first content. Bytes
 * may be cut anywhere. A chunk of a stream of events never looks like the last one.
 */
export function createReplyTracker(): ReplyTracker {
  let head = "";
  let isInBody = false;
  let isChunked = false;
  let missing = 0;
  let bodyBytes = 0;
  const seen = { status: 0, hasToken: false, isWhole: false, tail: "" };

  function takeBody(text: string): boolean {
    const window = seen.tail + text;
    if (!seen.hasToken) seen.hasToken = window.includes(TOKEN);
    seen.tail = window.slice(-TAIL_CHARS);
    bodyBytes += text.length;
    const isDone = isChunked
      ? seen.tail.endsWith(`\r\n${LAST_CHUNK}`) || (bodyBytes === LAST_CHUNK.length && seen.tail === LAST_CHUNK)
      : bodyBytes >= missing;
    if (isDone) seen.isWhole = seen.status === 200 && (!isChunked || unchunked(seen.tail).includes("data: [DONE]"));
    return isDone;
  }

  function takeHead(text: string): boolean {
    head += text;
    const end = head.indexOf(HEAD_END);
    if (end < 0) return false;
    isInBody = true;
    const fields = head.slice(0, end);
    seen.status = Number(fields.slice(9, 12));
    isChunked = /\r\ntransfer-encoding: *chunked/i.test(fields);
    missing = Number(/\r\ncontent-length: *(\d+)/i.exec(fields)?.[1] ?? 0);
    return takeBody(head.slice(end + HEAD_END.length));
  }

  return {
    push(bytes) {
      const text = bytes.toString("latin1", 0, bytes.length);
      return isInBody ? takeBody(text) : takeHead(text);
    },
    get status() {
      return seen.status;
    },
    get hasToken() {
      return seen.hasToken;
    },
    get isWhole() {
      return seen.isWhole;
    },
    get tail() {
      return seen.tail;
    },
  };
}
