import { isJsonObject, type JsonObject, without } from "../../core/json.ts";
import type { Extra } from "../../core/request.ts";
import { fieldsFor, type WarningSink } from "../extra.ts";

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
  if (extra === undefined || extra.dialect === "anthropic") return fieldsFor("anthropic", extra, sink, path);
  const mark = cacheMarkIn(extra.fields);
  const others = { ...extra, fields: without(extra.fields, Object.keys(mark)) };
  return { ...fieldsFor("anthropic", others, sink, path), ...mark };
}
