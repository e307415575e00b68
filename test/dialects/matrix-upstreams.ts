import { isJsonObject, parseJson } from "../../src/core/json.ts";
import type { WireEvent } from "../../src/dialects/dialect.ts";
import { createStreamWriter } from "../../src/dialects/framing.ts";
import { dialectOf, type Spoken } from "./matrix-codec.ts";
import { readGeminiRecording } from "./matrix-gemini.ts";
import { OLLAMA_STREAMS, readOllamaRecording } from "./matrix-ollama.ts";
import { type Answer, readChatRecording, readMessagesRecording, readResponsesRecording } from "./matrix-oracle.ts";
import { type Recording, recordings } from "./recordings.ts";

/** A recorded stream as a provider sends it, and what the oracle says it says. */
export interface Upstream {
  readonly dialect: Spoken;
  readonly recording: Recording;
  readonly wire: string;
  readonly events: readonly WireEvent[];
  readonly expected: Answer;
}

function eventsOf(recording: Recording, dialect: Spoken): readonly WireEvent[] {
  const isNamed = dialect === "openai-responses" || dialect === "anthropic";
  const events = recording.lines.map((data): WireEvent => {
    const json = isNamed ? parseJson(data) : undefined;
    return isJsonObject(json) && typeof json.type === "string" ? { event: json.type, data } : { data };
  });
  return dialect === "openai-chat" ? [...events, { data: "[DONE]" }] : events;
}

const ORACLES: Readonly<Record<Upstream["dialect"], (lines: readonly string[]) => Answer>> = {
  "openai-chat": readChatRecording,
  "openai-responses": readResponsesRecording,
  anthropic: readMessagesRecording,
  gemini: readGeminiRecording,
  ollama: readOllamaRecording,
};

function upstreamOf(dialect: Upstream["dialect"], recording: Recording): Upstream {
  const events = eventsOf(recording, dialect);
  const expected = ORACLES[dialect](recording.lines);
  const writer = createStreamWriter(dialectOf[dialect].framing);
  const wire = events.map((event) => writer.write(event)).join("");
  return { dialect, recording, events, wire, expected };
}

/** A failure of the provider, and lines without their braces: neither is an answer. Their own test reads them. */
function isWhole({ file }: Recording): boolean {
  return !/openai-error\.1|parallel-tool-call-wrapper\.1/.test(file);
}

/** The older completions carry `text` instead of deltas: another format, recorded under the same name. */
function isChat({ text }: Recording): boolean {
  return !text.includes('"object":"text_completion"');
}

/** The Live API has events of its own; one recording of it is indexed beside these. */
function isGenerate({ text }: Recording): boolean {
  return !text.includes('"serverContent"');
}

/** Every recorded stream; where the data is absent, those of Ollama. */
export const UPSTREAMS: readonly Upstream[] = [
  ...recordings({ dialect: "openai-chat", kind: "stream" })
    .filter(isChat)
    .map((recording) => upstreamOf("openai-chat", recording)),
  ...recordings({ dialect: "openai-responses", kind: "stream" })
    .filter(isWhole)
    .map((recording) => upstreamOf("openai-responses", recording)),
  ...recordings({ dialect: "anthropic-messages", kind: "stream" }).map((recording) =>
    upstreamOf("anthropic", recording),
  ),
  ...recordings({ dialect: "gemini-generate", kind: "stream" })
    .filter(isGenerate)
    .map((recording) => upstreamOf("gemini", recording)),
  ...OLLAMA_STREAMS.map((recording) => upstreamOf("ollama", recording)),
];
