import { type ClientError, refusal } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";

/** The members of `object` that are named and there. */
export function only(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}

/** `extra` of this dialect: the fields nobody knows, and how it was written. Always there, so that foreign parts can be told apart. */
export function extraOf(fields: JsonObject, verbatim: JsonObject = {}): { readonly extra: Extra } {
  return { extra: { dialect: "openai-responses", fields, verbatim } };
}

/** As {@link extraOf}, or nothing when both are empty: made to be spread. */
export function optionalExtra(fields: JsonObject, verbatim: JsonObject = {}): { readonly extra?: Extra } {
  const isEmpty = Object.keys(fields).length === 0 && Object.keys(verbatim).length === 0;
  return isEmpty ? {} : extraOf(fields, verbatim);
}

/** How this very dialect wrote something; empty for what came in another one. */
export function verbatimOf(extra: Extra | undefined): JsonObject {
  return extra?.dialect === "openai-responses" ? (extra.verbatim ?? {}) : {};
}

/** Our own fields to write back; another dialect's are reported, one warning each, under `path`. */
export function ownFields(extra: Extra | undefined, path: string, warnings: Warning[]): JsonObject {
  if (extra === undefined) return {};
  if (extra.dialect === "openai-responses") return extra.fields;
  for (const name of Object.keys(extra.fields)) {
    const field = path === "" ? name : `${path}.${name}`;
    warnings.push({ field, action: "dropped", reason: "not in openai-responses" });
  }
  return {};
}

/** A member that is an object, else an empty one. */
export function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/** A member that is a string, else the empty one. */
export function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

/** The members of a list that are objects; none where there is no list. */
export function objectsIn(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** `{name: value}` for a value that is there, else nothing: made to be spread. */
export function optional<Name extends string, Value extends JsonValue>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  if (value === undefined) return {};
  const member: Partial<Record<Name, Value>> = {};
  member[name] = value;
  return member;
}

/** The error for a member of the wrong type: names the parameter and says what was expected. */
export function invalid(param: string, expected: string): { readonly ok: false; readonly error: ClientError } {
  const message = `${param} must be ${expected}. Correct it and send the request again.`;
  return failure(refusal("invalid_parameter", message, { param }));
}

/** Applies a decoder to each item; the first failure ends it. */
export function decodeAll<Item, Value>(
  items: readonly Item[],
  decode: (item: Item, index: number) => Result<Value, ClientError>,
): Result<readonly Value[], ClientError> {
  const values: Value[] = [];
  for (const [index, item] of items.entries()) {
    const result = decode(item, index);
    if (!result.ok) return result;
    values.push(result.value);
  }
  return success(values);
}
