import { fnv1a } from "../../core/fnv.ts";
import { isJsonObject, type JsonObject, objectsIn } from "../../core/json.ts";
import { textIn } from "./fields.ts";

/** A tool that can be called, as its client knows it. */
export interface CalledTool {
  readonly name: string;
  /** The group it stands in (Codex has one for each MCP server); a call must name it, else the client cannot find the tool. */
  readonly namespace?: string;
  readonly isCustom: boolean;
}

/** One callable entry of `tools`, or of a namespace among them. */
export interface ListedTool extends CalledTool {
  /** What models of other dialects call it. */
  readonly flatName: string;
  readonly json: JsonObject;
  /** The namespace as it was sent. */
  readonly group?: JsonObject;
}

/** Longer names of functions are refused by OpenAI's chat and by Gemini. */
const LONGEST_NAME = 64;

function hashedName(text: string, whole: string): string {
  const hash = fnv1a(whole).toString(16).padStart(8, "0");
  return `${text.slice(0, LONGEST_NAME - hash.length - 1)}_${hash}`;
}

/** The name of a function that stands for a tool of a namespace where there are none: `mcp__files` and `find` as `mcp__files__find`. */
export function flatName(namespace: string, name: string): string {
  const joined = namespace.endsWith("__") ? `${namespace}${name}` : `${namespace}__${name}`;
  const text = joined.replace(/[^A-Za-z0-9_-]/g, "_");
  return text === joined && text.length <= LONGEST_NAME ? text : hashedName(text, `${namespace} ${name}`);
}

function isCallable({ type, name }: JsonObject): boolean {
  return (type === "function" || type === "custom") && typeof name === "string";
}

/** The tools of a namespace; undefined for any other entry, and for a namespace that holds what cannot be called. */
function membersOf(tool: JsonObject): readonly JsonObject[] | undefined {
  if (tool.type !== "namespace" || typeof tool.name !== "string" || !Array.isArray(tool.tools)) return undefined;
  const members = objectsIn(tool, "tools");
  return members.length > 0 && members.length === tool.tools.length && members.every(isCallable) ? members : undefined;
}

function listed(json: JsonObject, group?: JsonObject): ListedTool {
  const name = textIn(json, "name");
  const isCustom = json.type === "custom";
  if (group === undefined) return { name, flatName: name, isCustom, json };
  const namespace = textIn(group, "name");
  return { name, namespace, flatName: flatName(namespace, name), isCustom, json, group };
}

/** The callable tools of a request, in order, those of namespaces among them under a name that no other has. */
export function listTools(tools: unknown): readonly ListedTool[] {
  const entries = Array.isArray(tools) ? tools.filter(isJsonObject) : [];
  const taken = new Set(entries.filter(isCallable).map((tool) => textIn(tool, "name")));
  return entries.flatMap((entry) => {
    if (isCallable(entry)) return [listed(entry)];
    return (membersOf(entry) ?? []).map((member) => {
      const tool = listed(member, entry);
      const isTaken = taken.has(tool.flatName);
      const unique = isTaken ? hashedName(tool.flatName, `${tool.namespace} ${tool.name}`) : tool.flatName;
      taken.add(unique);
      return { ...tool, flatName: unique };
    });
  });
}

/** Tools among the items of `input`, where newer Codex sends all it has: the item stands for them in this dialect alone. */
export function additionalTools(input: unknown): readonly JsonObject[] {
  const items = Array.isArray(input) ? input.filter(isJsonObject) : [];
  return items.flatMap((item) => (item.type === "additional_tools" ? objectsIn(item, "tools") : []));
}

/** Whether all that an item of additional tools brings can be called by models of other dialects. */
export function isAllCallable(item: JsonObject): boolean {
  const isEmpty = (tool: JsonObject): boolean => tool.type === "namespace" && objectsIn(tool, "tools").length === 0;
  const isOffered = (tool: JsonObject): boolean => isCallable(tool) || isEmpty(tool) || membersOf(tool) !== undefined;
  return item.type === "additional_tools" && objectsIn(item, "tools").every(isOffered);
}

/** The tools of a request by the name under which a model of another dialect calls them. */
export function calledTools(tools: unknown): ReadonlyMap<string, CalledTool> {
  return new Map(
    listTools(tools).map(({ flatName: key, name, namespace, isCustom }) => [
      key,
      { name, isCustom, ...(namespace === undefined ? {} : { namespace }) },
    ]),
  );
}
