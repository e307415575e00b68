import Anthropic from "@anthropic-ai/sdk";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import { type CostStamp, stampFields } from "../../../src/core/stamp.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { createSseSplitter, writeSse } from "../../../src/dialects/sse.ts";
import type { Recording } from "../recordings.ts";

export const STAMP: ReplyStamp = {
  requestedModel: "best",
  requestId: "req_1",
  nowMs: 1_790_000_000_000,
  streamUsage: false,
};

export const COST: CostStamp = {
  costNanoUsd: 1_234_000,
  reason: null,
  inputNanoUsd: 234_000,
  outputNanoUsd: 1_000_000,
  savedNanoUsd: null,
  usageSource: "provider",
  priceId: "anthropic/claude",
  target: "anthropic/claude",
  requestId: "req_1",
};

export const COST_FIELDS = stampFields(COST);

/** A value as it comes off the wire: no `undefined`, no `-0`. */
export function overTheWire<Value>(value: Value): JsonValue {
  return parseJson(JSON.stringify(value)) ?? null;
}

/** The object that must stand in this place. */
export function objectAt(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

/** The recorded lines as events under their own names. */
export function eventsOf(recording: Pick<Recording, "lines">): readonly WireEvent[] {
  return recording.lines.map((data) => ({ event: String(objectAt(parseJson(data)).type), data }));
}

/** All parts of a stream; with `isCut` the upstream closes after the last event given. */
export function decodeAll(events: readonly WireEvent[], isCut = true): readonly StreamPart[] {
  let state = anthropic.decoder.initial();
  const parts: StreamPart[] = [];
  for (const event of events) {
    const [next, more] = anthropic.decoder.step(state, event);
    state = next;
    parts.push(...more);
  }
  return isCut ? [...parts, ...anthropic.decoder.end(state)] : parts;
}

/** The events a client gets for these parts; the cost comes with the finish. */
export function encodeAll(parts: readonly StreamPart[], stamp: ReplyStamp = STAMP): readonly WireEvent[] {
  let state = anthropic.encoder.initial(stamp);
  const events: WireEvent[] = [];
  for (const part of parts) {
    const [next, more] = anthropic.encoder.step(state, part, part.type === "finish" ? COST : undefined);
    state = next;
    events.push(...more);
  }
  return events;
}

/** What a client gets through the relay; the cost comes with the event that made the decoder finish, as in the gateway. */
export function relayAll(events: readonly WireEvent[]): readonly WireEvent[] {
  let relay = anthropic.relay.initial(STAMP);
  let decoding = anthropic.decoder.initial();
  const out: WireEvent[] = [];
  for (const event of events) {
    const [decoded, parts] = anthropic.decoder.step(decoding, event);
    decoding = decoded;
    const cost = parts.some((part) => part.type === "finish") ? COST : undefined;
    const [next, more] = anthropic.relay.step(relay, event, cost);
    relay = next;
    out.push(...more);
  }
  return [...out, ...anthropic.relay.end(relay)];
}

/** The events of a stream's bytes, fed in pieces that end at `cuts`. */
export function splitBytes(bytes: Uint8Array, cuts: readonly number[]): readonly WireEvent[] {
  const splitter = createSseSplitter();
  const ends = [...cuts, bytes.length];
  const frames = ends.flatMap((end, index) => splitter.push(bytes.subarray(ends[index - 1] ?? 0, end)).frames);
  return [...frames, ...splitter.end().frames].map(({ event }) => event);
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
