import { isJsonObject, type JsonObject, type JsonValue } from "../../src/core/json.ts";
import type { DialectName } from "../../src/core/request.ts";

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function texts(values: readonly (JsonValue | undefined)[]): readonly string[] {
  return values.filter((value) => typeof value === "string");
}

function rule(isKept: boolean, name: string): readonly string[] {
  return isKept ? [] : [name];
}

/** Each call is answered, once, and nothing is answered that was not called. */
function areAnswered(calls: readonly string[], results: readonly string[]): boolean {
  return calls.toSorted().join("\n") === results.toSorted().join("\n") && new Set(calls).size === calls.length;
}

/** Source: the error messages of the chat API; `stop` and names from its reference. */
function chatRules(body: JsonObject): readonly string[] {
  const messages = objects(body.messages);
  const calls = messages.flatMap((message) => objects(message.tool_calls).map((call) => call.id));
  const results = messages.filter(({ role }) => role === "tool").map((message) => message.tool_call_id);
  const isInPlace = messages.every(({ role }, index) => {
    const before = messages[index - 1];
    return role !== "tool" || before?.role === "tool" || before?.tool_calls !== undefined;
  });
  const stop = Array.isArray(body.stop) ? body.stop : [];
  return [
    ...rule(areAnswered(texts(calls), texts(results)), "each tool call has one result"),
    ...rule(isInPlace, "results follow their calls at once"),
    ...rule(stop.length <= 4, "four stop sequences at most"),
    ...rule(body.tool_choice === undefined || body.tools !== undefined, "a tool choice needs tools"),
    ...rule(body.parallel_tool_calls === undefined || body.tools !== undefined, "parallel calls need tools"),
    ...rule(body.stream === true || body.stream_options === undefined, "stream options need a stream"),
  ];
}

/** Source: as for chat; ids from the reference of `function_call_output`. */
function responsesRules(body: JsonObject): readonly string[] {
  const items = objects(body.input);
  const idsOf = (type: string): readonly string[] =>
    texts(items.filter((item) => item.type === type).map((item) => item.call_id));
  return [
    ...rule(areAnswered(idsOf("function_call"), idsOf("function_call_output")), "each function call has one output"),
    ...rule(
      [...idsOf("function_call")].every((id) => id.length > 0 && id.length <= 64),
      "call ids of 1 to 64 characters",
    ),
    ...rule(body.tool_choice !== "required" || body.tools !== undefined, "a forced choice needs tools"),
  ];
}

function isAnsweredInNextTurn(messages: readonly JsonObject[], index: number): boolean {
  const calls = objects(messages[index]?.content).filter(({ type }) => type === "tool_use");
  if (calls.length === 0) return true;
  const next = objects(messages[index + 1]?.content);
  const results = next.filter(({ type }) => type === "tool_result");
  const areFirst = next.slice(0, results.length).every(({ type }) => type === "tool_result");
  return areFirst && areAnswered(texts(calls.map(({ id }) => id)), texts(results.map((part) => part.tool_use_id)));
}

/** Source: platform.claude.com/docs/en/api/errors and the pages on tool use and extended thinking. */
function messagesRules(body: JsonObject): readonly string[] {
  const messages = objects(body.messages);
  const parts = messages.flatMap((message) => objects(message.content));
  const thinking = isJsonObject(body.thinking) ? body.thinking : {};
  const choice = isJsonObject(body.tool_choice) ? body.tool_choice.type : undefined;
  const limit = Number(body.max_tokens);
  const budget = typeof thinking.budget_tokens === "number" ? thinking.budget_tokens : 1_024;
  const isThinking = thinking.type === "enabled" || thinking.type === "adaptive";
  const isEmpty = messages.some(({ content }) => content === "" || (Array.isArray(content) && content.length === 0));
  const ids = texts(parts.flatMap(({ id, tool_use_id }) => [id, tool_use_id]));
  return [
    ...rule(messages[0]?.role === "user", "the first turn is the user's"),
    ...rule(!isEmpty && parts.every(({ text }) => text !== ""), "no empty turn and no empty text"),
    ...rule(
      messages.every((_, index) => isAnsweredInNextTurn(messages, index)),
      "results first in the next turn",
    ),
    ...rule(
      ids.every((id) => /^[A-Za-z0-9_-]+$/.test(id)),
      "tool ids of letters, digits, _ and -",
    ),
    ...rule(limit >= 1 && limit <= 128_000, "a limit that the model has"),
    ...rule(budget >= 1_024 && (thinking.type !== "enabled" || budget < limit), "a thinking budget below the limit"),
    ...rule(
      !isThinking || choice === undefined || choice === "auto" || choice === "none",
      "no forced tool while thinking",
    ),
    ...rule(choice === undefined || body.tools !== undefined, "a tool choice needs tools"),
    ...rule(typeof body.temperature !== "number" || body.temperature <= 1, "a temperature of 1 at most"),
  ];
}

/** Source: ai.google.dev/gemini-api/docs/function-calling, and the service's own error messages. */
function geminiRules(body: JsonObject): readonly string[] {
  const contents = objects(body.contents);
  const answers = contents.every((content, index) => {
    const calls = objects(content.parts).filter((part) => part.functionCall !== undefined).length;
    const next = objects(contents[index + 1]?.parts).filter((part) => part.functionResponse !== undefined).length;
    return calls === 0 || calls === next;
  });
  return [
    ...rule(
      contents.every((content) => objects(content.parts).length > 0),
      "no content without parts",
    ),
    ...rule(
      contents.every(({ role }) => role === "user" || role === "model"),
      "turns are the user's or the model's",
    ),
    ...rule(answers, "as many responses as calls in the turn before"),
    ...rule(body.model === undefined && body.stream === undefined, "the URL names the model and the stream"),
  ];
}

/** Source: docs.ollama.com/api/chat. */
function ollamaRules(body: JsonObject): readonly string[] {
  const messages = objects(body.messages);
  const images = messages.flatMap(({ images: list }) => (Array.isArray(list) ? list : []));
  return [
    ...rule(
      texts(images).every((image) => /^[A-Za-z0-9+/=]+$/.test(image)),
      "images are bare base64",
    ),
    ...rule(isJsonObject(body.options) && body.options.num_ctx === 8_192, "our own context size"),
    ...rule(body.keep_alive === "5m", "our own time to stay loaded"),
    ...rule(typeof body.stream === "boolean", "streaming is said, for its default is true"),
  ];
}

const RULES: Readonly<Record<DialectName, (body: JsonObject) => readonly string[]>> = {
  "openai-chat": chatRules,
  "openai-responses": responsesRules,
  anthropic: messagesRules,
  gemini: geminiRules,
  ollama: ollamaRules,
};

/** The rules of a service, beyond its types, that a request to it breaks. */
export function brokenRules(dialect: DialectName, body: JsonObject): readonly string[] {
  return RULES[dialect](body);
}
