import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, objectsIn, without } from "../../core/json.ts";
import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from "../../core/request.ts";
import { type Result, success } from "../../core/result.ts";
import { decodeAll } from "../parameter.ts";
import { decodeContent, opaqueContent } from "./content.ts";
import { wrapInput } from "./custom.ts";
import { extraOf, invalid, only, optionalExtra, textIn } from "./fields.ts";
import { flatName, isAllCallable } from "./namespace.ts";
import { openForeign, sealOwn } from "./sealed.ts";

/** Members of a message item that mean nothing outside this dialect. */
const MESSAGE_FRAME = ["type", "id", "status", "phase"];

/** An item that only this dialect knows, whole. */
function opaqueItem(item: JsonObject): Part {
  return { type: "opaque", dialect: "openai-responses", json: item };
}

/** The part with its item's members: from it on a new item begins when this dialect is written again. */
function beginItem(part: Part, item: JsonObject): Part {
  if (part.type === "opaque") return part;
  const { fields = {}, verbatim = {} } = part.extra ?? {};
  return { ...part, ...extraOf(fields, { ...verbatim, item }) };
}

/** An assistant's message as its parts; one without content is kept whole. */
export function decodeOutputMessage(item: JsonObject, path: string): Result<readonly Part[], ClientError> {
  const content = decodeContent(item.content, `${path}.content`);
  if (!content.ok) return content;
  const { parts, shape } = content.value;
  const [first, ...others] = parts;
  if (first === undefined || first.type === "opaque") return success([opaqueItem(item)]);
  const rest = without(item, ["content"]);
  return success([beginItem(first, shape === "string" ? { ...rest, content: "" } : rest), ...others]);
}

/** A call of a function or of a custom tool. */
export function decodeCall(item: JsonObject, path: string): Result<ToolCallPart, ClientError> {
  const isCustom = item.type === "custom_tool_call";
  const input = isCustom ? "input" : "arguments";
  const { call_id: id, name } = item;
  const text = item[input];
  if (typeof id !== "string") return invalid(`${path}.call_id`, "a string");
  if (typeof name !== "string" || name === "") return invalid(`${path}.name`, "a non-empty string");
  if (typeof text !== "string") return invalid(`${path}.${input}`, "a string");
  const call: ToolCallPart = { type: "tool-call", id, name, arguments: isCustom ? wrapInput(text) : text };
  return success({ ...call, ...extraOf({}, { item: without(item, ["call_id", "name", input]) }) });
}

/** The readable text of a reasoning item: its summary, or the reasoning itself where a provider shows it (LM Studio). */
export function reasoningText(item: JsonObject): string {
  const texts = (name: string): string =>
    objectsIn(item, name)
      .map((part) => textIn(part, "text"))
      .filter((text) => text !== "")
      .join("\n\n");
  return texts("summary") || texts("content");
}

/** A reasoning item. What we ourselves sealed for another dialect's provider comes back as that provider minted it. */
export function decodeReasoning(item: JsonObject): ReasoningPart {
  const text = reasoningText(item);
  const minted = openForeign(item.encrypted_content);
  if (minted !== undefined) return { type: "reasoning", text, ...minted };
  const { encrypted_content: encrypted } = item;
  const isEncrypted = typeof encrypted === "string";
  return {
    type: "reasoning",
    text,
    ...(isEncrypted ? { encrypted: sealOwn(encrypted) } : {}),
    ...extraOf({}, { item: isEncrypted ? without(item, ["encrypted_content"]) : item }),
  };
}

/** A call in a conversation goes by the name under which other dialects are offered its tool. */
function inFlatName(call: ToolCallPart, { namespace, name }: JsonObject): ToolCallPart {
  if (typeof namespace !== "string" || typeof name !== "string") return call;
  const { fields = {}, verbatim = {} } = call.extra ?? {};
  const item = { ...objectIn(verbatim, "item"), name };
  return { ...call, name: flatName(namespace, name), ...extraOf(fields, { ...verbatim, item }) };
}

