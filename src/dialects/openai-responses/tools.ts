import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, optional, without } from "../../core/json.ts";
import type { ChatRequest, FunctionTool, Tool, ToolChoice, Warning } from "../../core/request.ts";
import { type Result, success } from "../../core/result.ts";
import { decodeAll } from "../parameter.ts";
import { customSchema } from "./custom.ts";
import { extraOf, invalid, ownFields, textIn, verbatimOf } from "./fields.ts";
import { type ListedTool, listTools } from "./namespace.ts";

function decodeFunction(tool: JsonObject, path: string): Result<FunctionTool, ClientError> {
  const { name, description, parameters, strict } = tool;
  if (typeof name !== "string") return invalid(`${path}.name`, "a string");
  if (parameters !== undefined && parameters !== null && !isJsonObject(parameters))
    return invalid(`${path}.parameters`, "a JSON schema (an object)");
  const isDescribed = typeof description === "string";
  const isStrict = strict === true;
  const known = ["type", "name", ...(isDescribed ? ["description"] : []), ...(isStrict ? [] : ["strict"])];
  const rest = without(tool, [...known, ...(isJsonObject(parameters) ? ["parameters"] : [])]);
  return success({
    type: "function",
    name,
    ...(isDescribed ? { description } : {}),
    ...(isJsonObject(parameters) ? { inputSchema: parameters } : {}),
    ...extraOf(rest, isStrict || strict === undefined ? {} : { strict }),
  });
}

/** A custom tool is a function with one string parameter to every other dialect. */
function decodeCustom(tool: JsonObject, path: string): Result<FunctionTool, ClientError> {
  const { name, description, format } = tool;
  if (typeof name !== "string") return invalid(`${path}.name`, "a string");
  const isDescribed = typeof description === "string";
  const function_: FunctionTool = {
    type: "function",
    name,
    ...(isDescribed ? { description } : {}),
    inputSchema: customSchema(format),
    ...extraOf({}, { custom: without(tool, ["name", ...(isDescribed ? ["description"] : [])]) }),
  };
  return success(function_);
}

/** What a namespace says of itself is said with its first tool, so that it is said once. */
function describe(tool: FunctionTool, group: JsonObject): string | undefined {
  const about = typeof group.description === "string" ? `${textIn(group, "name")}: ${group.description}` : undefined;
  const texts = [tool.description, about].filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("\n\n");
}

/** The tools of a namespace, each as a function of its own: to this dialect the first of them stands for all. */
function decodeNamespace(
  group: JsonObject,
  members: readonly ListedTool[],
  path: string,
): Result<readonly Tool[], ClientError> {
  return decodeAll(members, ({ json, flatName }, index) => {
    const tool = decodeCallable(json, `${path}.tools[${index}]`);
    if (!tool.ok) return tool;
    const description = index === 0 ? describe(tool.value, group) : tool.value.description;
    const { fields = {}, verbatim = {} } = tool.value.extra ?? {};
    return success({
      ...tool.value,
      name: flatName,
      ...(description === undefined ? {} : { description }),
      ...extraOf(fields, { ...verbatim, namespace: index === 0 ? group : null }),
    });
  });
}

function decodeCallable(tool: JsonObject, path: string): Result<FunctionTool, ClientError> {
  return tool.type === "custom" ? decodeCustom(tool, path) : decodeFunction(tool, path);
}

/** A tool that an item of the input stands for in this dialect; hosted ones are that item's own affair. */
function inItem(tool: Tool): readonly Tool[] {
  if (tool.type === "opaque") return [];
  const { fields = {}, verbatim = {} } = tool.extra ?? {};
  return [{ ...tool, ...extraOf(fields, { ...verbatim, namespace: null }) }];
}

/**
 * `tools`, and those that items of the input bring: functions and custom tools, also those of namespaces; hosted tools and types
 * yet to come are kept whole.
 */
