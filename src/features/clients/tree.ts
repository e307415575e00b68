import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** The member of a list whose member `key` is the text `is`; a list of our own order would clash with the user's. */
export interface ItemStep {
  readonly key: string;
  readonly is: string;
}

/** One step into a document: a key of a map, or an item of a list. */
export type Step = string | ItemStep;

/** Where something stands in a document. */
export type Path = readonly Step[];

/** The index of the item that a step means, or -1. */
function indexOfItem(list: readonly JsonValue[], step: ItemStep): number {
  return list.findIndex((item) => isJsonObject(item) && item[step.key] === step.is);
}

function child(value: JsonValue | undefined, step: Step): JsonValue | undefined {
  if (typeof step === "string") return isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return Array.isArray(value) ? value[indexOfItem(value, step)] : undefined;
}

/** What stands at a path, or undefined. */
export function valueAt(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  return path.reduce(child, value);
}

/** How many steps of a path lead to something. */
export function depthOf(value: JsonValue | undefined, path: Path): number {
  let here = value;
  for (const [depth, step] of path.entries()) {
    here = child(here, step);
    if (here === undefined) return depth;
  }
  return path.length;
}

/** An object from pairs, safe for any key. */
function objectOf(pairs: Iterable<readonly [string, JsonValue]>): JsonObject {
  return Object.fromEntries(pairs) as JsonObject;
}

/** The document with `given` at `path`; maps and lists on the way are made where there is nothing. Null when something else is in the way. */
export function withValueAt(value: JsonValue | undefined, path: Path, given: JsonValue): JsonValue | null {
  const [step, ...rest] = path;
  if (step === undefined) return given;
  if (typeof step === "string") {
    if (value !== undefined && value !== null && !isJsonObject(value)) return null;
    const inner = withValueAt(child(value, step), rest, given);
    return inner === null && given !== null ? null : objectOf([...Object.entries(value ?? {}), [step, inner]]);
  }
  if (value !== undefined && value !== null && !Array.isArray(value)) return null;
  const list = [...(value ?? [])];
  const index = indexOfItem(list, step);
  const inner = withValueAt(list[index], rest, given);
  if (inner === null) return null;
  list.splice(index < 0 ? list.length : index, index < 0 ? 0 : 1, inner);
  return list;
}

/** The document without what stands at `path`; unchanged when there is nothing. */
export function withoutValueAt(value: JsonValue, path: Path): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = child(value, step);
  if (inner === undefined) return value;
  if (typeof step === "string") {
    const pairs = Object.entries(isJsonObject(value) ? value : {});
    if (rest.length === 0) return objectOf(pairs.filter(([key]) => key !== step));
    return objectOf(pairs.map(([key, old]) => [key, key === step ? withoutValueAt(inner, rest) : old] as const));
  }
  const list = Array.isArray(value) ? value : [];
  const index = indexOfItem(list, step);
  if (rest.length === 0) return list.filter((_, at) => at !== index);
  return list.map((item, at) => (at === index ? withoutValueAt(item, rest) : item));
}

/** Whether nothing is in a map or list. */
export function isEmptyContainer(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** A path as a person reads it: `models[name=Lodestar].model`. */
export function pathText(path: Path): string {
  return path
    .map((step, at) => (typeof step === "string" ? `${at === 0 ? "" : "."}${step}` : `[${step.key}=${step.is}]`))
    .join("");
}
