import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";

/** Members of a message or delta that carry reasoning, by preference: DeepSeek and most others, then Groq and OpenRouter. */
export const REASONING_FIELDS = ["reasoning_content", "reasoning"] as const;

/** The members of `object` that are not in `known`. Copies by definition, so `__proto__` as a name stays data. */
export function leftover(object: JsonObject, known: Pick<ReadonlySet<string>, "has">): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const name of Object.keys(object)) if (!known.has(name)) entries.push([name, object[name] ?? null]);
  return entries.length === 0 ? {} : Object.fromEntries(entries);
}

/** `{extra}` for fields of this dialect, or nothing when there are none: made to be spread. */
export function withExtra(fields: JsonObject): { readonly extra?: Extra } {
  return Object.keys(fields).length === 0 ? {} : { extra: { dialect: "openai-chat", fields } };
}

/** A member that is an object, else an empty one. */
export function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/** A member that is a string, else undefined. */
export function stringIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" ? value : undefined;
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

/** Our own fields to write back; another dialect's are reported, one warning each, under `path`. */
export function ownFields(extra: Extra | undefined, path: string, warnings: Warning[]): JsonObject {
  if (extra === undefined) return {};
  if (extra.dialect === "openai-chat") return extra.fields;
  for (const name of Object.keys(extra.fields)) {
    warnings.push({ field: path === "" ? name : `${path}.${name}`, action: "dropped", reason: "not in openai-chat" });
  }
  return {};
}
