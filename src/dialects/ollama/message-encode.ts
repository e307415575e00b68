import type { JsonObject } from "../../core/json.ts";
import type { ChatRequest, Message, Part, ToolResultPart, Warning } from "../../core/request.ts";
import { dropped, foreignFields, ownFields } from "./extra.ts";
import { encodeToolCall, isMintedId } from "./tool-call.ts";

/** What one message is gathered into: Ollama has one text, one list of images and one list of calls a message. */
interface Gathered {
  readonly texts: string[];
  readonly thoughts: string[];
  readonly images: string[];
  readonly calls: JsonObject[];
  readonly warnings: Warning[];
}

function gather(part: Exclude<Part, ToolResultPart>, path: string, into: Gathered): void {
  if (part.type !== "opaque") into.warnings.push(...foreignFields(part.extra, `${path}.`));
  switch (part.type) {
    case "text":
    case "refusal":
      into.texts.push(part.text);
      return;
    case "reasoning":
      if (part.text !== "") into.thoughts.push(part.text);
      return;
    case "tool-call":
      into.calls.push(encodeToolCall(part));
      return;
    case "image":
      if (part.source.kind === "base64") into.images.push(part.source.data);
      else into.warnings.push(dropped(path, `ollama takes images as base64 only, not by ${part.source.kind}`));
      return;
    case "file":
    case "audio":
      into.warnings.push(dropped(path, `ollama takes no ${part.type} input`));
      return;
    case "opaque":
      into.warnings.push(dropped(path, `only in ${part.dialect}`));
  }
}

function gatherAll(parts: readonly Exclude<Part, ToolResultPart>[], path: string, warnings: Warning[]): Gathered {
  const into: Gathered = { texts: [], thoughts: [], images: [], calls: [], warnings };
  for (const [index, part] of parts.entries()) gather(part, `${path}.content[${index}]`, into);
  return into;
}

function lists({ images, calls }: Gathered): JsonObject {
  return { ...(images.length === 0 ? {} : { images }), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

function contentOf(texts: readonly string[], shape: Message["shape"]): JsonObject {
  if (texts.length === 0 && shape === "absent") return {};
  if (texts.length === 0 && shape === "null") return { content: null };
  return { content: texts.join("\n") };
}

function encodeResult(
  part: ToolResultPart,
  path: string,
  names: ReadonlyMap<string, string>,
  warnings: Warning[],
): JsonObject {
  const name = part.toolName ?? names.get(part.toolCallId);
  if (part.isError === true) warnings.push(dropped(`${path}.is_error`, "ollama marks no failed results"));
  warnings.push(...foreignFields(part.extra, `${path}.`));
  const gathered = gatherAll(part.content, path, warnings);
  return {
    role: "tool",
    content: gathered.texts.join("\n"),
    ...lists(gathered),
    ...(name === undefined ? {} : { tool_name: name }),
    ...(isMintedId(part.toolCallId) ? {} : { tool_call_id: part.toolCallId }),
  };
}

function encodeSpoken(
  message: Message,
  parts: readonly Exclude<Part, ToolResultPart>[],
  path: string,
  warnings: Warning[],
): JsonObject {
  const gathered = gatherAll(parts, path, warnings);
  return {
    role: message.role === "developer" ? "system" : message.role,
    ...contentOf(gathered.texts, message.shape),
    ...(gathered.thoughts.length === 0 ? {} : { thinking: gathered.thoughts.join("\n") }),
    ...lists(gathered),
    ...ownFields(message.extra),
  };
}

/** One message as Ollama has it: each tool result is a message of its own, before what else the turn says. */
function encodeMessage(
  message: Message,
  path: string,
  names: ReadonlyMap<string, string>,
  warnings: Warning[],
): JsonObject[] {
  warnings.push(...foreignFields(message.extra, `${path}.`));
  const results = message.parts.filter((part) => part.type === "tool-result");
  const spoken = message.parts.filter((part) => part.type !== "tool-result");
  const encoded = results.map((part, index) => encodeResult(part, `${path}.content[${index}]`, names, warnings));
  const [only] = encoded;
  if (only !== undefined && encoded.length === 1) Object.assign(only, ownFields(message.extra));
  if (encoded.length > 0 && spoken.length === 0) return encoded;
  return [...encoded, encodeSpoken(message, spoken, path, warnings)];
}

/** Whether a request came in this dialect, whose decoder names no origin. */
export function isOwn({ origin }: ChatRequest): boolean {
  return origin === undefined || origin === "ollama";
}

/** How another dialect wrote an empty content says nothing here: `null` is no text to Ollama. */
function withoutShape({ shape: _, ...message }: Message): Message {
  return message;
}

/**
 * Writes `messages`. Results are given the name of their tool, which Ollama wants, from the call they answer. `isSame`: they
 * came in this dialect and go out in the same shapes.
 */
export function encodeMessages(
  messages: readonly Message[],
  isSame: boolean,
): { messages: JsonObject[]; warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const names = new Map<string, string>();
  const encoded: JsonObject[] = [];
  for (const [index, message] of messages.entries()) {
    for (const part of message.parts) if (part.type === "tool-call") names.set(part.id, part.name);
    encoded.push(...encodeMessage(isSame ? message : withoutShape(message), `messages[${index}]`, names, warnings));
  }
  return { messages: encoded, warnings };
}