export function decodeTools(
  own: readonly JsonValue[],
  additional: readonly JsonValue[],
): Result<readonly Tool[], ClientError> {
  const tools = [...own, ...additional];
  const callable = listTools(tools);
  const decoded = decodeAll(tools, (tool, index): Result<readonly Tool[], ClientError> => {
    const path = `tools[${index}]`;
    if (!isJsonObject(tool)) return invalid(path, "an object with a type");
    const members = callable.filter(({ group }) => group === tool);
    if (members.length > 0) return decodeNamespace(tool, members, path);
    if (tool.type !== "function" && tool.type !== "custom")
      return success([{ type: "opaque", dialect: "openai-responses", json: tool }]);
    const one = decodeCallable(tool, path);
    return one.ok ? success([one.value]) : one;
  });
  if (!decoded.ok) return decoded;
  const inItems = decoded.value.slice(own.length).flat().flatMap(inItem);
  return success([...decoded.value.slice(0, own.length).flat(), ...inItems]);
}

/** Chat's tools are lenient unless they say otherwise, ours strict: what came from elsewhere must say so. */
function strictness(tool: FunctionTool): JsonObject {
  if (tool.extra?.dialect === "openai-responses") return {};
  return { strict: tool.extra?.dialect === "openai-chat" && objectIn(tool.extra.fields, "function").strict === true };
}

function encodeFunction(tool: FunctionTool, path: string, warnings: Warning[]): JsonObject {
  const { custom, ...frame } = verbatimOf(tool.extra);
  const description = optional("description", tool.description);
  if (isJsonObject(custom)) return { ...custom, name: tool.name, ...description };
  const { extra } = tool;
  const isChatStrictness =
    extra?.dialect === "openai-chat" && Object.keys(without(extra.fields, ["function"])).length === 0;
  return {
    ...frame,
    ...(isChatStrictness ? {} : ownFields(extra, path, warnings)),
    ...strictness(tool),
    type: "function",
    name: tool.name,
    ...description,
    ...optional("parameters", tool.inputSchema),
  };
}

/** One entry of `tools`; undefined where its namespace says it, and (with a warning) for a type only another dialect knows. */
function encodeTool(tool: Tool, path: string, warnings: Warning[]): JsonObject | undefined {
  if (tool.type === "function") {
    const { namespace } = verbatimOf(tool.extra);
    if (namespace === undefined) return encodeFunction(tool, path, warnings);
    return isJsonObject(namespace) ? namespace : undefined;
  }
  if (tool.dialect === "openai-responses" && isJsonObject(tool.json)) return tool.json;
  warnings.push({ field: path, action: "dropped", reason: `a tool type only ${tool.dialect} knows` });
  return undefined;
}

/** Names of the custom tools of a request, however they are kept. */
export function customToolNames(tools: readonly Tool[]): ReadonlySet<string> {
  return new Set(
    tools.flatMap((tool) =>
      tool.type === "function" && verbatimOf(tool.extra).custom !== undefined ? [tool.name] : [],
    ),
  );
}

/** `tool_choice`: the three words, one function or custom tool by name, anything else kept whole. */
export function decodeToolChoice(choice: JsonValue): ToolChoice {
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  const isNamed = isJsonObject(choice) && typeof choice.name === "string" && Object.keys(choice).length === 2;
  if (isNamed && (choice.type === "function" || choice.type === "custom"))
    return { type: "tool", name: String(choice.name) };
  return { type: "opaque", dialect: "openai-responses", json: choice };
}

function encodeToolChoice(
  choice: ToolChoice,
  customs: ReadonlySet<string>,
  warnings: Warning[],
): JsonValue | undefined {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "tool":
      return { type: customs.has(choice.name) ? "custom" : "function", name: choice.name };
    case "opaque":
      if (choice.dialect === "openai-responses") return choice.json;
      warnings.push({ field: "tool_choice", action: "dropped", reason: `a choice only ${choice.dialect} knows` });
      return undefined;
  }
}

/** `tools` and `tool_choice` of a request; no choice without a tool, but for a client of this dialect, who may mean it. */
export function encodeTools(request: ChatRequest, warnings: Warning[]): JsonObject {
  const { tools: given, toolChoice } = request;
  const tools = given?.flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, warnings) ?? []);
  const isNoneLeft = tools !== undefined && tools.length === 0;
  if (isNoneLeft && request.origin !== "openai-responses") return {};
  const customs = customToolNames(given ?? []);
  const choice = toolChoice === undefined ? undefined : encodeToolChoice(toolChoice, customs, warnings);
  const isInItems = isNoneLeft && given?.length !== 0;
  return { ...(isInItems ? {} : optional("tools", tools)), ...optional("tool_choice", choice) };
}
