import OpenAI from "openai";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../../src/core/json.ts";
import type { Reply, StreamPart } from "../../../src/core/reply.ts";
import type { ChatRequest } from "../../../src/core/request.ts";
import { stampFields } from "../../../src/core/stamp.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { writeSse } from "../../../src/dialects/sse.ts";
import { costOf, decodeWith, encodeWith, objectAt } from "../codec.ts";
import { type Recording, recordings } from "../recordings.ts";

export const STAMP: ReplyStamp = {
  requestedModel: "best",
  requestId: "req_1",
  nowMs: 1_795_000_000_000,
  streamUsage: false,
};

export const COST = costOf("openai/gpt-5.6");

export const COST_FIELDS = stampFields(COST);

/** Streams that cannot end well: a real failure, and a hand-made one whose first and last line lack a brace. */
const BROKEN = /openai-error\.1|parallel-tool-call-wrapper\.1/;

/** The recorded streams that end whole, and the two that do not. */
export const STREAMS = recordings({ dialect: "openai-responses", kind: "stream" }).filter(
  ({ file }) => !BROKEN.test(file),
);
export const BROKEN_STREAMS = recordings({ dialect: "openai-responses", kind: "stream" }).filter(({ file }) =>
  BROKEN.test(file),
);
export const BODIES = recordings({ dialect: "openai-responses", kind: "json" });

/** Events under their own names. */
export function named(events: readonly JsonObject[]): readonly WireEvent[] {
  return events.map((event) => ({ event: String(event.type), data: JSON.stringify(event) }));
}

/** The recorded lines as events under their own names. */
export function eventsOf(recording: Pick<Recording, "lines">): readonly WireEvent[] {
  return recording.lines.map((data) => {
    const json = parseJson(data);
    return isJsonObject(json) ? { event: String(json.type), data } : { data };
  });
}

/** The data of an event. */
export function dataOf(event: WireEvent | undefined): JsonObject {
  return objectAt(parseJson(event?.data ?? ""));
}

/** All parts of a stream whose upstream closes after the last event given. */
export function decodeAll(events: readonly WireEvent[], from: Dialect = openaiResponses): readonly StreamPart[] {
  return decodeWith(from, events);
}

/** The events a client gets for these parts. */
export function encodeAll(
  parts: readonly StreamPart[],
  stamp: ReplyStamp = STAMP,
  to: Dialect = openaiResponses,
): readonly WireEvent[] {
  return encodeWith(to, parts, stamp, COST);
}

/** What a client gets through the relay: the cost comes with the event that made the decoder finish, a fault ends it. */
export function relayAll(events: readonly WireEvent[]): readonly WireEvent[] {
  const { decoder, relay } = openaiResponses;
  let relaying = relay.initial(STAMP);
  let decoding = decoder.initial();
  const out: WireEvent[] = [];
  for (const event of events) {
    const [decoded, parts] = decoder.step(decoding, event);
    decoding = decoded;
    const last = parts.at(-1);
    if (last?.type === "error") return [...out, ...(relay.fail?.(relaying, last.fault) ?? [])];
    const [next, more] = relay.step(relaying, event, last?.type === "finish" ? COST : undefined);
    relaying = next;
    out.push(...more);
  }
  const [last] = decoder.end(decoding);
  return [...out, ...(last?.type === "error" ? (relay.fail?.(relaying, last.fault) ?? []) : relay.end(relaying))];
}

/** The stream's bytes on the wire. */
export function bytesOf(events: readonly WireEvent[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(events.map(writeSse).join(""));
}

function clientFor(answer: () => Response): OpenAI {
  const fetch = async (): Promise<Response> => answer();
  return new OpenAI({ apiKey: "x", maxRetries: 0, logLevel: "off", baseURL: "http://upstream.invalid", fetch });
}

function streamed(events: readonly WireEvent[]): Response {
  return new Response(bytesOf(events), { headers: { "content-type": "text/event-stream" } });
}

/** A stream as the official SDK puts it together, checking every event on the way. Rejects where the SDK does. */
export async function readWithSdk(events: readonly WireEvent[]): Promise<OpenAI.Responses.Response> {
  const client = clientFor(() => streamed(events));
  return await client.responses.stream({ model: "best", input: "hi" }).finalResponse();
}

/** The events as the SDK's plain iteration gives them. */
export async function iterateWithSdk(
  events: readonly WireEvent[],
): Promise<readonly OpenAI.Responses.ResponseStreamEvent[]> {
  const stream = await clientFor(() => streamed(events)).responses.create({ model: "best", input: "hi", stream: true });
  const seen: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

/** A whole reply as the official SDK returns it. */
export async function createWithSdk(body: JsonObject, status = 200): Promise<OpenAI.Responses.Response> {
  return await clientFor(() => Response.json(body, { status })).responses.create({ model: "best", input: "hi" });
}

/** The request that a body decodes to. */
export function requestOf(body: JsonObject): ChatRequest {
  const decoded = openaiResponses.decodeRequest(body);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

/** The reply that a body decodes to. */
export function replyOf(body: JsonValue): Reply {
  const decoded = openaiResponses.decodeReply(body);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}
