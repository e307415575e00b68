import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";
import { fieldsFor } from "../extra.ts";

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

/** A member that is a string, else undefined. */
export function stringIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" ? value : undefined;
}

/** Our own fields to write back; another dialect's are reported, one warning each, under `path`. */
export function ownFields(extra: Extra | undefined, path: string, warnings: Warning[]): JsonObject {
  return fieldsFor("openai-chat", extra, { warnings }, path);
}
