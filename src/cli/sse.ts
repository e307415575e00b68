/** One event of a `text/event-stream`: its name (`message` where none was given) and its data. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

function readEvent(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { event, data: data.join("\n") };
}

/** The events of a stream as they come, however its bytes are cut (WHATWG HTML, server-sent events). */
export async function* readServerEvents(body: AsyncIterable<Uint8Array>): AsyncIterable<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A lone CR at the very end may be half of a CRLF: it waits for the next chunk.
    const isHalf = rest.endsWith("\r");
    const blocks = (isHalf ? rest.slice(0, -1) : rest).replaceAll(/\r\n?/g, "\n").split("\n\n");
    rest = (blocks.pop() ?? "") + (isHalf ? "\r" : "");
    for (const block of blocks) {
      const event = readEvent(block);
      if (event !== null) yield event;
    }
  }
  const last = readEvent(rest.replaceAll(/\r\n?/g, "\n"));
  if (last !== null) yield last;
}
