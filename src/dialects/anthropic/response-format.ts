import { isJsonObject, type JsonObject, without } from "../../core/json.ts";
import type { ResponseFormat } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { traitsOf } from "./claude.ts";
import { extraOf, ownFields } from "./extra.ts";

/** Reads `output_config.format` (or the older `output_format`); undefined when it is no JSON schema format. */
export function readFormat(format: unknown): Extract<ResponseFormat, { type: "json-schema" }> | undefined {
  if (!isJsonObject(format) || format.type !== "json_schema" || !isJsonObject(format.schema)) return undefined;
  return { type: "json-schema", schema: format.schema, ...extraOf(without(format, ["type", "schema"])) };
}

/** How a format goes out: as a native field, as words for the system prompt, or not at all. */
export interface WrittenFormat {
  readonly field?: { readonly name: "output_config.format" | "output_format"; readonly value: JsonObject };
  readonly instruction?: string;
  /** What the answer must match, where the instruction alone asks for it. */
  readonly answerSchema?: JsonObject;
}

const ONLY_JSON = "Answer with one valid JSON object and nothing else: no prose and no code fence around it.";

/**
 * Writes the wanted format. A JSON schema is native from Claude 4.1 on; elsewhere, and for schemaless JSON, the system prompt asks
 * for it, with a warning: nothing then enforces it. A forced tool is not used, since it would take the place of the client's tools.
 */
export function writeFormat(
  format: ResponseFormat | undefined,
  target: EncodeTarget,
  sink: WarningSink,
): WrittenFormat {
  if (format === undefined || format.type === "text") return {};
  if (format.type === "json") {
    warn(sink, "response_format", "changed", "no JSON mode in anthropic; the system prompt asks for JSON");
    return { instruction: ONLY_JSON, answerSchema: { type: "object" } };
  }
  if (traitsOf(target).hasJsonSchema) {
    const value = { type: "json_schema", schema: format.schema, ...ownFields(format.extra, sink, "response_format") };
    return { field: { name: format.shape ?? "output_config.format", value } };
  }
  warn(sink, "response_format", "changed", `no JSON schema at ${target.model}; the system prompt asks for it`);
  const instruction = `${ONLY_JSON} It must match this JSON schema:\n${JSON.stringify(format.schema)}`;
  return { instruction, answerSchema: format.schema };
}
