import { isJsonObject, type JsonObject, optional, parseJson } from "../../core/json.ts";
import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from "../../core/request.ts";
import { type WarningSink, warn } from "../extra.ts";
import { ownFields } from "./extra.ts";
import { writeSource } from "./source.ts";
import { toToolId } from "./tool-id.ts";

/**
 * A call's arguments as the object Anthropic requires: no text is no arguments, and what is not a JSON object (a model wrote it,
 * it may be broken; or a custom tool takes free text) is kept as text under `input`.
 */
function argumentsToInput(text: string): { readonly input: JsonObject; readonly isWrapped: boolean } {
  if (text.trim() === "") return { input: {}, isWrapped: false };
  const parsed = parseJson(text);
  return isJsonObject(parsed) ? { input: parsed, isWrapped: false } : { input: { input: text }, isWrapped: true };
}

function writeText(part: TextPart, sink: WarningSink, path: string): JsonObject {
  return { type: "text", text: part.text, ...ownFields(part.extra, sink, path) };
}

/** Signatures are valid only where they were minted, and Anthropic refuses thinking without one: unsigned thinking is left out. */
function writeReasoning(part: ReasoningPart, sink: WarningSink, path: string): JsonObject | undefined {
  const isForeign = part.extra !== undefined && part.extra.dialect !== "anthropic";
  if (!isForeign && part.signature !== undefined && part.signature !== "") {
    return { type: "thinking", thinking: part.text, signature: part.signature, ...ownFields(part.extra, sink, path) };
  }
  if (!isForeign && part.encrypted !== undefined && part.text === "") {
    return { type: "redacted_thinking", data: part.encrypted, ...ownFields(part.extra, sink, path) };
  }
  warn(sink, path, "dropped", "thinking without an Anthropic signature");
  return undefined;
}

function writeToolCall(part: ToolCallPart, sink: WarningSink, path: string): JsonObject {
  if (part.signature !== undefined) warn(sink, `${path}.signature`, "dropped", "not in anthropic");
  const { input, isWrapped } = argumentsToInput(part.arguments);
  if (isWrapped) warn(sink, `${path}.arguments`, "changed", "not a JSON object; sent as text under `input`");
  return { type: "tool_use", id: toToolId(part.id), name: part.name, input, ...ownFields(part.extra, sink, path) };
}

function writeResultContent(part: ToolResultPart, sink: WarningSink, path: string): JsonObject[] | string | undefined {
  const [first] = part.content;
  if (part.shape === "absent") return undefined;
  if (part.shape === "string" && part.content.length === 1 && first?.type === "text" && first.extra === undefined) {
    return first.text;
  }
  return part.content
    .map((inner, index) => {
      const isBlank = inner.type === "text" && inner.text.trim() === "";
      return isBlank ? undefined : writeBlock(inner, sink, `${path}.content[${index}]`);
    })
    .filter((block) => block !== undefined);
}

function writeToolResult(part: ToolResultPart, sink: WarningSink, path: string): JsonObject {
  return {
    type: "tool_result",
    tool_use_id: toToolId(part.toolCallId),
    ...optional("content", writeResultContent(part, sink, path)),
    ...optional("is_error", part.isError),
    ...ownFields(part.extra, sink, path),
  };
}

/** Writes one part as a content block, or undefined (with a warning) where the format has none for it. */
export function writeBlock(part: Part, sink: WarningSink, path: string): JsonObject | undefined {
  switch (part.type) {
    case "text":
      return writeText(part, sink, path);
    case "refusal":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image", source: writeSource(part.source), ...ownFields(part.extra, sink, path) };
    case "file":
      return {
        type: "document",
        source: writeSource(part.source),
        ...optional("title", part.name),
        ...ownFields(part.extra, sink, path),
      };
    case "reasoning":
      return writeReasoning(part, sink, path);
    case "tool-call":
      return writeToolCall(part, sink, path);
    case "tool-result":
      return writeToolResult(part, sink, path);
    case "audio":
      warn(sink, path, "dropped", "no audio in anthropic");
      return undefined;
    case "opaque":
      if (part.dialect === "anthropic" && isJsonObject(part.json)) return part.json;
      warn(sink, path, "dropped", `a ${part.dialect} part, not in anthropic`);
      return undefined;
  }
}
