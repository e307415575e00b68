import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { FunctionTool, Tool, Warning } from "../../core/request.ts";
import { dropped, foreignFields, keepExtra, ownFields, unknownFields } from "./extra.ts";
import type { FieldReader } from "./field.ts";

const OUTER: ReadonlySet<string> = new Set(["type", "function"]);
const INNER: ReadonlySet<string> = new Set(["name", "description", "parameters"]);

/** What is kept of a tool mirrors the wire: unknown members beside `function`, and those inside it under that name. */
function decodeTool(entry: JsonObject, definition: JsonObject, path: string, fields: FieldReader): FunctionTool {
  const name = fields.string(definition, "name", path);
  if (name === undefined || name === "") fields.note(`${path}name`, `\`${path}name\` is required`);
  const description = fields.string(definition, "description", path);
  const inputSchema = fields.object(definition, "parameters", path);
  const inner = unknownFields(definition, INNER);
  return {
    type: "function",
    name: name ?? "",
    ...(description === undefined ? {} : { description }),
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...keepExtra({ ...unknownFields(entry, OUTER), ...(Object.keys(inner).length === 0 ? {} : { function: inner }) }),
  };
}

/** Reads `tools`. A tool of a type nobody knows stays as it is. */
export function decodeTools(list: readonly JsonValue[], fields: FieldReader): readonly Tool[] {
  const tools: Tool[] = [];
  for (const [index, entry] of list.entries()) {
    const path = `tools[${index}]`;
    if (!isJsonObject(entry)) fields.note(path, `\`${path}\` must be an object with \`type\` and \`function\``);
    else if (isJsonObject(entry.function)) tools.push(decodeTool(entry, entry.function, `${path}.function.`, fields));
    else tools.push({ type: "opaque", dialect: "ollama", json: entry });
  }
  return tools;
}

function encodeTool(tool: FunctionTool): JsonObject {
  const { function: inner, ...outer } = ownFields(tool.extra);
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      ...(tool.inputSchema === undefined ? {} : { parameters: tool.inputSchema }),
      ...(isJsonObject(inner) ? inner : {}),
    },
    ...outer,
  };
}

/** Writes `tools`, absent when none is left. Tools only another dialect knows are dropped with a warning. */
export function encodeTools(tools: readonly Tool[] | undefined): { fields: JsonObject; warnings: readonly Warning[] } {
  const encoded: JsonValue[] = [];
  const warnings: Warning[] = [];
  for (const [index, tool] of (tools ?? []).entries()) {
    const path = `tools[${index}]`;
    if (tool.type === "function") {
      warnings.push(...foreignFields(tool.extra, `${path}.`));
      encoded.push(encodeTool(tool));
    } else if (tool.dialect === "ollama") encoded.push(tool.json);
    else warnings.push(dropped(path, `only in ${tool.dialect}`));
  }
  return { fields: encoded.length === 0 ? {} : { tools: encoded }, warnings };
}
