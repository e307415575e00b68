import type { ClientError } from "../../core/fault.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Extra, Warning } from "../../core/request.ts";
import { failure } from "../../core/result.ts";
import { fieldsFor } from "../extra.ts";
import { invalid as invalidParameter } from "../parameter.ts";

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

/** A member that is a string, else the empty one. */
export function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

/** Our own fields to write back; another dialect's are reported, one warning each, under `path`. */
export function ownFields(extra: Extra | undefined, path: string, warnings: Warning[]): JsonObject {
  return fieldsFor("openai-responses", extra, { warnings }, path);
}

/** The failure for a member of the wrong type. */
export function invalid(param: string, expected: string): { readonly ok: false; readonly error: ClientError } {
  return failure(invalidParameter(param, expected));
}
