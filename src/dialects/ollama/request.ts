import type { ClientError } from "../../core/fault.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { ChatRequest, Message, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { dropped, foreignFields, keepExtra, ownFields, unknownFields } from "./extra.ts";
import { type FieldReader, fieldReader } from "./field.ts";
import { decodeFormat, encodeFormat } from "./format.ts";
import { decodeMessages } from "./message.ts";
import { encodeMessages, isOwn } from "./message-encode.ts";
import { decodeOptions, encodeKeepAlive, encodeOptions } from "./options.ts";
import { decodeThink, encodeThink } from "./think.ts";
import { decodeTools, encodeTools } from "./tool.ts";

/** Members that `/api/chat` and `/api/generate` share and the model has names for. */
export const SHARED_MEMBERS: readonly string[] = ["model", "stream", "format", "think", "options"];
const CHAT: ReadonlySet<string> = new Set([...SHARED_MEMBERS, "messages", "tools"]);

/** Members of `/api/generate` that `/api/chat` has no place for. */
const GENERATE_ONLY = ["suffix", "template", "context", "raw"] as const;

/** The part of a request that `/api/chat` and `/api/generate` have in common; `known` are the members read elsewhere. */
export function decodeShared(
  body: JsonObject,
  messages: readonly Message[],
  known: ReadonlySet<string>,
  fields: FieldReader,
): Result<ChatRequest, ClientError> {
  const model = fields.string(body, "model");
  if (model === undefined || model === "") fields.note("model", "`model` is required: name the model to use");
  const { sampling, rest } = decodeOptions(fields.object(body, "options") ?? {}, fields);
  const stream = fields.boolean(body, "stream") ?? true;
  const request: ChatRequest = {
    model: model ?? "",
    messages,
    ...decodeFormat(body, fields),
    ...decodeThink(body, fields),
    ...sampling,
    stream,
    ...keepExtra({ ...unknownFields(body, known), ...(Object.keys(rest).length === 0 ? {} : { options: rest }) }),
  };
  const [problem] = fields.problems;
  return problem === undefined ? success(request) : failure(problem);
}

/** Reads a body of `POST /api/chat` (docs/api.md of Ollama). Without `stream` it streams; without messages it loads the model. */
export function decodeRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  const fields = fieldReader();
  const messages = decodeMessages(fields.list(body, "messages") ?? [], fields);
  const tools = decodeTools(fields.list(body, "tools") ?? [], fields);
  const shared = decodeShared(body, messages, CHAT, fields);
  if (!shared.ok || tools.length === 0) return shared;
  return success({ ...shared.value, tools });
}

/** What Ollama has no member for. */
function unsaid(request: ChatRequest): readonly Warning[] {
  const { toolChoice, choiceCount } = request;
  const isForced = toolChoice !== undefined && toolChoice.type !== "auto" && toolChoice.type !== "none";
  return [
    ...(isForced ? [dropped("tool_choice", "ollama lets the model choose")] : []),
    ...(request.parallelToolCalls === false ? [dropped("parallel_tool_calls")] : []),
    ...(choiceCount !== undefined && choiceCount > 1 ? [dropped("n", "ollama gives one answer")] : []),
    ...(request.user === undefined ? [] : [dropped("user")]),
    ...foreignFields(request.extra, ""),
  ];
}

/**
 * Whether Ollama may cut a prompt that is too long. On a local target of ours it may not, unless the client asks for it:
 * it would drop the oldest messages silently and answer 200.
 */
function encodeTruncate(asked: JsonValue | undefined, target: EncodeTarget): JsonObject {
  if (asked !== undefined) return { truncate: asked };
  // Neither the prompt nor, while it answers, the conversation loses its beginning: an answer ends where the context does.
  return target.localOptions === undefined ? {} : { truncate: false, shift: false };
}

/** The members that `/api/chat` and `/api/generate` share, with the warnings for what neither can say. */
export function encodeShared(request: ChatRequest, target: EncodeTarget): Encoded {
  const options = encodeOptions(request, target);
  const own = ownFields(request.extra);
  const keepAlive = encodeKeepAlive(own.keep_alive, target);
  const think = encodeThink(request.reasoning);
  const { options: _, keep_alive: __, truncate, ...rest } = own;
  return {
    body: {
      stream: request.stream,
      ...encodeFormat(request.responseFormat),
      ...think.fields,
      ...encodeTruncate(truncate, target),
      ...rest,
      ...options.fields,
      ...keepAlive.fields,
    },
    warnings: [...options.warnings, ...keepAlive.warnings, ...think.warnings, ...unsaid(request)],
  };
}

/** Writes a body for `POST /api/chat`. The target's options and keep_alive win over the client's. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const { messages, warnings } = encodeMessages(request.messages, isOwn(request));
  const shared = encodeShared(request, target);
  const tools = request.toolChoice?.type === "none" ? undefined : encodeTools(request.tools);
  const lost = GENERATE_ONLY.filter((name) => name in shared.body);
  const body = unknownFields(shared.body, new Set<string>(GENERATE_ONLY));
  return {
    body: { model: target.model, messages, ...tools?.fields, ...body },
    warnings: [
      ...warnings,
      ...(tools?.warnings ?? []),
      ...shared.warnings,
      ...lost.map((name) => dropped(name, "only in /api/generate")),
    ],
  };
}
