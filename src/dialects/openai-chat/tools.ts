import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, optional } from "../../core/json.ts";
import type { Tool, ToolCallPart, ToolChoice, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { invalid } from "../parameter.ts";
import { leftover, ownFields, stringIn, withExtra } from "./fields.ts";

const CALL_FIELDS: ReadonlySet<string> = new Set(["id", "type", "function", "extra_content"]);
const CUSTOM_FIELDS: ReadonlySet<string> = new Set(["id", "custom"]);

function nested(name: string, inner: JsonObject): JsonObject {
  return Object.keys(inner).length === 0 ? {} : { [name]: inner };
}

/** Google's chat endpoint carries the thought signature of a call as `extra_content.google.thought_signature`. */
function signatureOf(call: JsonObject): string | undefined {
  return stringIn(objectIn(objectIn(call, "extra_content"), "google"), "thought_signature");
}

function decodeCustomCall(call: JsonObject, id: string): ToolCallPart {
  const custom = objectIn(call, "custom");
  return {
    type: "tool-call",
    id,
    name: stringIn(custom, "name") ?? "",
    arguments: stringIn(custom, "input") ?? "",
    ...withExtra(leftover(call, CUSTOM_FIELDS)),
  };
}

/**
 * One entry of `tool_calls`. `fallbackId` serves servers that send none. Custom calls keep `type: "custom"` among their
 * extra fields; arguments sent as an object (some servers do) become JSON text.
 */
export function decodeToolCall(call: JsonObject, fallbackId: string): ToolCallPart {
  const id = stringIn(call, "id") || fallbackId;
  if (call.type === "custom") return decodeCustomCall(call, id);
  const fn = objectIn(call, "function");
  const args = fn.arguments;
  const signature = signatureOf(call);
  const extraContent = signature === undefined ? optional("extra_content", call.extra_content) : {};
  const inner = nested("function", leftover(fn, new Set(["name", "arguments"])));
  return {
    type: "tool-call",
    id,
    name: stringIn(fn, "name") ?? "",
    arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}),
    ...(signature === undefined ? {} : { signature }),
    ...withExtra({ ...leftover(call, CALL_FIELDS), ...extraContent, ...inner }),
  };
}

/** One entry of `tool_calls`, always with its `type`. */
export function encodeToolCall(part: ToolCallPart, path: string, warnings: Warning[]): JsonObject {
  const fields = ownFields(part.extra, path, warnings);
  if (fields.type === "custom") {
    return { ...fields, id: part.id, custom: { name: part.name, input: part.arguments } };
  }
  const signature =
    part.signature === undefined ? {} : { extra_content: { google: { thought_signature: part.signature } } };
  return {
    ...fields,
    ...signature,
    id: part.id,
    type: "function",
    function: { ...objectIn(fields, "function"), name: part.name, arguments: part.arguments },
  };
}

/** One entry of `tools`: a function, or another type kept whole. */
export function decodeTool(tool: JsonValue, path: string): Result<Tool, ClientError> {
  if (!isJsonObject(tool)) return failure(invalid(path, "an object with a type"));
  if (tool.type !== "function") return success({ type: "opaque", dialect: "openai-chat", json: tool });
  const fn = tool.function;
  if (!isJsonObject(fn)) return failure(invalid(`${path}.function`, "an object"));
  if (typeof fn.name !== "string") return failure(invalid(`${path}.function.name`, "a string"));
  if (fn.parameters !== undefined && fn.parameters !== null && !isJsonObject(fn.parameters)) {
    return failure(invalid(`${path}.function.parameters`, "a JSON schema (an object)"));
  }
  const description = stringIn(fn, "description");
  const known = [
    "name",
    ...(description === undefined ? [] : ["description"]),
    ...(isJsonObject(fn.parameters) ? ["parameters"] : []),
  ];
  const inner = nested("function", leftover(fn, new Set(known)));
  return success({
    type: "function",
    name: fn.name,
    ...(description === undefined ? {} : { description }),
    ...(isJsonObject(fn.parameters) ? { inputSchema: fn.parameters } : {}),
    ...withExtra({ ...leftover(tool, new Set(["type", "function"])), ...inner }),
  });
}

/** One entry of `tools`, or undefined (with a warning) for a type only another dialect knows. */
export function encodeTool(tool: Tool, path: string, warnings: Warning[]): JsonObject | undefined {
  if (tool.type === "opaque") {
    if (tool.dialect === "openai-chat" && isJsonObject(tool.json)) return tool.json;
    warnings.push({ field: path, action: "dropped", reason: `a tool type only ${tool.dialect} knows` });
    return undefined;
  }
  const fields = ownFields(tool.extra, path, warnings);
  return {
    ...fields,
    type: "function",
    function: {
      ...objectIn(fields, "function"),
      name: tool.name,
      ...optional("description", tool.description),
      ...optional("parameters", tool.inputSchema),
    },
  };
}

/** `tool_choice`: the three words, one function by name, anything else kept whole. */
export function decodeToolChoice(choice: JsonValue): ToolChoice {
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  if (isJsonObject(choice) && choice.type === "function") {
    const name = stringIn(objectIn(choice, "function"), "name");
    const isPlain = Object.keys(choice).length === 2 && Object.keys(objectIn(choice, "function")).length === 1;
    if (name !== undefined && isPlain) return { type: "tool", name };
  }
  return { type: "opaque", dialect: "openai-chat", json: choice };
}

/** `tool_choice`, or undefined (with a warning) for one only another dialect knows. */
export function encodeToolChoice(choice: ToolChoice, warnings: Warning[]): JsonValue | undefined {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "tool":
      return { type: "function", function: { name: choice.name } };
    case "opaque":
      if (choice.dialect === "openai-chat") return choice.json;
      warnings.push({ field: "tool_choice", action: "dropped", reason: `a choice only ${choice.dialect} knows` });
      return undefined;
  }
}
