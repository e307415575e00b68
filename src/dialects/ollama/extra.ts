import type { JsonObject } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";

/** The kept fields, where they were read by this dialect. */
export function ownFields(extra: Extra | undefined): JsonObject {
  return extra?.dialect === "ollama" ? extra.fields : {};
}

/** Fields nobody here knows, as `extra`; nothing when there are none. */
export function keepExtra(fields: JsonObject): { readonly extra?: Extra } {
  return Object.keys(fields).length === 0 ? {} : { extra: { dialect: "ollama", fields } };
}

/** The members of an object that are not in `known`. */
export function unknownFields(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !known.has(name)));
}

/** A field that is left out of the request. */
export function dropped(field: string, reason = "not in ollama"): Warning {
  return { field, action: "dropped", reason };
}

/** One warning for every field that another dialect kept. `path` is where they stood, e.g. `messages[2].`, or empty. */
export function foreignFields(extra: Extra | undefined, path: string): readonly Warning[] {
  if (extra === undefined || extra.dialect === "ollama") return [];
  return Object.keys(extra.fields).map((name) => dropped(`${path}${name}`));
}
