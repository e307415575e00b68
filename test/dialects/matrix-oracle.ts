import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../src/core/json.ts";

/** What an answer says, as far as every dialect can say it. */
export interface Answer {
  /** The text, and behind it the refusal where there was one: not every dialect has a member of its own for that. */
  readonly text: string;
  readonly tools: readonly { readonly name: string; readonly input: JsonValue }[];
  readonly stop: StopClass;
  /** All input and all output tokens; null where the recording has none. */
  readonly usage: { readonly input: number; readonly output: number } | null;
}

/** Stop reasons as coarse as the coarsest dialect. */
export type StopClass = "stop" | "length" | "tools" | "filter";

/** Every dialect's word for why it stopped. */
const STOP_CLASSES: Readonly<Record<string, StopClass>> = {
  length: "length",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_calls: "tools",
  tool_use: "tools",
  function_call: "tools",
  content_filter: "filter",
  refusal: "filter",
};

/** The class of a stop word; a plain stop beside a call means that call. */
export function stopClassOf(word: unknown, hasTools: boolean): StopClass {
  const stop = STOP_CLASSES[String(word)] ?? "stop";
  return stop === "stop" && hasTools ? "tools" : stop;
}

/** Tool arguments to compare: parsed where they are JSON; nothing is the empty object. */
export function inputOf(text: string): JsonValue {
  return text.trim() === "" ? {} : (parseJson(text) ?? text);
}

function objectsOf(lines: readonly string[]): readonly JsonObject[] {
  return lines.map((line) => parseJson(line)).filter(isJsonObject);
}

function at(value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, name) => {
    if (Array.isArray(inner)) return inner[Number(name)];
    return isJsonObject(inner) ? inner[name] : undefined;
  }, value);
}

function count(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : 0;
}

function textOfContent(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (at(part, "type") === "text" ? String(at(part, "text")) : "")).join("");
}

/** What an OpenAI-compatible recording says, read straight from its chunks: the oracle knows nothing of the codecs. */
export function readChatRecording(lines: readonly string[]): Answer {
  const chunks = objectsOf(lines);
  const deltas = chunks.map((chunk) => at(chunk, "choices", 0, "delta"));
  const calls = new Map<string, { name: string; input: string }>();
  for (const entry of deltas.flatMap((delta) => at(delta, "tool_calls") ?? []) as JsonValue[]) {
    const key = String(at(entry, "index") ?? at(entry, "id"));
    const call = calls.get(key) ?? { name: "", input: "" };
    call.name ||= String(at(entry, "function", "name") ?? "");
    call.input += String(at(entry, "function", "arguments") ?? "");
    calls.set(key, call);
  }
  const usages = chunks.flatMap((chunk) => [at(chunk, "usage"), at(chunk, "x_groq", "usage")]).filter(isJsonObject);
  const usage = usages.at(-1);
  const prompt = count(usage?.prompt_tokens);
  const total =
    usage?.total_tokens === undefined ? prompt + count(usage?.completion_tokens) : count(usage.total_tokens);
  const words = chunks
    .map((chunk) => at(chunk, "choices", 0, "finish_reason"))
    .filter((word) => typeof word === "string");
  return {
    text: ["content", "refusal"].flatMap((name) => deltas.map((delta) => textOfContent(at(delta, name)))).join(""),
    tools: [...calls.values()].map(({ name, input }) => ({ name, input: inputOf(input) })),
    stop: stopClassOf(words.at(-1), calls.size > 0),
    usage: usage === undefined ? null : { input: prompt, output: total - prompt },
  };
}

interface MessageTally {
  readonly counts: JsonObject;
  readonly tools: { name: string; input: string }[];
  text: string;
  refusal: string;
  word: JsonValue | undefined;
  isCalling: boolean;
}

function tallyBlock(tally: MessageTally, block: JsonValue): void {
  tally.isCalling = at(block, "type") === "tool_use";
  if (at(block, "type") === "text") tally.text += String(at(block, "text") ?? "");
  if (!tally.isCalling) return;
  const given = at(block, "input");
  const input = isJsonObject(given) && Object.keys(given).length > 0 ? JSON.stringify(given) : "";
  tally.tools.push({ name: String(at(block, "name")), input });
}

