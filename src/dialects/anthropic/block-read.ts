import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { FilePart, ImagePart, OpaquePart, Part, TextPart, ToolResultPart } from "../../core/request.ts";
import { BadField } from "../parameter.ts";
import { extraOf } from "./extra.ts";
import { readSource } from "./source.ts";

type BlockReader = (block: JsonObject, path: string) => Part;

function opaque(block: JsonValue): OpaquePart {
  return { type: "opaque", dialect: "anthropic", json: block };
}

function requireString(block: JsonObject, name: string, path: string): string {
  const value = block[name];
  if (typeof value !== "string") throw new BadField(`${path}.${name}`, "must be a string");
  return value;
}

function readText(block: JsonObject, path: string): TextPart {
  const text = requireString(block, "text", path);
  return { type: "text", text, ...extraOf(without(block, ["type", "text"])) };
}

function readImage(block: JsonObject): ImagePart | OpaquePart {
  const source = readSource(block.source);
  if (source === undefined) return opaque(block);
  return { type: "image", source, ...extraOf(without(block, ["type", "source"])) };
}

function readDocument(block: JsonObject): FilePart | OpaquePart {
  const source = readSource(block.source);
  if (source === undefined) return opaque(block);
  const { title } = block;
  const isNamed = typeof title === "string";
  return {
    type: "file",
    source,
    ...(isNamed ? { name: title } : {}),
    ...extraOf(without(block, isNamed ? ["type", "source", "title"] : ["type", "source"])),
  };
}

function readThinking(block: JsonObject, path: string): Part {
  const { signature } = block;
  return {
    type: "reasoning",
    text: requireString(block, "thinking", path),
    ...(typeof signature === "string" ? { signature } : {}),
    ...extraOf(without(block, ["type", "thinking", "signature"])),
  };
}

function readRedactedThinking(block: JsonObject, path: string): Part {
  const encrypted = requireString(block, "data", path);
  return { type: "reasoning", text: "", encrypted, ...extraOf(without(block, ["type", "data"])) };
}

function readToolUse(block: JsonObject, path: string): Part {
  const { input = {} } = block;
  if (!isJsonObject(input)) throw new BadField(`${path}.input`, "must be an object");
  return {
    type: "tool-call",
    id: requireString(block, "id", path),
    name: requireString(block, "name", path),
    arguments: JSON.stringify(input),
    ...extraOf(without(block, ["type", "id", "name", "input"])),
  };
}

function isResultContent(part: Part): part is ToolResultPart["content"][number] {
  return part.type === "text" || part.type === "image" || part.type === "file" || part.type === "opaque";
}

function readResultContent(content: JsonValue | undefined, path: string): Pick<ToolResultPart, "content" | "shape"> {
  if (content === undefined || content === null) return { content: [], shape: "absent" };
  if (typeof content === "string") return { content: [{ type: "text", text: content }], shape: "string" };
  if (!Array.isArray(content)) throw new BadField(path, "must be a string or a list of blocks");
  const parts = content.map((block, index) => {
    const part = readBlock(block, `${path}[${index}]`);
    return isResultContent(part) ? part : opaque(block);
  });
  return { content: parts };
}

function readToolResult(block: JsonObject, path: string): ToolResultPart {
  const isError = block.is_error;
  return {
    type: "tool-result",
    toolCallId: requireString(block, "tool_use_id", path),
    ...readResultContent(block.content, `${path}.content`),
    ...(typeof isError === "boolean" ? { isError } : {}),
    ...extraOf(
      without(block, ["type", "tool_use_id", "content", ...(typeof isError === "boolean" ? ["is_error"] : [])]),
    ),
  };
}

const READERS: ReadonlyMap<string, BlockReader> = new Map<string, BlockReader>([
  ["text", readText],
  ["image", readImage],
  ["document", readDocument],
  ["thinking", readThinking],
  ["redacted_thinking", readRedactedThinking],
  ["tool_use", readToolUse],
  ["tool_result", readToolResult],
]);

/** Reads one content block; a type nobody here knows is kept whole. Throws {@link BadField} where a known one is malformed. */
export function readBlock(block: JsonValue, path: string): Part {
  if (!isJsonObject(block)) throw new BadField(path, "must be an object");
  const { type } = block;
  if (typeof type !== "string") throw new BadField(`${path}.type`, "must be a string");
  return READERS.get(type)?.(block, path) ?? opaque(block);
}
