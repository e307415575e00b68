import type { DialectName } from "../../../src/core/request.ts";
import { dataRoot, recordings } from "../../dialects/recordings.ts";
import { chatChunks, chatReply } from "../../support/chat-chunks.ts";
import { messagesEvents, messagesReply, ollamaLines, ollamaReply } from "../../support/other-replies.ts";
import { damageOften } from "./bytes.ts";
import type { Chance } from "./chance.ts";

/** The dialects of upstreams. */
export const SPEECHES: readonly DialectName[] = ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"];

/** Whole streams of one dialect, each a list of events as wire text, and whole replies. */
interface Stock {
  readonly streams: readonly (readonly string[])[];
  readonly replies: readonly string[];
}

const WORDS = 'one two three, \u{1F600} \u00e9\u4e16 "quoted" \\n {}'.split(/(?= )/);

function sseEvents(lines: readonly string[], isNamed: boolean): readonly string[] {
  const named = (line: string): string => {
    const type = /"type":\s*"([a-z_.]+)"/.exec(line)?.[1];
    return isNamed && type !== undefined ? `event: ${type}\ndata: ${line}\n\n` : `data: ${line}\n\n`;
  };
  return lines.map(named);
}

function recorded(dialect: string, isNamed: boolean, ending: readonly string[] = []): Stock {
  if (dataRoot() === undefined) return { streams: [], replies: [] };
  return {
    streams: recordings({ dialect, kind: "stream" }).map(({ lines }) => [...sseEvents(lines, isNamed), ...ending]),
    replies: recordings({ dialect, kind: "json" }).map(({ text }) => text),
  };
}

function joined(left: Stock, right: Stock): Stock {
  return { streams: [...left.streams, ...right.streams], replies: [...left.replies, ...right.replies] };
}

const TOOL_CHUNK = `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":' } }] }, finish_reason: null }] })}\n\n`;
const OLLAMA_TOOL = `${JSON.stringify({ model: "m", created_at: "2026-01-01T00:00:00Z", message: { role: "assistant", content: "", thinking: "hm", tool_calls: [{ function: { name: "weather", arguments: { city: "Brno" } } }] }, done: false })}\n`;

const GEMINI_USAGE = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };

function geminiBody(text: string, finishReason?: string): string {
  const candidate = {
    index: 0,
    content: { role: "model", parts: [{ text }] },
    ...(finishReason === undefined ? {} : { finishReason }),
  };
  return JSON.stringify({ candidates: [candidate], usageMetadata: GEMINI_USAGE, modelVersion: "m", responseId: "r" });
}

const RESPONSE = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  model: "m",
  status: "completed",
  output: [
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "hi", annotations: [] }],
    },
  ],
  usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
};

function responseEvents(): readonly string[] {
  const item = { output_index: 0, item_id: "msg_1", content_index: 0 };
  const events = [
    { type: "response.created", response: { ...RESPONSE, status: "in_progress", output: [], usage: null } },
    { type: "response.output_item.added", output_index: 0, item: { ...RESPONSE.output[0], content: [] } },
    { type: "response.content_part.added", ...item, part: { type: "output_text", text: "", annotations: [] } },
    { type: "response.output_text.delta", ...item, delta: "hi" },
    { type: "response.output_text.done", ...item, text: "hi" },
    { type: "response.output_item.done", output_index: 0, item: RESPONSE.output[0] },
    { type: "response.completed", response: RESPONSE },
  ];
  return sseEvents(
    events.map((event, sequence_number) => JSON.stringify({ ...event, sequence_number })),
    true,
  );
}

const [chatFirst = "", ...chatRest] = chatChunks(WORDS);

