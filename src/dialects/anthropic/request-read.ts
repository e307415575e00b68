import { type ClientError, refusal } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { ChatRequest } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { BadField } from "../parameter.ts";
import { extraOf } from "./extra.ts";
import { readMessages, readSystem } from "./messages-read.ts";
import { readFormat } from "./response-format.ts";
import { readThinking } from "./thinking.ts";
import { readToolChoice, readTools } from "./tools.ts";

/** Fields that are read whole; what is left of `thinking`, `output_config` and `metadata` is kept in `extra`. */
const READ_FIELDS = [
  "model",
  "messages",
  "system",
  "max_tokens",
  "stream",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "metadata",
];

function readNumber(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw new BadField(name, "must be a number");
  return value;
}

function readCount(body: JsonObject, name: string): number | undefined {
  const value = readNumber(body, name);
  if (value !== undefined && (!Number.isInteger(value) || value < 0))
    throw new BadField(name, "must be a whole number, 0 or more");
  return value;
}

function readStop(value: JsonValue | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new BadField("stop_sequences", "must be a list of strings");
  return value.map((item, index) => {
    if (typeof item !== "string") throw new BadField(`stop_sequences[${index}]`, "must be a string");
    return item;
  });
}

function readStream(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw new BadField("stream", "must be true or false");
  return value;
}

function restOf(name: string, rest: JsonValue | undefined): JsonObject {
  if (rest === undefined || (isJsonObject(rest) && Object.keys(rest).length === 0)) return {};
  return { [name]: rest };
}

/** `thinking`, `output_config`, `output_format`, `metadata`: what the model names of them, and what `extra` must keep. */
function readNested(body: JsonObject): { readonly known: Partial<ChatRequest>; readonly rest: JsonObject } {
  const { output_config: config, output_format: oldFormat, metadata, thinking } = body;
  const configObject = isJsonObject(config) ? config : {};
  const read = readThinking(thinking, configObject.effort);
  const format = readFormat(configObject.format);
  const older = format === undefined ? readFormat(oldFormat) : undefined;
  const wanted = format ?? (older && { ...older, shape: "output_format" as const });
  const userId = isJsonObject(metadata) ? metadata.user_id : undefined;
  const hasUser = typeof userId === "string";
  const configRest = without(configObject, [...(read.isEffortRead ? ["effort"] : []), ...(format ? ["format"] : [])]);
  return {
    known: {
      ...(read.reasoning === undefined ? {} : { reasoning: read.reasoning }),
      ...(wanted === undefined ? {} : { responseFormat: wanted }),
      ...(hasUser ? { user: userId } : {}),
    },
    rest: {
      ...restOf("thinking", read.thinkingRest ?? (isJsonObject(thinking) ? undefined : thinking)),
      ...restOf("output_config", isJsonObject(config) ? configRest : config),
      ...restOf("metadata", isJsonObject(metadata) && hasUser ? without(metadata, ["user_id"]) : metadata),
      ...(older === undefined ? restOf("output_format", oldFormat) : {}),
    },
  };
}

/** Spreads only the members that have a value. */
function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof defined<Fields>
  >;
}

function read(body: JsonObject): ChatRequest {
  const { model, system, tools, tool_choice: choice } = body;
  if (typeof model !== "string" || model === "")
    throw new BadField("model", "is required: the name of a model as a string");
  const top = system === undefined || system === null ? [] : [readSystem(system)];
  const { known, rest } = readNested(body);
  return {
    origin: "anthropic",
    model,
    messages: [...top, ...readMessages(body.messages)],
    ...(tools === undefined || tools === null ? {} : { tools: readTools(tools) }),
    ...(choice === undefined || choice === null ? {} : readToolChoice(choice)),
    ...known,
    ...defined({
      temperature: readNumber(body, "temperature"),
      topP: readNumber(body, "top_p"),
      topK: readNumber(body, "top_k"),
      stop: readStop(body.stop_sequences),
      maxOutputTokens: readCount(body, "max_tokens"),
    }),
    stream: readStream(body.stream),
    ...extraOf({ ...without(body, [...READ_FIELDS, "output_format"]), ...rest }),
  };
}

/**
 * Conversations kept at the server, of which each request carries the newest turn alone: nothing here holds the others. The SDK's
 * tool runner reads `error.details.error_code` and falls back to sending all of them.
 */
const THREAD_REFUSAL = refusal(
  "thread_unsupported_request",
  "thread: conversations stored at the server are not supported here. Send the whole conversation in `messages` without `thread`.",
  { param: "thread", details: { details: { error_code: "thread_unsupported_request" } } },
);

/**
 * Reads a Messages request, or a request to count its tokens (which has neither `max_tokens` nor `stream`). Unknown fields go to
 * `extra`; a field that must be understood and is malformed is a 400 that names it.
 */
export function decodeRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  const { thread } = body;
  if (thread !== undefined && thread !== null) return failure(THREAD_REFUSAL);
  try {
    return success(read(body));
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return failure(refusal("invalid_request", error.message, { param: error.param }));
  }
}
