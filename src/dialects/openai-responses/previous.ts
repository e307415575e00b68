import { type JsonObject, type JsonValue, without } from "../../core/json.ts";
import { inputItems } from "./input-items.ts";

/**
 * A body whose `previous_response_id` has been looked up: `items` (the input and the output of that response, in order) come
 * before its own input, and the id goes, since no provider knows it.
 */
export function withPreviousItems(body: JsonObject, items: readonly JsonValue[]): JsonObject {
  return { ...without(body, ["previous_response_id"]), input: [...items, ...inputItems(body)] };
}
