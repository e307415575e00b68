import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";
import { inputItemsPage, type PageWish, withFoundItems } from "../../../src/dialects/openai-responses/input-items.ts";

const NONE: PageWish = { limit: null, order: null, after: null };

function page(input: readonly JsonObject[], wish: Partial<PageWish> = {}): JsonObject {
  const result = inputItemsPage("resp_1", input, { ...NONE, ...wish });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe("the input items of a kept response", () => {
  test("are a list, newest first, each with an id, a type and its text as parts", () => {
    const input = [
      { role: "user", content: "hello" },
      { type: "message", id: "msg_a", role: "assistant", content: [{ type: "output_text", text: "hi" }] },
      { type: "function_call", call_id: "call_1", name: "f", arguments: "{}" },
    ];
    expect(page(input)).toEqual({
      object: "list",
      data: [
        { type: "function_call", id: "fc_1_in_2", call_id: "call_1", name: "f", arguments: "{}" },
        { type: "message", id: "msg_a", role: "assistant", content: [{ type: "output_text", text: "hi" }] },
        { type: "message", id: "msg_1_in_0", role: "user", content: [{ type: "input_text", text: "hello" }] },
      ],
      first_id: "fc_1_in_2",
      last_id: "msg_1_in_0",
      has_more: false,
    });
  });

  test("of a response without input are an empty list", () => {
    expect(page([])).toEqual({ object: "list", data: [], first_id: null, last_id: null, has_more: false });
  });

  test("page by page are all items, each once and in order, whatever the size of the page", () => {
    const wish = fc.record({
      count: fc.integer({ min: 0, max: 60 }),
      limit: fc.integer({ min: 1, max: 100 }),
      order: fc.constantFrom("asc", "desc", null),
    });
    fc.assert(
      fc.property(wish, ({ count, limit, order }) => {
        const input = Array.from({ length: count }, (_, index) => ({ role: "user", content: `${index}` }));
        const seen: unknown[] = [];
        for (let after: string | null = null, more = true; more; ) {
          const { data, last_id, has_more } = page(input, { limit: String(limit), order, after });
          seen.push(...(data as JsonObject[]).map((item) => (item.content as JsonObject[])[0]?.text));
          after = last_id as string;
          more = has_more === true;
        }
        const expected = input.map((item) => item.content);
        expect(seen).toEqual(order === "asc" ? expected : expected.reverse());
      }),
    );
  });

  test.each([
    [{ limit: "0" }, "limit"],
    [{ limit: "101" }, "limit"],
    [{ limit: "ten" }, "limit"],
    [{ order: "up" }, "order"],
    [{ after: "msg_nowhere" }, "after"],
  ])("refuse %j by name", (wish, param) => {
    const result = inputItemsPage("resp_1", [{ role: "user", content: "x" }], { ...NONE, ...wish });
    expect(result).toMatchObject({ ok: false, error: { status: 400, param } });
  });
});

describe("references to items", () => {
  test("become the items that are known, and stay what they are otherwise", () => {
    const known = { type: "message", id: "msg_1", role: "assistant", content: [] };
    const reference = { type: "item_reference", id: "msg_2" };
    const user = { role: "user", content: "and now?" };
    const body = { input: [{ type: "item_reference", id: "msg_1" }, reference, user] };
    expect(withFoundItems(body, (id) => (id === "msg_1" ? known : null))).toEqual({ input: [known, reference, user] });
  });

  test("are looked for in lists only, and a body without any comes back as it was", () => {
    for (const body of [{ input: "text" }, {}, { input: [{ role: "user", content: "x" }, null, "y"] }]) {
      expect(withFoundItems(body, () => ({ never: true }))).toBe(body);
    }
  });
});
