import { isJsonObject, type JsonObject, type JsonValue, optional, without } from "../../core/json.ts";
import type { ChatRequest, FunctionTool, Tool, ToolChoice } from "../../core/request.ts";
import { type WarningSink, warn } from "../extra.ts";
import { BadField } from "../parameter.ts";
import { withOuterMark } from "./cache-marks.ts";
import { extraOf, ownFields } from "./extra.ts";

function readFunction(tool: JsonObject, path: string): FunctionTool {
  const { name, description, input_schema: inputSchema } = tool;
  if (typeof name !== "string") throw new BadField(`${path}.name`, "must be a string");
  if (inputSchema !== undefined && !isJsonObject(inputSchema))
    throw new BadField(`${path}.input_schema`, "must be an object");
  const isDescribed = typeof description === "string";
  return {
    type: "function",
    name,
    ...(isDescribed ? { description } : {}),
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...extraOf(without(tool, ["type", "name", "input_schema", ...(isDescribed ? ["description"] : [])])),
  };
}

/** Reads `tools`: custom ones as functions, server tools and other types whole. `type: "custom"` is the default and not kept. */
export function readTools(tools: JsonValue): readonly Tool[] {
  if (!Array.isArray(tools)) throw new BadField("tools", "must be a list");
  return tools.map((tool, index) => {
    const path = `tools[${index}]`;
    if (!isJsonObject(tool)) throw new BadField(path, "must be an object");
    const isCustom = tool.type === undefined || tool.type === null || tool.type === "custom";
    return isCustom ? readFunction(tool, path) : { type: "opaque", dialect: "anthropic", json: tool };
  });
}

function writeSchema(schema: JsonObject | undefined): JsonObject {
  if (schema === undefined) return { type: "object", properties: {} };
  return "type" in schema ? schema : { type: "object", ...schema };
}

function writeTool(tool: Tool, sink: WarningSink, path: string): JsonObject | undefined {
  if (tool.type === "function") {
    return {
      name: tool.name,
      ...optional("description", tool.description),
      input_schema: writeSchema(tool.inputSchema),
      ...ownFields(withOuterMark(tool.extra), sink, path),
    };
  }
  if (tool.dialect === "anthropic" && isJsonObject(tool.json)) return tool.json;
  warn(sink, path, "dropped", `a ${tool.dialect} tool type, not in anthropic`);
  return undefined;
}

/** Writes `tools`; tool types of other dialects are left out with a warning. */
export function writeTools(tools: readonly Tool[], sink: WarningSink): JsonObject[] {
  return tools.map((tool, index) => writeTool(tool, sink, `tools[${index}]`)).filter((tool) => tool !== undefined);
}

const CHOICES: ReadonlyMap<string, ToolChoice> = new Map<string, ToolChoice>([
  ["auto", { type: "auto" }],
  ["any", { type: "required" }],
  ["none", { type: "none" }],
]);

/** What `tool_choice` says. */
type ReadToolChoice = Pick<ChatRequest, "toolChoice" | "parallelToolCalls">;

/** Reads `tool_choice` with its `disable_parallel_tool_use`; a choice with fields nobody knows is kept whole. */
export function readToolChoice(choice: JsonValue): ReadToolChoice {
  if (!isJsonObject(choice)) throw new BadField("tool_choice", 'must be an object such as {type: "auto"}');
  const { type, name, disable_parallel_tool_use: isSerial } = choice;
  const known =
    type === "tool" && typeof name === "string" ? ({ type: "tool", name } as const) : CHOICES.get(String(type));
  const understood = ["type", "disable_parallel_tool_use", ...(type === "tool" ? ["name"] : [])];
  const isWhole = Object.keys(without(choice, understood)).length === 0;
  const isSerialReadable = isSerial === undefined || (typeof isSerial === "boolean" && type !== "none");
  if (known === undefined || !isWhole || !isSerialReadable) {
    return { toolChoice: { type: "opaque", dialect: "anthropic", json: choice } };
  }
  return { toolChoice: known, ...(typeof isSerial === "boolean" ? { parallelToolCalls: !isSerial } : {}) };
}

function writeChoice(choice: ToolChoice, sink: WarningSink): JsonObject | undefined {
  switch (choice.type) {
    case "auto":
    case "none":
      return { type: choice.type };
    case "required":
      return { type: "any" };
    case "tool":
      return { type: "tool", name: choice.name };
    case "opaque":
      if (choice.dialect === "anthropic" && isJsonObject(choice.json)) return choice.json;
      warn(sink, "tool_choice", "dropped", `a ${choice.dialect} tool choice, not in anthropic`);
      return undefined;
  }
}

/** Writes `tool_choice`; without tools there is nothing to choose, and Anthropic refuses `auto` and `none` then. */
export function writeToolChoice(request: ChatRequest, hasTools: boolean, sink: WarningSink): JsonObject | undefined {
  const { toolChoice, parallelToolCalls } = request;
  if (!hasTools && (toolChoice === undefined || toolChoice.type === "auto" || toolChoice.type === "none"))
    return undefined;
  const isImplied = toolChoice === undefined && parallelToolCalls === false;
  const written = isImplied ? { type: "auto" } : toolChoice && writeChoice(toolChoice, sink);
  if (written === undefined || parallelToolCalls === undefined) return written;
  if (toolChoice?.type === "none" || toolChoice?.type === "opaque") return written;
  return { ...written, disable_parallel_tool_use: !parallelToolCalls };
}
