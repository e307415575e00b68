import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";

/** Collects what a request could not say in this dialect. */
export interface WarningSink {
  readonly warnings: Warning[];
}

/** Notes that a field was left out or changed. */
export function warn(sink: WarningSink, field: string, action: Warning["action"], reason: string): void {
  sink.warnings.push({ field, action, reason });
}

/** The `extra` member for the fields nobody knows, or nothing when there are none: spread it into a part. */
export function extraOf(fields: JsonObject): { readonly extra?: Extra } {
  return Object.keys(fields).length === 0 ? {} : { extra: { dialect: "anthropic", fields } };
}

/** A mark of the prompt cache, which clients of other dialects (Aider, LiteLLM) write as Anthropic does. */
function cacheMarkIn({ cache_control: mark }: JsonObject): JsonObject {
  return isJsonObject(mark) && mark.type === "ephemeral" ? { cache_control: mark } : {};
}

/** The fields to write back: those of this dialect, and cache marks. Each other field is reported below `path` and left out. */
export function ownFields(extra: Extra | undefined, sink: WarningSink, path: string): JsonObject {
  if (extra === undefined) return {};
  if (extra.dialect === "anthropic") return extra.fields;
  const mark = cacheMarkIn(extra.fields);
  for (const name of Object.keys(without(extra.fields, Object.keys(mark)))) {
    warn(sink, path === "" ? name : `${path}.${name}`, "dropped", "not in anthropic");
  }
  return mark;
}

/** A member only where there is a value for it: spread it into an object. */
export function optional<Name extends string, Value extends JsonValue>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: Value });
}
