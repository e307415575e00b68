import { type JsonObject, objectIn, optional } from "../../core/json.ts";
import type { ChatRequest, ResponseFormat, Warning } from "../../core/request.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { effortForBudget } from "../effort.ts";
import { SCALARS } from "./decode-request.ts";
import { encodeMessage } from "./encode-message.ts";
import { ownFields } from "./fields.ts";
import { encodeTool, encodeToolChoice } from "./tools.ts";

function encodeScalars(request: ChatRequest): JsonObject {
  const body: JsonObject = {};
  for (const { wire, name } of SCALARS) {
    const value = request[name];
    if (name === "maxOutputTokens" || name === "parallelToolCalls") continue;
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") body[wire] = value;
  }
  return body;
}

/** OpenAI requires a name for a schema; other dialects have none. */
function encodeFormat(format: ResponseFormat, isOwn: boolean, warnings: Warning[]): JsonObject {
  if (format.type === "text") return { type: "text" };
  if (format.type === "json") return { type: "json_object" };
  const fields = ownFields(format.extra, "response_format", warnings);
  return {
    ...fields,
    type: "json_schema",
    json_schema: {
      ...objectIn(fields, "json_schema"),
      ...optional("name", format.name ?? (isOwn ? undefined : "answer")),
      ...optional("strict", format.strict),
      schema: format.schema,
    },
  };
}

/** The schema that a server with JSON mode only must be told in words. */
function unenforcedSchema({ responseFormat }: ChatRequest, target: EncodeTarget): JsonObject | undefined {
  return responseFormat?.type === "json-schema" && target.jsonSchema === false ? responseFormat.schema : undefined;
}

/** The schema in words, for the system prompt. */
function schemaInWords(schema: JsonObject | undefined): readonly JsonObject[] {
  if (schema === undefined) return [];
  const content = `Answer with one valid JSON object that matches this JSON schema:\n${JSON.stringify(schema)}`;
  return [{ role: "system", content }];
}

function encodeFormatFor(request: ChatRequest, target: EncodeTarget, warnings: Warning[]): JsonObject {
  const { responseFormat } = request;
  if (responseFormat === undefined) return {};
  if (responseFormat.type !== "json-schema" || target.jsonSchema !== false)
    return { response_format: encodeFormat(responseFormat, request.origin === "openai-chat", warnings) };
  const reason = `no JSON schema at ${target.provider}; JSON mode, and the system prompt says the schema`;
  warnings.push({ field: "response_format", action: "changed", reason });
  return { response_format: { type: "json_object" } };
}

function encodeEffort(reasoning: ChatRequest["reasoning"], warnings: Warning[]): JsonObject {
  if (reasoning?.effort !== undefined) return { reasoning_effort: reasoning.effort };
  const budget = reasoning?.budgetTokens;
  if (budget === undefined) return {};
  const effort = effortForBudget(budget);
  warnings.push({
    field: "thinking.budget_tokens",
    action: "changed",
    reason: `written as reasoning_effort ${effort}`,
  });
  return { reasoning_effort: effort };
}

/** Without tools, OpenAI refuses a choice among them and a word on parallel calls: what other dialects allow is left out. */
function encodeTools(request: ChatRequest, warnings: Warning[]): JsonObject {
  const { toolChoice, parallelToolCalls, origin } = request;
  const tools = request.tools?.flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, warnings) ?? []);
  if (origin !== "openai-chat" && (tools ?? []).length === 0) {
    const isAsked = toolChoice !== undefined && toolChoice.type !== "auto" && toolChoice.type !== "none";
    if (isAsked) warnings.push({ field: "tool_choice", action: "dropped", reason: "there is no tool to choose" });
    return {};
  }
  const choice = toolChoice === undefined ? undefined : encodeToolChoice(toolChoice, warnings);
  return {
    ...optional("tools", tools),
    ...optional("tool_choice", choice),
    ...optional("parallel_tool_calls", parallelToolCalls),
  };
}

/** OpenAI takes four stop sequences. */
const MOST_STOPS = 4;

function encodeStop({ stop, stopShape, origin }: ChatRequest, warnings: Warning[]): JsonObject {
  if (stop === undefined) return {};
  if (stopShape === "string" && stop.length === 1) return optional("stop", stop[0]);
  if (origin === "openai-chat" || stop.length <= MOST_STOPS) return { stop: [...stop] };
  warnings.push({ field: "stop", action: "changed", reason: `only the first ${MOST_STOPS}` });
  return { stop: stop.slice(0, MOST_STOPS) };
}

function encodeStream(request: ChatRequest, fields: JsonObject): JsonObject {
  const others = objectIn(fields, "stream_options");
  const flag = request.streamUsage === undefined ? {} : { include_usage: request.streamUsage };
  const options = { ...others, ...flag };
  return {
    ...(request.stream ? { stream: true } : {}),
    ...(Object.keys(options).length === 0 ? {} : { stream_options: options }),
  };
}

/**
 * A body for `POST /chat/completions` at `target`. The usage flag is written as `streamUsage` says, `stream` only when true.
 * Warnings name what the target cannot be told.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings: Warning[] = [];
  const context = { target, isOwn: request.origin === "openai-chat", warnings };
  const fields = ownFields(request.extra, "", warnings);
  const answerSchema = unenforcedSchema(request, target);
  const body: JsonObject = {
    ...fields,
    model: target.model,
    messages: [
      ...schemaInWords(answerSchema),
      ...request.messages.flatMap((message, index) => encodeMessage(message, `messages[${index}]`, context)),
    ],
    ...encodeScalars(request),
    ...optional(target.maxTokensField ?? "max_tokens", request.maxOutputTokens),
    ...encodeStop(request, warnings),
    ...encodeTools(request, warnings),
    ...encodeFormatFor(request, target, warnings),
    ...encodeEffort(request.reasoning, warnings),
    ...encodeStream(request, fields),
  };
  return { body, warnings, ...optional("answerSchema", answerSchema) };
}
