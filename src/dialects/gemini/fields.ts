import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";

/** A parameter of a request that has the wrong type; turned into a 400 where the request was read. */
export class BadField extends Error {
  readonly param: string;
  constructor(param: string, expected: string) {
    super(`${param}: ${expected}`);
    this.param = param;
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The object with those of its members that are among `names` under their camelCase name: Google's servers take
 * `system_instruction` as well as `systemInstruction`. Members nobody knows keep the name they have.
 */
export function inCamelCase(object: JsonObject, names: readonly string[]): JsonObject {
  if (!Object.keys(object).some((key) => key.includes("_"))) return object;
  const known = new Map(names.map((name) => [snakeCase(name), name]));
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [known.get(key) ?? key, value]));
}

/** The `extra` member for fields nobody knows and for what was understood but must be written as it was; nothing when there are none. */
export function extraOf(fields: JsonObject, verbatim: JsonObject = {}): { readonly extra?: Extra } {
  const hasVerbatim = Object.keys(verbatim).length > 0;
  if (Object.keys(fields).length === 0 && !hasVerbatim) return {};
  return { extra: { dialect: "gemini", fields, ...(hasVerbatim ? { verbatim } : {}) } };
}

/** What this dialect understood of a thing and kept as it was. */
export function verbatimOf(extra: Extra | undefined): JsonObject {
  return extra?.dialect === "gemini" ? (extra.verbatim ?? {}) : {};
}

/** Collects what a request could not say in this dialect. */
export interface WarningSink {
  readonly warnings: Warning[];
}

/** Notes that a field was left out or changed. */
export function warn(sink: WarningSink, field: string, action: Warning["action"], reason: string): void {
  sink.warnings.push({ field, action, reason });
}

/** The fields to write back: those of this dialect. Each field of another one is reported below `path` and left out. */
export function ownFields(extra: Extra | undefined, sink: WarningSink, path: string): JsonObject {
  if (extra === undefined) return {};
  if (extra.dialect === "gemini") return extra.fields;
  for (const name of Object.keys(extra.fields)) {
    warn(sink, path === "" ? name : `${path}.${name}`, "dropped", "not in gemini");
  }
  return {};
}

/** A member only where there is a value for it: spread it into an object. */
export function optional<Name extends string, Value extends JsonValue>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: Value });
}

/** A member that is an object, else an empty one. */
export function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/** A member that is a string with something in it, else undefined. */
export function stringIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The objects in a member that is a list; none where it is no list. */
export function objectsIn(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
