import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Message, Part, ToolResultPart } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { decodeAll, invalid } from "../parameter.ts";
import { decodePart } from "./content.ts";
import { leftover, REASONING_FIELDS, stringIn, withExtra } from "./fields.ts";
import { decodeToolCall } from "./tools.ts";

interface Content {
  readonly parts: readonly Part[];
  readonly shape?: "string" | "null" | "absent";
}

function decodeContent(content: JsonValue | undefined, path: string): Result<Content, ClientError> {
  if (content === undefined) return success({ parts: [], shape: "absent" });
  if (content === null) return success({ parts: [], shape: "null" });
  if (typeof content === "string") return success({ parts: [{ type: "text", text: content }], shape: "string" });
  if (!Array.isArray(content)) return failure(invalid(path, "a string or a list of parts"));
  const parts = decodeAll(content, (part, index) => decodePart(part, `${path}[${index}]`));
  return parts.ok ? success({ parts: parts.value }) : parts;
}

function decodeToolCalls(message: JsonObject, path: string): Result<readonly Part[], ClientError> {
  const calls = message.tool_calls;
  if (!Array.isArray(calls)) return success([]);
  return decodeAll(calls, (call, index) => {
    const callPath = `${path}.tool_calls[${index}]`;
    if (!isJsonObject(call)) return failure(invalid(callPath, "an object"));
    const part = decodeToolCall(call, `call_${path.replace(/\D/g, "")}_${index}`);
    return part.name === "" ? failure(invalid(`${callPath}.function.name`, "a non-empty string")) : success(part);
  });
}

/** An assistant's turn: reasoning first, then content, a refusal, the tool calls. */
function decodeAssistant(message: JsonObject, content: Content, path: string): Result<Message, ClientError> {
  const calls = decodeToolCalls(message, path);
  if (!calls.ok) return calls;
  const field = REASONING_FIELDS.find((name) => typeof message[name] === "string");
  const reasoning = field === undefined ? undefined : stringIn(message, field);
  const refusal = content.shape === undefined ? undefined : stringIn(message, "refusal");
  const known = new Set(["role", "content"]);
  if (field !== undefined) known.add(field);
  if (refusal !== undefined) known.add("refusal");
  if (calls.value.length > 0 || message.tool_calls === null) known.add("tool_calls");
  return success({
    role: "assistant",
    parts: [
      ...(reasoning === undefined ? [] : [{ type: "reasoning", text: reasoning } as const]),
      ...content.parts,
      ...(refusal === undefined ? [] : [{ type: "refusal", text: refusal } as const]),
      ...calls.value,
    ],
    ...(content.shape === undefined ? {} : { shape: content.shape }),
    ...withExtra(leftover(message, known)),
  });
}

type ResultContent = ToolResultPart["content"][number];

function isResultContent(part: Part): part is ResultContent {
  return part.type === "text" || part.type === "image" || part.type === "file" || part.type === "opaque";
}

/** A tool's answer. The old role `function` names its tool instead of a call; it keeps its role among the extra fields. */
function decodeToolResult(message: JsonObject, content: Content, path: string): Result<Message, ClientError> {
  const isLegacy = message.role === "function";
  const id = stringIn(message, isLegacy ? "name" : "tool_call_id");
  if (id === undefined) return failure(invalid(`${path}.${isLegacy ? "name" : "tool_call_id"}`, "a string"));
  const parts = content.parts.filter(isResultContent);
  if (parts.length < content.parts.length) return failure(invalid(`${path}.content`, "text"));
  const result: ToolResultPart = {
    type: "tool-result",
    toolCallId: id,
    ...(isLegacy ? { toolName: id } : {}),
    content: parts,
    ...(content.shape === undefined ? {} : { shape: content.shape === "string" ? "string" : "absent" }),
  };
  const fields = leftover(message, new Set(isLegacy ? ["content"] : ["role", "content", "tool_call_id"]));
  return success({ role: "tool", parts: [result], ...withExtra(fields) });
}

/** Members of a turn that is nothing but text. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(["role", "content"]);

/** One entry of `messages`. Unknown members are kept; an unknown role is an error that names it. */
export function decodeMessage(message: JsonValue, path: string): Result<Message, ClientError> {
  if (!isJsonObject(message)) return failure(invalid(path, "an object with a role"));
  const content = decodeContent(message.content, `${path}.content`);
  if (!content.ok) return content;
  const { role } = message;
  switch (role) {
    case "assistant":
      return decodeAssistant(message, content.value, path);
    case "tool":
    case "function":
      return decodeToolResult(message, content.value, path);
    case "system":
    case "developer":
    case "user":
      return success({
        role,
        ...content.value,
        ...withExtra(leftover(message, PLAIN_FIELDS)),
      });
    default:
      return failure(invalid(`${path}.role`, "one of system, developer, user, assistant, tool"));
  }
}
