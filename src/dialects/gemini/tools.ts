import { isJsonObject, type JsonObject, type JsonValue, objectIn, optional, without } from "../../core/json.ts";
import type { FunctionTool, Tool, ToolChoice } from "../../core/request.ts";
import { type WarningSink, warn } from "../extra.ts";
import { BadField } from "../parameter.ts";
import { extraOf, inCamelCase, ownFields, verbatimOf } from "./fields.ts";
import { toJsonSchema, toOpenApi } from "./schema.ts";

const DECLARATION_FIELDS = ["name", "description", "parameters", "parametersJsonSchema"];

function schemaOf(
  declaration: JsonObject,
  path: string,
): { readonly inputSchema?: JsonObject; readonly verbatim: JsonObject } {
  const { parameters, parametersJsonSchema: schema } = declaration;
  if (isJsonObject(schema)) return { inputSchema: schema, verbatim: { parametersJsonSchema: schema } };
  if (parameters === undefined || parameters === null) return { verbatim: {} };
  if (!isJsonObject(parameters)) throw new BadField(`${path}.parameters`, "must be a schema (an object)");
  return { inputSchema: toJsonSchema(parameters), verbatim: { parameters } };
}

function readDeclaration(given: JsonValue, path: string): FunctionTool {
  if (!isJsonObject(given)) throw new BadField(path, "must be an object");
  const declaration = inCamelCase(given, DECLARATION_FIELDS);
  const { name, description } = declaration;
  if (typeof name !== "string" || name === "") throw new BadField(`${path}.name`, "must be a string");
  const { inputSchema, verbatim } = schemaOf(declaration, path);
  const isDescribed = typeof description === "string";
  const read = ["name", ...(isDescribed ? ["description"] : []), ...Object.keys(verbatim)];
  return {
    type: "function",
    name,
    ...(isDescribed ? { description } : {}),
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...extraOf(without(declaration, read), verbatim),
  };
}

function readTool(given: JsonValue, path: string): readonly Tool[] {
  if (!isJsonObject(given)) throw new BadField(path, "must be an object");
  const tool = inCamelCase(given, ["functionDeclarations"]);
  const { functionDeclarations: declarations } = tool;
  if (declarations === undefined) return [{ type: "opaque", dialect: "gemini", json: given }];
  if (!Array.isArray(declarations)) throw new BadField(`${path}.functionDeclarations`, "must be a list");
  if (declarations.length === 0) return [{ type: "opaque", dialect: "gemini", json: given }];
  const rest = without(tool, ["functionDeclarations"]);
  const others: readonly Tool[] =
    Object.keys(rest).length === 0 ? [] : [{ type: "opaque", dialect: "gemini", json: rest }];
  const functions = declarations.map((item, index) => readDeclaration(item, `${path}.functionDeclarations[${index}]`));
  return [...functions, ...others];
}

/** Reads `tools`: declared functions, and tools of Google's own (search, code execution, maps…) whole. */
export function readTools(tools: JsonValue): readonly Tool[] {
  if (!Array.isArray(tools)) throw new BadField("tools", "must be a list");
  return tools.flatMap((tool, index) => readTool(tool, `tools[${index}]`));
}

/** A function without parameters has no schema at all: an object without properties is refused. */
function writeSchema(schema: JsonObject | undefined): JsonObject {
  if (schema === undefined) return {};
  const { properties, type } = schema;
  const isEmpty =
    (type === undefined || type === "object") && (!isJsonObject(properties) || Object.keys(properties).length === 0);
  const hasOther = ["$ref", "anyOf", "oneOf", "allOf", "additionalProperties"].some(
    (name) => isJsonObject(schema[name]) || Array.isArray(schema[name]),
  );
  if (isEmpty && !hasOther) return {};
  const parameters = toOpenApi(schema);
  return parameters === undefined ? { parametersJsonSchema: schema } : { parameters };
}

function writeDeclaration(tool: FunctionTool, sink: WarningSink, path: string): JsonObject {
  const own = verbatimOf(tool.extra);
  return {
    name: tool.name,
    ...optional("description", tool.description),
    ...(tool.extra?.dialect === "gemini" ? own : writeSchema(tool.inputSchema)),
    ...ownFields(tool.extra, sink, path),
  };
}

/** Writes `tools`: all functions in one list at the place of the first; tool types of other dialects are left out with a warning. */
export function writeTools(tools: readonly Tool[], sink: WarningSink): JsonObject[] {
  const declarations: JsonObject[] = [];
  const written: JsonObject[] = [];
  for (const [index, tool] of tools.entries()) {
    const path = `tools[${index}]`;
    if (tool.type === "function") {
      if (declarations.length === 0) written.push({ functionDeclarations: declarations });
      declarations.push(writeDeclaration(tool, sink, path));
    } else if (tool.dialect === "gemini" && isJsonObject(tool.json)) written.push(tool.json);
    else warn(sink, path, "dropped", `a ${tool.dialect} tool type, not in gemini`);
  }
  return written;
}

const MODES: ReadonlyMap<string, ToolChoice> = new Map<string, ToolChoice>([
  ["AUTO", { type: "auto" }],
  ["ANY", { type: "required" }],
  ["NONE", { type: "none" }],
]);

const CONFIG_FIELDS = ["functionCallingConfig", "retrievalConfig"];
const CALLING_FIELDS = ["mode", "allowedFunctionNames"];

function choiceOf(calling: JsonObject): ToolChoice {
  const { mode, allowedFunctionNames: names } = calling;
  const whole: ToolChoice = { type: "opaque", dialect: "gemini", json: calling };
  if (Object.keys(without(calling, CALLING_FIELDS)).length > 0) return whole;
  if (names === undefined) return MODES.get(String(mode)) ?? whole;
  const [only, ...others] = Array.isArray(names) ? names : [];
  return mode === "ANY" && typeof only === "string" && others.length === 0 ? { type: "tool", name: only } : whole;
}

/** Reads `toolConfig`: the mode of function calling, and the rest of it for `extra`. A choice among several functions is kept whole. */
export function readToolConfig(given: JsonValue): { readonly choice?: ToolChoice; readonly rest: JsonObject } {
  if (!isJsonObject(given)) throw new BadField("toolConfig", "must be an object");
  const config = inCamelCase(given, CONFIG_FIELDS);
  const rest = without(config, ["functionCallingConfig"]);
  if (!isJsonObject(config.functionCallingConfig)) return { rest: config };
  return { choice: choiceOf(inCamelCase(config.functionCallingConfig, CALLING_FIELDS)), rest };
}

function writeChoice(choice: ToolChoice, sink: WarningSink): JsonObject | undefined {
  switch (choice.type) {
    case "auto":
      return { mode: "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "tool":
      return { mode: "ANY", allowedFunctionNames: [choice.name] };
    case "opaque":
      if (choice.dialect === "gemini" && isJsonObject(choice.json)) return choice.json;
      warn(sink, "tool_choice", "dropped", `a ${choice.dialect} tool choice, not in gemini`);
      return undefined;
  }
}

/** Writes `toolConfig`, with what this dialect kept of it; a mode without tools is refused, and left out. */
export function writeToolConfig(
  choice: ToolChoice | undefined,
  hasTools: boolean,
  kept: JsonObject,
  sink: WarningSink,
): JsonObject | undefined {
  const calling = choice === undefined || !hasTools ? undefined : writeChoice(choice, sink);
  if (calling === undefined && !isJsonObject(kept.toolConfig)) return undefined;
  return { ...objectIn(kept, "toolConfig"), ...optional("functionCallingConfig", calling) };
}
