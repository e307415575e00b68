import type { Framing, StreamWriter, WireEvent } from "./dialect.ts";
import { createJsonArraySplitter, createJsonArrayWriter } from "./gemini/json-array.ts";
import { createNdjsonSplitter, writeNdjson } from "./ndjson.ts";
import { createSseSplitter, type SseSplitter, writeSse } from "./sse.ts";

function stateless(write: (event: WireEvent) => string): StreamWriter {
  return { write: (event, raw) => raw ?? write(event), end: () => "" };
}

const WRITERS: Readonly<Record<Framing, () => StreamWriter>> = {
  sse: () => stateless(writeSse),
  ndjson: () => stateless(writeNdjson),
  "json-array": createJsonArrayWriter,
};

const SPLITTERS: Readonly<Record<Framing, () => SseSplitter>> = {
  sse: createSseSplitter,
  ndjson: createNdjsonSplitter,
  "json-array": createJsonArraySplitter,
};

/** The writer of one stream in a framing. */
export function createStreamWriter(framing: Framing): StreamWriter {
  return WRITERS[framing]();
}

/** The splitter of one stream in a framing. */
export function createStreamSplitter(framing: Framing): SseSplitter {
  return SPLITTERS[framing]();
}
