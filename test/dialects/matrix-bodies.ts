import { isJsonObject, type JsonObject, type JsonValue } from "../../src/core/json.ts";
import { readGeminiRecording } from "./matrix-gemini.ts";
import { OLLAMA_BODIES, readOllamaRecording } from "./matrix-ollama.ts";
import { type Answer, readChatRecording, readMessagesRecording, readResponse } from "./matrix-oracle.ts";
import type { Upstream } from "./matrix-upstreams.ts";
import { type Recording, recordings } from "./recordings.ts";

/** A recorded whole answer, and what the oracle says it says. */
export interface Body {
  readonly dialect: Upstream["dialect"];
  readonly recording: Recording;
  readonly json: JsonObject;
  readonly expected: Answer;
}

function firstOf(value: JsonValue | undefined): JsonObject {
  const first = Array.isArray(value) ? value[0] : undefined;
  return isJsonObject(first) ? first : {};
}

/** What a whole chat completion says: a stream of one chunk whose delta is the message. */
export function readChatBody(body: JsonObject): Answer {
  const { message = {}, finish_reason = null } = firstOf(body.choices);
  return readChatRecording([JSON.stringify({ ...body, choices: [{ delta: message, finish_reason }] })]);
}

/** What a whole Messages answer says: a stream whose first event has all of it. */
export function readMessagesBody(body: JsonObject): Answer {
  const stop = { delta: { stop_reason: body.stop_reason ?? null, stop_details: body.stop_details ?? null } };
  return readMessagesRecording([JSON.stringify({ message: body }), JSON.stringify(stop)]);
}

/** What a whole `generateContent` answer says: a stream of one event. */
export function readGeminiBody(body: JsonObject): Answer {
  return readGeminiRecording([JSON.stringify(body)]);
}

const ORACLES: Readonly<Record<Upstream["dialect"], (body: JsonObject) => Answer>> = {
  "openai-chat": readChatBody,
  "openai-responses": readResponse,
  anthropic: readMessagesBody,
  gemini: readGeminiBody,
  ollama: (body) => readOllamaRecording([JSON.stringify(body)]),
};

/** The names by which the recordings' index knows the dialects. */
const INDEX_NAMES = {
  "openai-chat": "openai-chat",
  "openai-responses": "openai-responses",
  anthropic: "anthropic-messages",
  gemini: "gemini-generate",
} as const;

/** The older completions have `text` instead of a message: another format, recorded under the same name. */
function isAnswer(body: JsonObject): boolean {
  return body.object !== "text_completion";
}

function bodyOf(dialect: Body["dialect"], recording: Recording): readonly Body[] {
  const { json } = recording;
  if (!isJsonObject(json) || !isAnswer(json)) return [];
  return [{ dialect, recording, json, expected: ORACLES[dialect](json) }];
}

function bodiesOf(dialect: keyof typeof INDEX_NAMES): readonly Body[] {
  return recordings({ dialect: INDEX_NAMES[dialect], kind: "json" }).flatMap((recording) => bodyOf(dialect, recording));
}

/** Every recorded whole answer; where the data is absent, those of Ollama. */
export const BODIES: readonly Body[] = [
  ...(["openai-chat", "openai-responses", "anthropic", "gemini"] as const).flatMap(bodiesOf),
  ...OLLAMA_BODIES.flatMap((recording) => bodyOf("ollama", recording)),
];
