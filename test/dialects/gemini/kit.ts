import { type Candidate, type GenerateContentResponse, GoogleGenAI, type Part as SdkPart } from "@google/genai";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { ChatRequest } from "../../../src/core/request.ts";
import { type CostStamp, stampFields } from "../../../src/core/stamp.ts";
import type { Dialect, Encoded, EncodeTarget, ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { createStreamWriter } from "../../../src/dialects/framing.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { costOf, decodeWith, encodeWith, objectAt, overTheWire } from "../codec.ts";
import type { Recording } from "../recordings.ts";

export const STAMP: ReplyStamp = {
  requestedModel: "best",
  requestId: "req_1",
  nowMs: 1_790_000_000_000,
  streamUsage: false,
};

export const COST = costOf("google/gemini");

export const COST_FIELDS: JsonObject = stampFields(COST);

export const TARGET: EncodeTarget = { provider: "google", model: "gemini-3.1-pro-preview" };

/** The value at the end of a path. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);
}

/** The recorded lines as events; Gemini's have no names. */
export function eventsOf(recording: Pick<Recording, "lines">): readonly WireEvent[] {
  return recording.lines.map((data) => ({ data }));
}

/** Events of these bodies. */
export function events(...bodies: readonly JsonObject[]): readonly WireEvent[] {
  return bodies.map((body) => ({ data: JSON.stringify(body) }));
}

/** A decoded request; throws where it is refused. */
export function decoded(body: unknown, model = "best"): ChatRequest {
  const read = gemini.decodeRequest(objectAt(body), model);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

/** A request read and written again in its own dialect. */
export function recoded(body: unknown, target: EncodeTarget = TARGET): Encoded {
  return gemini.encodeRequest(decoded(body), target);
}

/** All parts of a stream; with `isCut` the upstream closes after the last event given. */
export function decodeAll(given: readonly WireEvent[], isCut = true): readonly StreamPart[] {
  return decodeWith(gemini, given, isCut);
}

/** The events a client gets for these parts. */
export function encodeAll(parts: readonly StreamPart[]): readonly WireEvent[] {
  return encodeWith(gemini, parts, STAMP, COST);
}

/** What a client gets through the relay; the cost comes when the upstream closes, as in the gateway. */
export function relayAll(given: readonly WireEvent[], cost: CostStamp | undefined = COST): readonly WireEvent[] {
  let state = gemini.relay.initial(STAMP);
  const out: WireEvent[] = [];
  for (const event of given) {
    const [next, more] = gemini.relay.step(state, event);
    state = next;
    out.push(...more);
  }
  return [...out, ...gemini.relay.end(state, cost)];
}

/** The stream's text on the wire in the dialect's framing. */
export function wireOf(given: readonly WireEvent[], framing: Dialect["framing"] = "sse"): string {
  const writer = createStreamWriter(framing);
  return given.map((event) => writer.write(event)).join("") + writer.end();
}

/** An answer as the official SDK puts it together, over all events of a stream. */
export interface SdkAnswer {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly name: string; readonly args: JsonValue }[];
  readonly signatures: readonly string[];
  readonly finishReason: string | undefined;
  readonly usage: JsonObject;
  readonly model: string | undefined;
}

/** Puts whole calls and calls in pieces together; the SDK hands both on as they come. */
function answerOf(responses: readonly GenerateContentResponse[]): SdkAnswer {
  const candidates = responses.flatMap((response): Candidate[] => response.candidates?.slice(0, 1) ?? []);
  const parts = candidates.flatMap((candidate): SdkPart[] => candidate.content?.parts ?? []);
  const textOf = (isThought: boolean): string =>
    parts.map((part) => ((part.thought === true) === isThought ? (part.text ?? "") : "")).join("");
  const last = responses.findLast((response) => response.usageMetadata !== undefined);
  return {
    text: textOf(false),
    thoughts: textOf(true),
    calls: parts.flatMap(({ functionCall: call }) =>
      call?.name === undefined ? [] : [{ name: call.name, args: overTheWire(call.args ?? {}) }],
    ),
    signatures: parts.flatMap(({ thoughtSignature }) => (thoughtSignature === undefined ? [] : [thoughtSignature])),
    finishReason: candidates.findLast((candidate) => candidate.finishReason !== undefined)?.finishReason,
    usage: objectAt(overTheWire(last?.usageMetadata ?? {})),
    model: responses[0]?.modelVersion,
  };
}

/** The official client, whose every call is answered by `answer`; `seen` collects the requests. */
export function client(answer: () => Response, seen: Request[] = []): GoogleGenAI {
  return new GoogleGenAI({
    apiKey: "test",
    httpOptions: {
      baseUrl: "http://upstream.invalid",
      fetch: async (url, init) => {
        seen.push(new Request(String(url), init as RequestInit));
        return answer();
      },
    },
  });
}

function piecesOf(bytes: Uint8Array<ArrayBuffer>, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      if (from >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(from, from + size));
      from += size;
    },
  });
}

/** A stream as the official SDK reads it, in pieces of 97 bytes. Rejects where the SDK does. */
export function readWithSdk(given: readonly WireEvent[]): Promise<SdkAnswer> {
  return readWireWithSdk(wireOf(given), 97);
}

/** As {@link readWithSdk}, for wire text and pieces of any size. */
export async function readWireWithSdk(wire: string, size: number): Promise<SdkAnswer> {
  const bytes = new TextEncoder().encode(wire);
  const answer = (): Response =>
    new Response(piecesOf(bytes, size), { headers: { "content-type": "text/event-stream" } });
  const stream = await client(answer).models.generateContentStream({ model: "best", contents: "hi" });
  const responses: GenerateContentResponse[] = [];
  for await (const response of stream) responses.push(response);
  return answerOf(responses);
}

/** A whole reply as the official SDK returns it. */
export async function generateWithSdk(body: JsonObject, status = 200): Promise<SdkAnswer> {
  const answer = (): Response => Response.json(body, { status });
  return answerOf([await client(answer).models.generateContent({ model: "best", contents: "hi" })]);
}
