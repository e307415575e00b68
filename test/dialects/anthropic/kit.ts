import Anthropic from "@anthropic-ai/sdk";
import { type JsonObject, parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import { stampFields } from "../../../src/core/stamp.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { writeSse } from "../../../src/dialects/sse.ts";
import { costOf, decodeWith, encodeWith, objectAt, relayWith } from "../codec.ts";
import type { Recording } from "../recordings.ts";

export const STAMP: ReplyStamp = {
  requestedModel: "best",
  requestId: "req_1",
  nowMs: 1_790_000_000_000,
  streamUsage: false,
};

export const COST = costOf("anthropic/claude");

export const COST_FIELDS = stampFields(COST);

/** The recorded lines as events under their own names. */
export function eventsOf(recording: Pick<Recording, "lines">): readonly WireEvent[] {
  return recording.lines.map((data) => ({ event: String(objectAt(parseJson(data)).type), data }));
}

/** All parts of a stream; with `isCut` the upstream closes after the last event given. */
export function decodeAll(events: readonly WireEvent[], isCut = true): readonly StreamPart[] {
  return decodeWith(anthropic, events, isCut);
}

/** The events a client gets for these parts. */
export function encodeAll(parts: readonly StreamPart[], stamp: ReplyStamp = STAMP): readonly WireEvent[] {
  return encodeWith(anthropic, parts, stamp, COST);
}

/** What a client gets through the relay. */
export function relayAll(events: readonly WireEvent[]): readonly WireEvent[] {
  return relayWith(anthropic, events, STAMP, COST);
}

/** The stream's bytes on the wire. */
export function bytesOf(events: readonly WireEvent[]): Uint8Array {
  return new TextEncoder().encode(events.map(writeSse).join(""));
}

/** A stream as the official SDK puts it together. Rejects where the SDK does. */
export async function readWithSdk(events: readonly WireEvent[]): Promise<Anthropic.Message> {
  const body = bytesOf(events);
  const client = new Anthropic({
    apiKey: "test",
    maxRetries: 0,
    baseURL: "http://upstream.invalid",
    fetch: async () => new Response(body.slice(), { headers: { "content-type": "text/event-stream" } }),
  });
  const stream = client.messages.stream({ model: "best", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
  return await stream.finalMessage();
}

/** A whole reply as the official SDK returns it. */
export async function createWithSdk(body: JsonObject, status = 200): Promise<Anthropic.Message> {
  const client = new Anthropic({
    apiKey: "test",
    maxRetries: 0,
    baseURL: "http://upstream.invalid",
    fetch: async () => Response.json(body, { status }),
  });
  return await client.messages.create({ model: "best", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
}
