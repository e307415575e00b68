import type { JsonObject } from "../../core/json.ts";
import type { ChatRequest, ResponseFormat, Warning } from "../../core/request.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { SCALARS } from "./decode-request.ts";
import { encodeMessage } from "./encode-message.ts";
import { objectIn, optional, ownFields } from "./fields.ts";
import { encodeTool, encodeToolChoice } from "./tools.ts";

/** Upper bounds of thinking budgets for the efforts below `high`, for requests that only name a budget. */
const BUDGET_EFFORTS = [
  { effort: "low", maxTokens: 2048 },
  { effort: "medium", maxTokens: 8192 },
] as const;

function encodeScalars(request: ChatRequest): JsonObject {
  const body: JsonObject = {};
  for (const { wire, name } of SCALARS) {
    const value = request[name];
    if (name === "maxOutputTokens") continue;
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

function encodeEffort(reasoning: ChatRequest["reasoning"], warnings: Warning[]): JsonObject {
  if (reasoning?.effort !== undefined) return { reasoning_effort: reasoning.effort };
  const budget = reasoning?.budgetTokens;
  if (budget === undefined) return {};
  const effort = BUDGET_EFFORTS.find((row) => budget <= row.maxTokens)?.effort ?? "high";
  warnings.push({
    field: "thinking.budget_tokens",
    action: "changed",
    reason: `written as reasoning_effort ${effort}`,
  });
  return { reasoning_effort: effort };
}

function encodeTools(request: ChatRequest, warnings: Warning[]): JsonObject {
  const tools = request.tools?.flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, warnings) ?? []);
  const isNoneLeft = tools === undefined || (tools.length === 0 && request.origin !== "openai-chat");
  if (isNoneLeft && request.tools !== undefined) return {};
  const choice = request.toolChoice === undefined ? undefined : encodeToolChoice(request.toolChoice, warnings);
  return { ...optional("tools", tools), ...optional("tool_choice", choice) };
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
  const stop = request.stopShape === "string" && request.stop?.length === 1 ? request.stop[0] : request.stop;
  const body: JsonObject = {
    ...fields,
    model: target.model,
    messages: request.messages.flatMap((message, index) => encodeMessage(message, `messages[${index}]`, context)),
    ...encodeScalars(request),
    ...optional(target.maxTokensField ?? "max_tokens", request.maxOutputTokens),
    ...optional("stop", typeof stop === "string" || stop === undefined ? stop : [...stop]),
    ...encodeTools(request, warnings),
    ...(request.responseFormat === undefined
      ? {}
      : { response_format: encodeFormat(request.responseFormat, context.isOwn, warnings) }),
    ...encodeEffort(request.reasoning, warnings),
    ...encodeStream(request, fields),
  };
  return { body, warnings };
}
