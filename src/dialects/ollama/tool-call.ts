import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import type { ToolCallPart } from "../../core/request.ts";

const MINTED = "ollama_call_";

/**
 * An id for a tool call that came without one. `seed` tells one answer from another (its `created_at`), so that the calls of
 * several turns differ; the same bytes always mint the same id. Letters, digits and `_` only, which every dialect accepts.
 */
export function mintToolCallId(seed: string, ordinal: number): string {
  const digits = seed.replace(/[^0-9]/g, "").slice(0, 20);
  return `${MINTED}${digits === "" ? "" : `${digits}_`}${ordinal}`;
}

/** Whether an id is one of ours, so that it is not written where none was read. */
export function isMintedId(id: string): boolean {
  return id.startsWith(MINTED);
}

/** Arguments as the object Ollama wants. Text that is no JSON object is kept under `raw_arguments`, so that nothing is lost. */
function encodeArguments(text: string): JsonObject {
  if (text.trim() === "") return {};
  const value = parseJson(text);
  return isJsonObject(value) ? value : { raw_arguments: text };
}

function decodeArguments(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "{}";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Reads one entry of `tool_calls`; `undefined` when it names no function. */
export function decodeToolCall(entry: JsonValue, seed: string, ordinal: number): ToolCallPart | undefined {
  if (!isJsonObject(entry) || !isJsonObject(entry.function)) return undefined;
  const { name, arguments: input } = entry.function;
  if (typeof name !== "string" || name === "") return undefined;
  const id = typeof entry.id === "string" && entry.id !== "" ? entry.id : mintToolCallId(seed, ordinal);
  return { type: "tool-call", id, name, arguments: decodeArguments(input) };
}

/** One entry of `tool_calls`. `index` is its place among the calls of the answer, absent inside a request. */
export function encodeToolCall(call: Pick<ToolCallPart, "id" | "name" | "arguments">, index?: number): JsonObject {
  const place: JsonObject = index === undefined ? {} : { index };
  return {
    ...(isMintedId(call.id) ? {} : { id: call.id }),
    function: { ...place, name: call.name, arguments: encodeArguments(call.arguments) },
  };
}
