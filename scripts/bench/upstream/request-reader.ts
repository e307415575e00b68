/** A request as far as the fake upstream cares: its method and path, and the beginning of its body. */
export interface SeenRequest {
  readonly line: string;
  readonly start: string;
}

/** Reads the requests of one connection, one after the other; clients that pipeline are not served. */
export interface RequestReader {
  /** Takes what came; the request when this completed one. */
  push(bytes: Buffer): SeenRequest | null;
}

/** How much of a body is looked at. */
const START_BYTES = 2048;
const HEAD_END = "\r\n\r\n";

/** A reader that counts a long body instead of keeping it. Bodies must state their length. */
export function createRequestReader(): RequestReader {
  let text = "";
  let bodyAt = -1;
  let missing = 0;

  function takeHead(): void {
    const end = text.indexOf(HEAD_END);
    if (end < 0) return;
    bodyAt = end + HEAD_END.length;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
    missing = length - (text.length - bodyAt);
  }

  function finish(): SeenRequest {
    const request = { line: text.slice(0, text.indexOf("\r\n")), start: text.slice(bodyAt) };
    text = "";
    bodyAt = -1;
    return request;
  }

  return {
    push(bytes) {
      if (bodyAt < 0) {
        text += bytes.toString("latin1", 0, bytes.length);
        takeHead();
        return bodyAt >= 0 && missing <= 0 ? finish() : null;
      }
      const room = bodyAt + START_BYTES - text.length;
      if (room > 0) text += bytes.toString("latin1", 0, Math.min(room, bytes.length));
      missing -= bytes.length;
      return missing <= 0 ? finish() : null;
    },
  };
}
