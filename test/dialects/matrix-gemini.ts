import { GoogleGenAI } from "@google/genai";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../src/core/json.ts";
import { type Answer, stopClassOf } from "./matrix-oracle.ts";

/** Google's stop words in words that the oracle knows. */
const STOP_WORDS: Readonly<Record<string, string>> = { MAX_TOKENS: "length", SAFETY: "content_filter" };

type Holder = JsonValue[] | JsonObject;

function childOf(holder: Holder, step: string): JsonValue | undefined {
  return Array.isArray(holder) ? holder[Number(step)] : holder[step];
}

function put(holder: Holder, step: string, value: JsonValue): void {
  if (Array.isArray(holder)) holder[Number(step)] = value;
  else holder[step] = value;
}

/** Puts one piece of streamed arguments (`$.recipe.steps[7]`) in its place. */
function place(args: JsonObject, piece: JsonObject): void {
  const steps = String(piece.jsonPath).match(/[^.$[\]]+/g) ?? [];
  const last = steps.at(-1) ?? "";
  let holder: Holder = args;
  for (const [index, step] of steps.slice(0, -1).entries()) {
    const existing = childOf(holder, step);
    const fresh: Holder = /^\d+$/.test(steps[index + 1] ?? "") ? [] : {};
    const child: Holder = Array.isArray(existing) || isJsonObject(existing) ? existing : fresh;
    put(holder, step, child);
    holder = child;
  }
  const before = childOf(holder, last);
  const text = `${typeof before === "string" ? before : ""}${String(piece.stringValue)}`;
  put(holder, last, typeof piece.stringValue === "string" ? text : (piece.numberValue ?? piece.boolValue ?? null));
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function callsOf(parts: readonly JsonObject[]): Answer["tools"] {
  const calls: { name: string; input: JsonObject }[] = [];
  for (const { functionCall: call } of parts) {
    if (!isJsonObject(call)) continue;
    if (typeof call.name === "string") {
      calls.push({ name: call.name, input: isJsonObject(call.args) ? structuredClone(call.args) : {} });
    }
    for (const piece of objects(call.partialArgs)) place(calls.at(-1)?.input ?? {}, piece);
  }
  return calls.map(({ name, input }) => ({ name, input: input.raw_arguments ?? input }));
}

function count(usage: JsonObject, ...names: readonly string[]): number {
  return names.reduce((sum, name) => sum + Number(usage[name] ?? 0), 0);
}

/** What the events of a Gemini stream say together. */
function readEvents(events: readonly JsonObject[]): Answer {
  const candidates = events.flatMap((event) => objects(event.candidates).slice(0, 1));
  const parts = candidates.flatMap(({ content }) => (isJsonObject(content) ? objects(content.parts) : []));
  const tools = callsOf(parts);
  const word = String(candidates.findLast(({ finishReason }) => typeof finishReason === "string")?.finishReason);
  const usage = events.map((event) => event.usageMetadata).findLast(isJsonObject) ?? {};
  return {
    text: parts.map((part) => (part.thought === true ? "" : String(part.text ?? ""))).join(""),
    tools,
    stop: stopClassOf(STOP_WORDS[word] ?? word, tools.length > 0),
    usage: {
      input: count(usage, "promptTokenCount", "toolUsePromptTokenCount"),
      output: count(usage, "candidatesTokenCount", "thoughtsTokenCount"),
    },
  };
}

/** What a `generateContent` recording says, read straight from its events. */
export function readGeminiRecording(lines: readonly string[]): Answer {
  return readEvents(lines.map((line) => parseJson(line)).filter(isJsonObject));
}

/** What Google's own client makes of a stream; throws where it rejects it. It hands pieces of arguments on as they are. */
export async function readAsGemini(fetch: typeof globalThis.fetch): Promise<Answer> {
  const client = new GoogleGenAI({ apiKey: "x", httpOptions: { baseUrl: "http://upstream.invalid", fetch } });
  const stream = await client.models.generateContentStream({ model: "asked", contents: "x" });
  const events: JsonObject[] = [];
  for await (const { candidates, usageMetadata } of stream) {
    events.push(JSON.parse(JSON.stringify({ candidates, usageMetadata })));
  }
  return readEvents(events);
}
