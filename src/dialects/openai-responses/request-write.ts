import { type JsonObject, type JsonValue, objectIn, optional, without } from "../../core/json.ts";
import type { ChatRequest, Message, ResponseFormat, Warning } from "../../core/request.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { effortForBudget } from "../effort.ts";
import { ownFields, verbatimOf } from "./fields.ts";
import { type ItemContext, writeItems } from "./item-write.ts";
import { SCALARS } from "./request-read.ts";
import { customToolNames, encodeTools } from "./tools.ts";

/** The least output limit that OpenAI takes. */
const LEAST_OUTPUT_TOKENS = 16;

/** What other dialects can ask for and this one cannot. */
const UNKNOWN_HERE = [
  ["topK", "top_k"],
  ["seed", "seed"],
  ["presencePenalty", "presence_penalty"],
  ["frequencyPenalty", "frequency_penalty"],
  ["stop", "stop"],
] as const;

function warnUnknown(request: ChatRequest, warnings: Warning[]): void {
  for (const [name, field] of UNKNOWN_HERE) {
    if (request[name] !== undefined) warnings.push({ field, action: "dropped", reason: "not in openai-responses" });
  }
  if ((request.choiceCount ?? 1) > 1)
    warnings.push({ field: "n", action: "dropped", reason: "openai-responses gives one answer a request" });
}

function writeScalars(request: ChatRequest): JsonObject {
  const body: JsonObject = {};
  for (const { wire, name } of SCALARS) {
    const value = request[name];
    const isSaid = typeof value === "number" || typeof value === "string" || typeof value === "boolean";
    if (isSaid && !(name === "stream" && value === false)) body[wire] = value;
  }
  return body;
}

function writeLimit({ maxOutputTokens: limit, origin }: ChatRequest, warnings: Warning[]): JsonObject {
  if (limit === undefined || limit >= LEAST_OUTPUT_TOKENS || origin === "openai-responses") return {};
  const reason = `raised to ${LEAST_OUTPUT_TOKENS}, the least in openai-responses`;
  warnings.push({ field: "max_tokens", action: "changed", reason });
  return { max_output_tokens: LEAST_OUTPUT_TOKENS };
}

function writeFormat(format: ResponseFormat, isOwn: boolean, warnings: Warning[]): JsonObject {
  if (format.type === "text") return { type: "text" };
  if (format.type === "json") return { type: "json_object" };
  return {
    ...ownFields(format.extra, "response_format", warnings),
    type: "json_schema",
    ...optional("name", format.name ?? (isOwn ? undefined : "answer")),
    ...optional("strict", format.strict),
    schema: format.schema,
  };
}

function writeText(request: ChatRequest, fields: JsonObject, isOwn: boolean, warnings: Warning[]): JsonObject {
  const { responseFormat: format } = request;
  if (format === undefined) return optional("text", fields.text);
  return { text: { ...objectIn(fields, "text"), format: writeFormat(format, isOwn, warnings) } };
}

function effortOf(reasoning: NonNullable<ChatRequest["reasoning"]>, warnings: Warning[]): string | undefined {
  const { effort, budgetTokens: budget } = reasoning;
  if (effort !== undefined || budget === undefined) return effort;
  const written = effortForBudget(budget);
  const reason = `written as reasoning.effort ${written}`;
  warnings.push({ field: "thinking.budget_tokens", action: "changed", reason });
  return written;
}

function writeReasoning(request: ChatRequest, fields: JsonObject, isOwn: boolean, warnings: Warning[]): JsonObject {
  const { reasoning } = request;
  if (reasoning === undefined) return optional("reasoning", fields.reasoning);
  const effort = effortOf(reasoning, warnings);
  const isThinking = effort !== undefined && effort !== "none";
  const written = {
    ...objectIn(fields, "reasoning"),
    ...optional("effort", effort),
    ...optional("summary", reasoning.summary),
  };
  if (isOwn || !isThinking) return { reasoning: written };
  return { reasoning: written, include: ["reasoning.encrypted_content"] };
}

function isTop(message: Message): boolean {
  return message.placement === "top";
}

/** What stood outside the messages, as the one text of `instructions`. */
function writeInstructions(messages: readonly Message[], warnings: Warning[]): JsonObject {
  const texts = messages.filter(isTop).flatMap(({ parts }) =>
    parts.flatMap((part, index) => {
      if (part.type !== "text") return [];
      ownFields(part.extra, `system[${index}]`, warnings);
      return [part.text];
    }),
  );
  return texts.length === 0 ? {} : { instructions: texts.join("\n\n") };
}

/** Calls whose results must be written as results of custom tools. */
function customCallIds(messages: readonly Message[], customs: ReadonlySet<string>): ReadonlySet<string> {
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => part.type === "tool-call"));
  return new Set(calls.flatMap((call) => (customs.has(call.name) ? [call.id] : [])));
}

function writeInput(request: ChatRequest, warnings: Warning[]): JsonValue | undefined {
  const rest = request.messages.filter((message) => !isTop(message));
  const [first, ...others] = rest;
  if (first === undefined && request.origin === "openai-responses") return undefined;
  const part = first?.parts[0];
  if (others.length === 0 && part?.type === "text" && verbatimOf(first?.extra).input === "") return part.text;
  const customs = customToolNames(request.tools ?? []);
  const tools = new Map([...customs].map((name) => [name, { name, isCustom: true }]));
  const context: ItemContext = { tools, isReply: false, warnings };
  const customIds = customCallIds(rest, customs);
  return request.messages.flatMap((message, index) =>
    isTop(message) ? [] : writeItems(message, context, customIds, `messages[${index}]`),
  );
}

/**
 * A body for `POST /responses` at `target`. A request that came in another dialect is not stored at the provider, and asks for
 * encrypted reasoning, so that it can come back.
 */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings: Warning[] = [];
  const isOwn = request.origin === "openai-responses";
  const fields = ownFields(request.extra, "", warnings);
  warnUnknown(request, warnings);
  const body: JsonObject = {
    ...without(fields, ["text", "reasoning"]),
    model: target.model,
    ...writeInstructions(request.messages, warnings),
    ...optional("input", writeInput(request, warnings)),
    ...writeScalars(request),
    ...writeLimit(request, warnings),
    ...encodeTools(request, warnings),
    ...writeText(request, fields, isOwn, warnings),
    ...writeReasoning(request, fields, isOwn, warnings),
    ...(isOwn ? {} : { store: false }),
  };
  return { body, warnings };
}