function decodeResult(item: JsonObject, path: string): Result<Message, ClientError> {
  if (typeof item.call_id !== "string") return invalid(`${path}.call_id`, "a string");
  const content = decodeContent(item.output, `${path}.output`);
  if (!content.ok) return content;
  const { parts, shape } = content.value;
  const result: ToolResultPart = {
    type: "tool-result",
    toolCallId: item.call_id,
    content: parts.map((part, index) => {
      if (part.type === "text" || part.type === "image" || part.type === "file" || part.type === "opaque") return part;
      return opaqueContent(Array.isArray(item.output) ? (item.output[index] ?? null) : null);
    }),
    ...(shape === undefined ? {} : { shape }),
    ...extraOf({}, { item: without(item, ["call_id", "output"]) }),
  };
  return success({ role: "tool", parts: [result] });
}

function decodeMessage(item: JsonObject, path: string): Result<Message, ClientError> {
  const { role } = item;
  if (role === "assistant") {
    const parts = decodeOutputMessage(item, path);
    return parts.ok ? success({ role, parts: parts.value }) : parts;
  }
  if (role !== "user" && role !== "system" && role !== "developer")
    return invalid(`${path}.role`, "one of user, system, developer, assistant");
  const content = decodeContent(item.content, `${path}.content`);
  if (!content.ok) return content;
  const fields = without(item, ["role", "content", ...MESSAGE_FRAME]);
  return success({ role, ...content.value, ...optionalExtra(fields, only(item, MESSAGE_FRAME)) });
}

function assistant(parts: readonly Part[]): Result<Message, ClientError> {
  return success({ role: "assistant", parts });
}

function decodeItem(item: JsonValue, path: string): Result<Message, ClientError> {
  if (!isJsonObject(item)) return invalid(path, "an object");
  switch (item.type ?? "message") {
    case "message":
      return decodeMessage(item, path);
    case "function_call":
    case "custom_tool_call": {
      const call = decodeCall(item, path);
      return call.ok ? assistant([inFlatName(call.value, item)]) : call;
    }
    case "function_call_output":
    case "custom_tool_call_output":
      return decodeResult(item, path);
    case "reasoning":
      return assistant([decodeReasoning(item)]);
    default:
      return assistant([opaqueItem(item)]);
  }
}

/** An item whose tools are all offered otherwise to other dialects, and which says nothing else. */
function toolsItem({ parts }: Message): JsonObject | undefined {
  const [part] = parts;
  return part?.type === "opaque" && isJsonObject(part.json) && isAllCallable(part.json) ? part.json : undefined;
}

/** Such items are kept on the message after them, to stand before it again in this dialect: no other has anything to leave out. */
function keepToolsItems(messages: readonly Message[]): readonly Message[] {
  const kept: Message[] = [];
  let before: JsonObject | undefined;
  for (const [index, message] of messages.entries()) {
    const item = toolsItem(message);
    const next = messages[index + 1]?.role ?? "assistant";
    if (item !== undefined && next !== "assistant" && next !== "tool") {
      before = item;
      continue;
    }
    const { fields = {}, verbatim = {} } = message.extra ?? {};
    kept.push(before === undefined ? message : { ...message, ...extraOf(fields, { ...verbatim, before }) });
    before = undefined;
  }
  return kept;
}

/** Items of an assistant's turn follow one another; other dialects have one message for them all. */
function joinTurns(messages: readonly Message[]): readonly Message[] {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === "assistant" && message.role === "assistant")
      joined[joined.length - 1] = { role: "assistant", parts: [...last.parts, ...message.parts] };
    else joined.push(message);
  }
  return joined;
}

/** The items of `input` as messages. Types not known here are kept whole, in their place among the assistant's parts. */
export function decodeItems(items: readonly JsonValue[]): Result<readonly Message[], ClientError> {
  const messages = decodeAll(items, (item, index) => decodeItem(item, `input[${index}]`));
  return messages.ok ? success(joinTurns(keepToolsItems(messages.value))) : messages;
}
