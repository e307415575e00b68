import { type ClientError, refusal } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { itemId } from "./resource.ts";
import { markForeignReasoning } from "./sealed.ts";

/** The `input` of a request as items: one text is one message of the user; none where it is absent. */
export function inputItems({ input }: JsonObject): readonly JsonValue[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  return Array.isArray(input) ? input : [];
}

/**
 * `input` with every `{type: "item_reference", id}` exchanged for the item that `find` knows under its id, since no other
 * provider knows it (a reference that it does not know stays as it is), and with reasoning of other dialects marked.
 */
export function withFoundItems(body: JsonObject, find: (id: string) => JsonValue | null): JsonObject {
  const { input } = body;
  if (!Array.isArray(input)) return body;
  const items = input.map((item) => {
    const isReference = isJsonObject(item) && item.type === "item_reference" && typeof item.id === "string";
    return markForeignReasoning((isReference ? find(String(item.id)) : null) ?? item);
  });
  return items.every((item, index) => item === input[index]) ? body : { ...body, input: items };
}

/** Which part of a list is asked for, as it stands in the query: `limit`, `order` and `after`. */
export interface PageWish {
  readonly limit: string | null;
  readonly order: string | null;
  readonly after: string | null;
}

const MOST = 100;
const USUAL = 20;

/** An item as a list shows it: always with an id and a type, and the text of a message as a list of parts. */
function listed(item: JsonValue, responseId: string, index: number): readonly JsonObject[] {
  if (!isJsonObject(item)) return [];
  const type = typeof item.type === "string" ? item.type : "message";
  const id = typeof item.id === "string" ? item.id : itemId(type, `${responseId}_in`, index);
  const textType = item.role === "assistant" ? "output_text" : "input_text";
  const content = typeof item.content === "string" ? { content: [{ type: textType, text: item.content }] } : {};
  return [{ ...item, id, type, ...content }];
}

function limitOf(text: string | null): number | null {
  if (text === null) return USUAL;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= MOST ? limit : null;
}

/** One page of a response's input items, newest first unless `order=asc`, in the form of OpenAI's lists. */
export function inputItemsPage(
  responseId: string,
  input: readonly JsonValue[],
  wish: PageWish,
): Result<JsonObject, ClientError> {
  const limit = limitOf(wish.limit);
  if (limit === null) {
    return failure(refusal("invalid_parameter", `limit must be a whole number from 1 to ${MOST}.`, { param: "limit" }));
  }
  if (wish.order !== null && wish.order !== "asc" && wish.order !== "desc") {
    return failure(refusal("invalid_parameter", "order must be asc or desc.", { param: "order" }));
  }
  const items = input.flatMap((item, index) => listed(item, responseId, index));
  if (wish.order !== "asc") items.reverse();
  const after = wish.after === null ? -1 : items.findIndex((item) => item.id === wish.after);
  if (wish.after !== null && after === -1) {
    const message = `after names "${wish.after.slice(0, 100)}", and this response has no such input item.`;
    return failure(refusal("invalid_parameter", message, { param: "after" }));
  }
  const data = items.slice(after + 1, after + 1 + limit);
  return success({
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: after + 1 + limit < items.length,
  });
}