/** What upstreams say: answers of our own, and the recorded ones where the data is there. */
export const STOCK: Readonly<Record<DialectName, Stock>> = {
  "openai-chat": joined(
    { streams: [chatChunks(WORDS), [chatFirst, TOOL_CHUNK, ...chatRest]], replies: [JSON.stringify(chatReply("hi"))] },
    recorded("openai-chat", false, ["data: [DONE]\n\n"]),
  ),
  anthropic: joined(
    { streams: [messagesEvents(WORDS)], replies: [JSON.stringify(messagesReply("hi"))] },
    recorded("anthropic-messages", true),
  ),
  "openai-responses": joined(
    { streams: [responseEvents()], replies: [JSON.stringify(RESPONSE)] },
    recorded("openai-responses", true),
  ),
  gemini: joined(
    {
      streams: [sseEvents([...WORDS.map((word) => geminiBody(word)), geminiBody("", "STOP")], false)],
      replies: [geminiBody("hi", "STOP")],
    },
    recorded("gemini-generate", false),
  ),
  ollama: {
    streams: [ollamaLines(WORDS), [OLLAMA_TOOL, ...ollamaLines(WORDS)]],
    replies: [JSON.stringify(ollamaReply("hi"))],
  },
};

/** A reply as it comes from an upstream. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly chunks: readonly Uint8Array[];
  /** The connection breaks after the last chunk. */
  readonly isCut: boolean;
}

const HUGE_CHARS = 17 * 1024 * 1024;
const STREAM_TYPES: Readonly<Record<DialectName, string>> = {
  "openai-chat": "text/event-stream",
  anthropic: "text/event-stream; charset=utf-8",
  ollama: "application/x-ndjson",
  "openai-responses": "text/event-stream; charset=utf-8",
  gemini: "text/event-stream",
};
const ODD_TYPES = ["application/json", "text/html", "text/plain; charset=utf-16", "", "application/x-ndjson", null];

/** Events lost, doubled, swapped, moved, or taken from another answer or another dialect. */
function reorder(events: readonly string[], speech: DialectName, chance: Chance): readonly string[] {
  const at = chance.below(events.length);
  const other = chance.below(events.length);
  const event = events[at] ?? "";
  switch (chance.below(7)) {
    case 0:
      return events.filter((_, index) => index !== at);
    case 1:
      return events.toSpliced(other, 0, event);
    case 2:
      return events.toSpliced(at, 1, events[other] ?? "").toSpliced(other, 1, event);
    case 3:
      return events.slice(0, at);
    case 4:
      return events.toSpliced(at, 0, ...chance.pick(STOCK[speech].streams));
    case 5:
      return events.toSpliced(at, 0, chance.pick(chance.pick(STOCK[chance.pick(SPEECHES)].streams)));
    default:
      return [...events, ...chance.pick(STOCK[speech].streams)];
  }
}

/** Bytes in pieces that end anywhere. */
function cutUp(bytes: Uint8Array, chance: Chance): readonly Uint8Array[] {
  if (chance.is(0.4)) return [bytes];
  const chunks: Uint8Array[] = [];
  const longest = chance.pick([3, 40, 400, 4_000]) + bytes.length / 50;
  for (let from = 0; from < bytes.length; ) {
    const to = from + 1 + chance.below(longest);
    chunks.push(bytes.subarray(from, to));
    from = to;
  }
  return chunks;
}

function hugeEvent(): Uint8Array {
  return new TextEncoder().encode(`data: {"x":"${"y".repeat(HUGE_CHARS)}`);
}

/** An answer with something wrong with it; with `isStream` a stream, mostly. */
export function makeAnswer(speech: DialectName, isStream: boolean, chance: Chance): UpstreamAnswer {
  const stock = STOCK[speech];
  const isWhole = !isStream || chance.is(0.05);
  let events: readonly string[] = isWhole ? [chance.pick(stock.replies)] : chance.pick(stock.streams);
  if (!isWhole) for (let left = chance.below(3); left > 0; left -= 1) events = reorder(events, speech, chance);
  const plain = new TextEncoder().encode(events.join(""));
  const damaged = chance.is(0.5) ? damageOften(plain, 4, chance) : plain;
  const bytes = chance.is(0.0005) ? Buffer.concat([damaged, hugeEvent()]) : damaged;
  const ownType = isWhole ? "application/json" : STREAM_TYPES[speech];
  return {
    status: chance.is(0.03) ? chance.pick([201, 204, 400, 401, 429, 500, 503, 529]) : 200,
    contentType: chance.is(0.05) ? chance.pick(ODD_TYPES) : ownType,
    chunks: cutUp(bytes, chance),
    isCut: chance.is(0.1),
  };
}
