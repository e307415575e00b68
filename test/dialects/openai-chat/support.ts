import type { StreamPart } from "../../../src/core/reply.ts";
import type { Part } from "../../../src/core/request.ts";
import type { CostStamp } from "../../../src/core/stamp.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { createSseSplitter, writeSse } from "../../../src/dialects/sse.ts";
import { decodeWith, encodeWith, relayWith } from "../codec.ts";
import { recordings } from "../recordings.ts";

/** A recorded chat stream as the events an upstream would send. */
export interface RecordedStream {
  readonly file: string;
  readonly events: readonly WireEvent[];
}

function framesOf(text: string): readonly WireEvent[] {
  const splitter = createSseSplitter();
  const steps = [splitter.push(new TextEncoder().encode(text)), splitter.end()];
  return steps.flatMap((step) => step.frames.map((frame) => frame.event));
}

/** Every recorded chat stream, `[DONE]` included; the completions one is of the same dialect but another object. */
export function chatStreams(): readonly RecordedStream[] {
  const chunked = recordings({ dialect: "openai-chat", kind: "stream" }).map(({ file, lines }) => ({
    file,
    events: [...lines.map((data) => ({ data })), { data: "[DONE]" }],
  }));
  const framed = recordings({ dialect: "openai-chat", kind: "sse" }).map(({ file, text }) => ({
    file,
    events: framesOf(text),
  }));
  return [...chunked, ...framed];
}

export const STAMP: ReplyStamp = {
  requestedModel: "asked/for",
  requestId: "req_1",
  nowMs: 1_800_000_000_500,
  streamUsage: true,
};

export const COST: CostStamp = {
  costNanoUsd: 1_500_000,
  reason: null,
  inputNanoUsd: 500_000,
  outputNanoUsd: 1_000_000,
  savedNanoUsd: null,
  usageSource: "provider",
  priceId: "price1",
  target: "real/model",
  requestId: "req_1",
};

/** All parts of a stream, with those of its end. */
export function decode(events: readonly WireEvent[]): readonly StreamPart[] {
  return decodeWith(openaiChat, events);
}

/** Parts written as a client of this dialect gets them. */
export function encode(parts: readonly StreamPart[], stamp: ReplyStamp = STAMP): readonly WireEvent[] {
  return encodeWith(openaiChat, parts, stamp, COST);
}

/** Events relayed as the gateway does it. */
export function relayed(events: readonly WireEvent[], stamp: ReplyStamp = STAMP): readonly WireEvent[] {
  return relayWith(openaiChat, events, stamp, COST);
}

/** What an answer says, however it was cut into parts. */
export interface Gist {
  text: string;
  reasoning: string;
  refusal: string;
  calls: { name: string; arguments: string }[];
}

export function gistOf(parts: readonly StreamPart[]): Gist {
  const gist: Gist = { text: "", reasoning: "", refusal: "", calls: [] };
  for (const part of parts) {
    if (part.type === "text-delta") gist.text += part.text;
    if (part.type === "reasoning-delta") gist.reasoning += part.text;
    if (part.type === "refusal-delta") gist.refusal += part.text;
    if (part.type === "tool-call-start") gist.calls.push({ name: part.name, arguments: "" });
    const call = gist.calls.at(-1);
    if (part.type === "tool-call-delta" && call !== undefined) call.arguments += part.arguments;
  }
  return gist;
}

export function gistOfParts(parts: readonly Part[]): Gist {
  const gist: Gist = { text: "", reasoning: "", refusal: "", calls: [] };
  for (const part of parts) {
    if (part.type === "text") gist.text += part.text;
    if (part.type === "reasoning") gist.reasoning += part.text;
    if (part.type === "refusal") gist.refusal += part.text;
    if (part.type === "tool-call") gist.calls.push({ name: part.name, arguments: part.arguments });
  }
  return gist;
}

/** A response whose body is these events, cut into chunks of the given size. */
export function responseOf(events: readonly WireEvent[], chunkBytes: number): Response {
  const bytes = new TextEncoder().encode(events.map(writeSse).join(""));
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + chunkBytes));
      at += chunkBytes;
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
