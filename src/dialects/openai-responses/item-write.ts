import { isJsonObject, type JsonObject, type JsonValue, objectIn, optional, without } from "../../core/json.ts";
import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart, Warning } from "../../core/request.ts";
import { encodePart, encodeParts, unwrapContent } from "./content.ts";
import { unwrapInput } from "./custom.ts";
import { ownFields, textIn, verbatimOf } from "./fields.ts";
import type { CalledTool } from "./namespace.ts";
import { openOwn, sealForeign } from "./sealed.ts";

/** What the writing of items needs beside the parts. */
export interface ItemContext {
  /** The client's tools: a call of one is written in its own form, whoever answered. */
  readonly tools: ReadonlyMap<string, CalledTool>;
  /** A reply shows the client all reasoning; a request sends back only what this dialect's provider minted. */
  readonly isReply: boolean;
  readonly warnings: Warning[];
}

/** The item of a call. */
function writeCall(part: ToolCallPart, context: ItemContext, path: string): JsonObject {
  const item = objectIn(verbatimOf(part.extra), "item");
  const tool = item.type === undefined ? context.tools.get(part.name) : undefined;
  const isCustom = item.type === "custom_tool_call" || tool?.isCustom === true;
  const called = { name: tool?.name ?? part.name, ...optional("namespace", tool?.namespace) };
  const rest = { ...ownFields(part.extra, path, context.warnings), call_id: part.id, ...called, ...item };
  if (isCustom) return { ...rest, type: "custom_tool_call", input: unwrapInput(part.arguments) };
  return { ...rest, type: "function_call", arguments: part.arguments };
}

/** A reasoning item for text and token of any provider. */
export function reasoningItem(text: string, encryptedContent: string | undefined): JsonObject {
  return {
    type: "reasoning",
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    ...optional("encrypted_content", encryptedContent),
  };
}

function writeReasoning(part: ReasoningPart, context: ItemContext, path: string): JsonObject | undefined {
  const own = openOwn(part.encrypted);
  const { item } = verbatimOf(part.extra);
  if (isJsonObject(item)) return { ...item, ...optional("encrypted_content", own) };
  if (context.isReply) return reasoningItem(part.text, own ?? sealForeign(part));
  if (own !== undefined) return reasoningItem(part.text, own);
  context.warnings.push({ field: path, action: "dropped", reason: "reasoning of another provider" });
  return undefined;
}

function textOf(content: readonly JsonObject[]): string {
  return content.map((part) => textIn(part, "text")).join("");
}

/** The message around parts that came without one. */
const BARE_MESSAGE: JsonObject = { type: "message", role: "assistant" };

/** A message that is being put together of the parts that follow one another. */
interface OpenMessage {
  readonly item: JsonObject;
  readonly content: JsonObject[];
}

/**
 * A list of output parts belongs to an item with an id and a status, which another dialect's turn has not: there, text stands
 * as text. Source: `EasyInputMessage` and `ResponseOutputMessage` in the API reference; OpenRouter enforces it.
 */
function closeMessage({ item, content }: OpenMessage, { isReply }: ItemContext): JsonObject {
  const isBare = !isReply && item === BARE_MESSAGE && content.every((part) => part.type === "output_text");
  return { ...item, content: isBare || item.content === "" ? textOf(content) : content };
}

/** The items of an assistant's parts, in their order: what follows one another as content is one message. */
export function writeOutput(parts: readonly Part[], context: ItemContext, path: string): JsonObject[] {
  const items: JsonObject[] = [];
  let open: OpenMessage | undefined;
  const close = (): void => {
    if (open !== undefined) items.push(closeMessage(open, context));
    open = undefined;
  };
  for (const [index, part] of parts.entries()) {
    const at = `${path}.content[${index}]`;
    const whole = writeWhole(part, context, at);
    if (whole !== undefined) {
      close();
      if (whole !== null) items.push(whole);
      continue;
    }
    const content = encodePart(part, true, at, context.warnings);
    const { item } = part.type === "opaque" ? {} : verbatimOf(part.extra);
    if (isJsonObject(item)) close();
    if (content === undefined) continue;
    open ??= { item: isJsonObject(item) ? item : BARE_MESSAGE, content: [] };
    open.content.push(content);
  }
  close();
  return items;
}

/** A part that is an item of its own: null when it has no place here, undefined for a part of a message. */
function writeWhole(part: Part, context: ItemContext, path: string): JsonObject | null | undefined {
  if (part.type === "tool-call") return writeCall(part, context, path);
  if (part.type === "reasoning") return writeReasoning(part, context, path) ?? null;
  if (part.type !== "opaque" || unwrapContent(part) !== undefined) return undefined;
  return part.dialect === "openai-responses" && isJsonObject(part.json) ? part.json : undefined;
}

function writeResult(part: ToolResultPart, context: ItemContext, customIds: ReadonlySet<string>, path: string) {
  const item = objectIn(verbatimOf(part.extra), "item");
  const isCustom = item.type === undefined && customIds.has(part.toolCallId);
  const type = item.type ?? (isCustom ? "custom_tool_call_output" : "function_call_output");
  const fields = ownFields(part.extra, path, context.warnings);
  return { ...item, ...fields, type, call_id: part.toolCallId, output: writeResultContent(part, context, path) };
}

function writeResultContent(part: ToolResultPart, context: ItemContext, path: string): JsonValue {
  const isOwn = part.extra?.dialect === "openai-responses";
  const isText = part.content.every(({ type }) => type === "text");
  const content = encodeParts(part.content, false, path, context.warnings);
  if (isOwn ? part.shape !== "string" : !isText) return content;
  const text = content.map((inner) => textIn(inner, "text")).join(isOwn ? "" : "\n\n");
  return part.isError === true && !isOwn ? `Error: ${text}` : text;
}

/** What one message has beside tool results, as an item of its role. */
function writeMessage(message: Message, parts: readonly Part[], context: ItemContext, path: string): JsonObject[] {
  const role = message.role === "tool" ? "user" : message.role;
  const [first, ...others] = parts;
  const frame = without(verbatimOf(message.extra), ["before"]);
  const head: JsonObject = { ...frame, ...ownFields(message.extra, path, context.warnings), role };
  if (message.shape === "string" && first?.type === "text" && others.length === 0)
    return [{ ...head, content: first.text }];
  const content = encodeParts(parts, false, path, context.warnings);
  return content.length === 0 && parts.length > 0 ? [] : [{ ...head, content }];
}

/** The items that say what a message says: tool results first and apart, an assistant's parts one by one. */
export function writeItems(
  message: Message,
  context: ItemContext,
  customIds: ReadonlySet<string>,
  path: string,
): JsonObject[] {
  if (message.role === "assistant") return writeOutput(message.parts, context, path);
  const results = message.parts.filter((part): part is ToolResultPart => part.type === "tool-result");
  const rest = message.parts.filter((part) => part.type !== "tool-result");
  const outputs = results.map((part, index) => writeResult(part, context, customIds, `${path}.content[${index}]`));
  if (results.length > 0 && rest.length === 0) return outputs;
  const { before } = verbatimOf(message.extra);
  const items = [...outputs, ...writeMessage(message, rest, context, path)];
  return isJsonObject(before) ? [before, ...items] : items;
}
