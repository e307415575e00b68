import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { ChatRequest, ResponseFormat } from "../../core/request.ts";
import type { FieldReader } from "./field.ts";

/** Reads `format`: `"json"`, or a JSON schema as an object; an empty string asks for nothing. */
export function decodeFormat(body: JsonObject, fields: FieldReader): Pick<ChatRequest, "responseFormat"> {
  const { format } = body;
  if (format === undefined || format === null || format === "") return {};
  if (format === "json") return { responseFormat: { type: "json" } };
  if (isJsonObject(format)) return { responseFormat: { type: "json-schema", schema: format } };
  fields.note("format", '`format` must be "json" or a JSON schema object');
  return {};
}

/** Writes `format`; a schema's name and strictness are implied, since Ollama constrains the output by grammar. */
export function encodeFormat(format: ResponseFormat | undefined): JsonObject {
  if (format === undefined || format.type === "text") return {};
  return { format: format.type === "json" ? "json" : format.schema };
}
