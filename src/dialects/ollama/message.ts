import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { ImagePart, Message, Part, ToolCallPart } from "../../core/request.ts";
import { keepExtra, unknownFields } from "./extra.ts";
import type { FieldReader } from "./field.ts";
import { decodeImage } from "./image.ts";
import { decodeToolCall, mintToolCallId } from "./tool-call.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;
const KNOWN: ReadonlySet<string> = new Set([
  "role",
  "content",
  "thinking",
  "images",
  "tool_calls",
  "tool_name",
  "tool_call_id",
]);

/** The calls of a conversation in their order, so that results, which mostly carry no id, find theirs. */
interface CallLog {
  count: number;
  readonly open: ToolCallPart[];
}

function readImages(message: JsonObject, path: string, fields: FieldReader): readonly ImagePart[] {
  const images: ImagePart[] = [];
  for (const entry of fields.list(message, "images", path) ?? []) {
    if (typeof entry === "string") images.push(decodeImage(entry));
    else fields.note(`${path}images`, `\`${path}images\` must be a list of base64 strings`);
  }
  return images;
}

function readToolCalls(
  message: JsonObject,
  path: string,
  calls: CallLog,
  fields: FieldReader,
): readonly ToolCallPart[] {
  const parts: ToolCallPart[] = [];
  for (const entry of fields.list(message, "tool_calls", path) ?? []) {
    const call = decodeToolCall(entry, "", calls.count);
    if (call === undefined) {
      fields.note(`${path}tool_calls`, `every entry of \`${path}tool_calls\` needs a \`function\` with a \`name\``);
      continue;
    }
    calls.count++;
    calls.open.push(call);
    parts.push(call);
  }
  return parts;
}

/** Takes the call a result answers: by id, else the oldest open one of that tool, else the oldest open one. */
function takeCall(calls: CallLog, id: string | undefined, name: string | undefined): ToolCallPart | undefined {
  const byId = calls.open.findIndex((call) => call.id === id);
  const byName = calls.open.findIndex((call) => call.name === name);
  const fallback = name === undefined && id === undefined ? 0 : -1;
  const place = byId >= 0 ? byId : byName >= 0 ? byName : fallback;
  return place < 0 ? undefined : calls.open.splice(place, 1)[0];
}

function toolResult(message: JsonObject, path: string, calls: CallLog, fields: FieldReader): Part {
  const stated = fields.string(message, "tool_call_id", path);
  const name = fields.string(message, "tool_name", path);
  const call = takeCall(calls, stated, name);
  const text = fields.string(message, "content", path) ?? "";
  const toolName = name ?? call?.name;
  return {
    type: "tool-result",
    toolCallId: stated ?? call?.id ?? mintToolCallId("", calls.count++),
    ...(toolName === undefined ? {} : { toolName }),
    content: [...(text === "" ? [] : [{ type: "text", text } as const]), ...readImages(message, path, fields)],
    shape: "string",
  };
}

function spokenParts(message: JsonObject, path: string, calls: CallLog, fields: FieldReader): readonly Part[] {
  const thinking = fields.string(message, "thinking", path) ?? "";
  const text = fields.string(message, "content", path) ?? "";
  return [
    ...(thinking === "" ? [] : [{ type: "reasoning", text: thinking } as const]),
    ...(text === "" ? [] : [{ type: "text", text } as const]),
    ...readImages(message, path, fields),
    ...readToolCalls(message, path, calls, fields),
  ];
}

function shapeOf(content: JsonValue | undefined): NonNullable<Message["shape"]> {
  if (content === undefined) return "absent";
  return content === null ? "null" : "string";
}

function decodeMessage(message: JsonObject, path: string, calls: CallLog, fields: FieldReader): Message {
  const stated = fields.string(message, "role", path) ?? "";
  const role = ROLES.find((known) => known === stated);
  if (role === undefined)
    fields.note(`${path}role`, `\`${path}role\` must be one of ${ROLES.join(", ")}, not "${stated}"`);
  const parts =
    role === "tool" ? [toolResult(message, path, calls, fields)] : spokenParts(message, path, calls, fields);
  return { role: role ?? "user", parts, shape: shapeOf(message.content), ...keepExtra(unknownFields(message, KNOWN)) };
}

/** Reads `messages`. Tool calls and results that carry no id get minted ones that match each other. */
export function decodeMessages(list: readonly JsonValue[], fields: FieldReader): readonly Message[] {
  const calls: CallLog = { count: 0, open: [] };
  const messages: Message[] = [];
  for (const [index, entry] of list.entries()) {
    const path = `messages[${index}].`;
    if (isJsonObject(entry)) messages.push(decodeMessage(entry, path, calls, fields));
    else fields.note(`messages[${index}]`, `\`messages[${index}]\` must be an object with \`role\` and \`content\``);
  }
  return messages;
}
