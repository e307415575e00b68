import type { JsonObject, JsonValue } from "../../core/json.ts";
import type {
  Message,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Warning,
} from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { encodePart } from "./content.ts";
import { ownFields } from "./fields.ts";
import { toolIdFor } from "./tool-id.ts";
import { encodeToolCall } from "./tools.ts";

/** What the encoding of the messages needs beside each message. */
export interface MessageContext {
  readonly target: EncodeTarget;
  /** The request came in this dialect, so shapes are written back as they were. */
  readonly isOwn: boolean;
  readonly warnings: Warning[];
}

function isText(part: Part): part is TextPart {
  return part.type === "text";
}

function encodeParts(parts: readonly Part[], path: string, context: MessageContext): JsonObject[] {
  return parts.flatMap((part, index) => {
    const encoded = encodePart(part, `${path}[${index}]`, context.warnings);
    return encoded === undefined ? [] : [encoded];
  });
}

/** Text parts as one string: what every server of this dialect takes in every role. */
function joinText(parts: readonly TextPart[], path: string, context: MessageContext): string {
  for (const [index, part] of parts.entries()) ownFields(part.extra, `${path}[${index}]`, context.warnings);
  return parts.map((part) => part.text).join("\n\n");
}

function encodeContent(
  parts: readonly Part[],
  shape: Message["shape"],
  path: string,
  context: MessageContext,
): JsonValue | undefined {
  const contentPath = `${path}.content`;
  if (shape === "string" && parts.every(isText)) return parts.map((part) => part.text).join("");
  if (shape === "null" && parts.length === 0) return null;
  if (shape === "absent" && parts.length === 0) return undefined;
  if (!context.isOwn && parts.every(isText)) return joinText(parts, contentPath, context);
  return encodeParts(parts, contentPath, context);
}

function contentMember(content: JsonValue | undefined): JsonObject {
  return content === undefined ? {} : { content };
}

function encodeReasoning(parts: readonly ReasoningPart[], path: string, context: MessageContext): JsonObject {
  if (parts.length === 0) return {};
  const field = context.target.reasoningField;
  if (field !== undefined) return { [field]: parts.map((part) => part.text).join("") };
  context.warnings.push({ field: `${path}.reasoning`, action: "dropped", reason: "not understood by this provider" });
  return {};
}

function encodeCall(call: ToolCallPart, path: string, context: MessageContext): JsonObject {
  return encodeToolCall({ ...call, id: toolIdFor(call.id, context.target) }, path, context.warnings);
}

/** Of a turn that is not content: the refusal as a member of its own (inside a content list it stays there) and the calls. */
function encodeAssistant(message: Message, path: string, context: MessageContext): JsonObject {
  const reasoning = message.parts.filter((part) => part.type === "reasoning");
  const calls = message.parts.filter((part): part is ToolCallPart => part.type === "tool-call");
  const isList = context.isOwn && message.shape === undefined;
  const refusals = isList ? [] : message.parts.filter((part) => part.type === "refusal");
  const content = message.parts.filter(
    (part) => part.type !== "reasoning" && part.type !== "tool-call" && (isList || part.type !== "refusal"),
  );
  const isEmpty = !context.isOwn && content.length === 0;
  return {
    ...ownFields(message.extra, path, context.warnings),
    role: "assistant",
    ...contentMember(isEmpty ? null : encodeContent(content, message.shape, path, context)),
    ...encodeReasoning(reasoning, path, context),
    ...(refusals.length === 0 ? {} : { refusal: refusals.map((part) => part.text).join("") }),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map((call, index) => encodeCall(call, `${path}.tool_calls[${index}]`, context)) }),
  };
}

function resultContent(part: ToolResultPart, path: string, context: MessageContext): JsonValue | undefined {
  if (part.shape === "absent" && part.content.length === 0) return context.isOwn ? undefined : "";
  if (part.shape === "string" || context.isOwn) return encodeContent(part.content, part.shape, path, context);
  const text = joinText(part.content.filter(isText), path, context);
  return part.isError === true ? `Error: ${text}` : text;
}

/** A message of the role `tool`; the old role `function` comes back out of the extra fields. */
function encodeToolMessage(
  part: ToolResultPart,
  fields: JsonObject,
  path: string,
  context: MessageContext,
): JsonObject {
  const content = contentMember(resultContent(part, path, context));
  if (fields.role === "function") return { ...fields, ...content };
  return { ...fields, role: "tool", tool_call_id: toolIdFor(part.toolCallId, context.target), ...content };
}

/**
 * A turn of another dialect with tool results in it: the results first, one message each and in order, then everything
 * else of the turn and what the results hold beside text (images, files), which this dialect only takes from the user.
 */
function encodeResultsTurn(message: Message, path: string, context: MessageContext): readonly JsonObject[] {
  const results = message.parts.filter((part): part is ToolResultPart => part.type === "tool-result");
  const moved = results.flatMap((result) =>
    result.content.filter((part) => part.type === "image" || part.type === "file"),
  );
  if (moved.length > 0) {
    context.warnings.push({ field: path, action: "changed", reason: "images of tool results moved to a user message" });
  }
  const rest = [...message.parts.filter((part) => part.type !== "tool-result"), ...moved];
  const answers = results.map((result) => encodeToolMessage(result, {}, path, context));
  if (rest.length === 0) return answers;
  return [...answers, { role: "user", ...contentMember(encodeContent(rest, undefined, path, context)) }];
}

function roleOf(message: Message, path: string, context: MessageContext): string {
  if (message.role !== "developer" || context.target.developerRole === true) return message.role;
  context.warnings.push({ field: `${path}.role`, action: "changed", reason: "developer written as system" });
  return "system";
}

/** Whether nothing of a message can be said here: all of it are items that only another dialect knows. */
function isForeign(message: Message): boolean {
  const isOpaque = (part: Part): boolean => part.type === "opaque" && part.dialect !== "openai-chat";
  return message.parts.length > 0 && message.parts.every(isOpaque);
}

/** One message of the model as the messages of this dialect that say it: several where it holds tool results, none where it is foreign. */
export function encodeMessage(message: Message, path: string, context: MessageContext): readonly JsonObject[] {
  const [first] = message.parts;
  if (isForeign(message)) {
    context.warnings.push({ field: path, action: "dropped", reason: "only another dialect knows it" });
    return [];
  }
  if (message.role === "assistant") return [encodeAssistant(message, path, context)];
  if (context.isOwn && message.role === "tool" && first?.type === "tool-result") {
    return [encodeToolMessage(first, ownFields(message.extra, path, context.warnings), path, context)];
  }
  if (message.parts.some((part) => part.type === "tool-result")) return encodeResultsTurn(message, path, context);
  return [
    {
      ...ownFields(message.extra, path, context.warnings),
      role: roleOf(message, path, context),
      ...contentMember(encodeContent(message.parts, message.shape, path, context)),
    },
  ];
}