function tallyEvent(tally: MessageTally, event: JsonObject): void {
  const usage = at(event, "message", "usage") ?? at(event, "usage");
  const given = Object.entries(isJsonObject(usage) ? usage : {}).filter(([, value]) => value !== null);
  Object.assign(tally.counts, Object.fromEntries(given));
  const whole = at(event, "message", "content");
  for (const block of Array.isArray(whole) ? whole : []) tallyBlock(tally, block);
  if (event.type === "content_block_start") tallyBlock(tally, event.content_block ?? null);
  if (at(event, "delta", "type") === "text_delta") tally.text += String(at(event, "delta", "text"));
  const last = tally.tools.at(-1);
  if (tally.isCalling && last !== undefined) last.input += String(at(event, "delta", "partial_json") ?? "");
  tally.refusal += String(at(event, "delta", "stop_details", "explanation") ?? "");
  tally.word = at(event, "delta", "stop_reason") ?? at(event, "message", "stop_reason") ?? tally.word;
}

/** What a Messages recording says, read straight from its events. Counts are cumulative: the last that is given wins. */
export function readMessagesRecording(lines: readonly string[]): Answer {
  const tally: MessageTally = { counts: {}, tools: [], text: "", refusal: "", word: undefined, isCalling: false };
  for (const event of objectsOf(lines)) tallyEvent(tally, event);
  const input = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
  return {
    text: tally.text + tally.refusal,
    tools: tally.tools.map((call) => ({ name: call.name, input: inputOf(call.input) })),
    stop: stopClassOf(tally.word, false),
    usage: {
      input: input.reduce((sum, name) => sum + count(tally.counts[name]), 0),
      output: count(tally.counts.output_tokens),
    },
  };
}

function textsOf(response: JsonValue | undefined, member: string): string {
  const output = at(response, "output");
  const messages = (Array.isArray(output) ? output : []).filter((item) => at(item, "type") === "message");
  return messages
    .flatMap((item) => at(item, "content") ?? [])
    .map((part) => String(at(part, member) ?? ""))
    .join("");
}

/** The calls in a response that its client must answer: a custom tool's only where the request offered it. */
function callsOfResponse(response: JsonValue): Answer["tools"] {
  const [output, tools] = [at(response, "output"), at(response, "tools")];
  const offered = (Array.isArray(tools) ? tools : []).map((tool) => at(tool, "name"));
  return (Array.isArray(output) ? output : []).flatMap((item) => {
    const name = String(at(item, "name"));
    if (at(item, "type") === "function_call") return [{ name, input: inputOf(String(at(item, "arguments"))) }];
    const isCustom = at(item, "type") === "custom_tool_call" && offered.includes(name);
    return isCustom ? [{ name, input: { input: at(item, "input") ?? "" } }] : [];
  });
}

/** What a whole response says. */
export function readResponse(response: JsonValue): Answer {
  const tools = callsOfResponse(response);
  const refusal = textsOf(response, "refusal");
  const reason = String(at(response, "incomplete_details", "reason") ?? "");
  const word = reason === "max_output_tokens" ? "length" : reason;
  const [input, output] = [at(response, "usage", "input_tokens"), at(response, "usage", "output_tokens")];
  return {
    text: textsOf(response, "text") + refusal,
    tools,
    stop: refusal === "" ? stopClassOf(word, tools.length > 0) : "filter",
    usage: { input: count(input), output: count(output) },
  };
}

/**
 * What a Responses recording says: its last event repeats all of it. Where the deltas say another text than the items, the
 * deltas count, since they cannot be taken back.
 */
export function readResponsesRecording(lines: readonly string[]): Answer {
  const events = objectsOf(lines);
  const answer = readResponse(at(events.at(-1), "response") ?? null);
  const deltas = events.filter(({ type }) => type === "response.output_text.delta").map(({ delta }) => String(delta));
  const isTold = deltas.every((delta) => answer.text.includes(delta));
  return isTold ? answer : { ...answer, text: deltas.join("") };
}
