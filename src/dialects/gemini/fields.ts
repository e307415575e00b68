import type { JsonObject } from "../../core/json.ts";
import type { Extra } from "../../core/request.ts";
import { fieldsFor, type WarningSink } from "../extra.ts";

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

/** A member that is a string with something in it, else undefined. */
export function stringIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The fields to write back: those of this dialect. Each field of another one is reported below `path` and left out. */
export function ownFields(extra: Extra | undefined, sink: WarningSink, path: string): JsonObject {
  return fieldsFor("gemini", extra, sink, path);
}
