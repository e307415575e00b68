import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { relay } from "../../../src/dialects/openai-chat/relay.ts";
import { COST, relayed, STAMP } from "./support.ts";

const PLAIN: ReplyStamp = { ...STAMP, streamUsage: false };
const DONE: WireEvent = { data: "[DONE]" };
const OWN: ReplyStamp = { ...STAMP, requestedModel: "m" };

function chunk(choice: JsonObject | undefined, more: JsonObject = {}): WireEvent {
  const choices = choice === undefined ? [] : [{ index: 0, finish_reason: null, ...choice }];
  return {
    data: JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 5, model: "m", choices, ...more }),
  };
}

const FIRST = chunk({ delta: { role: "assistant", content: "" } });
const TEXT = chunk({ delta: { content: 'say "model":"x"' } });
const STOP = chunk({ delta: {}, finish_reason: "stop" });
const USAGE = chunk(undefined, { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } });

function json(event: WireEvent | undefined): JsonObject {
  return JSON.parse(event?.data ?? "null") as JsonObject;
}

describe("the chat relay", () => {
  test("passes events by identity where the names are equal", () => {
    const sent = relayed([FIRST, TEXT, STOP, USAGE, DONE], OWN);
    expect(sent[0]).toBe(FIRST);
    expect(sent[1]).toBe(TEXT);
    expect(sent[2]).toBe(STOP);
    expect(sent[4]).toBe(DONE);
    expect(json(sent[3])).toMatchObject({ choices: [], usage: { prompt_tokens: 3, cost: 0.0015 } });
  });

  test("cuts the requested name in and leaves every other character", () => {
    const [first, text] = relayed([FIRST, TEXT, STOP, DONE]);
    expect(first?.data).toBe(FIRST.data.replace('"model":"m"', '"model":"asked/for"'));
    expect(text?.data).toBe(TEXT.data.replace('"model":"m"', '"model":"asked/for"'));
    const spaced = relayed([FIRST, { data: TEXT.data.replace('"model":"m"', '"model": "a \\" b"') }, STOP, DONE]);
    expect(json(spaced[1])).toMatchObject({ model: "asked/for" });
  });

  test("holds the finish chunk until the usage is known and puts the cost on it", () => {
    let state = relay.initial(PLAIN);
    let sent: readonly WireEvent[] = [];
    [state] = relay.step(state, FIRST);
    [state, sent] = relay.step(state, STOP);
    expect(sent).toEqual([]);
    [state, sent] = relay.step(state, USAGE, COST);
    expect(sent).toHaveLength(1);
    expect(json(sent[0])).toMatchObject({
      choices: [{ finish_reason: "stop" }],
      usage: { total_tokens: 5, cost: 0.0015 },
    });
    expect(relay.step(state, DONE)[1]).toEqual([DONE]);
    expect(relay.end(relay.step(state, DONE)[0])).toEqual([]);
  });

  test("moves usage from the finish chunk into a chunk of its own for clients that asked for one", () => {
    const last = chunk({ delta: {}, finish_reason: "stop" }, { usage: { prompt_tokens: 3 }, x_vendor: 1 });
    const sent = relayed([FIRST, last, DONE]);
    expect(json(sent[1])).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: null, x_vendor: 1 });
    expect(json(sent[2])).toMatchObject({ choices: [], usage: { prompt_tokens: 3, cost: 0.0015 } });
    expect(sent).toHaveLength(4);
  });

  test("keeps a cost that the provider stated beside ours", () => {
    const [, , usage] = relayed([FIRST, STOP, chunk(undefined, { usage: { prompt_tokens: 3, cost: 0.7 } })]);
    expect(json(usage)).toMatchObject({ usage: { provider_cost: 0.7, cost: 0.0015 } });
  });

  test("ends a complete stream whose upstream forgot usage and [DONE]", () => {
    const asked = relayed([FIRST, STOP]);
    expect(json(asked[2])).toMatchObject({ choices: [], usage: { cost: 0.0015, usage_source: "provider" } });
    expect(asked[3]).toEqual(DONE);
    const plain = relayed([FIRST, STOP], PLAIN);
    expect(json(plain[1])).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: { cost: 0.0015 } });
    expect(plain).toHaveLength(3);
  });

  test("implies a finish chunk where [DONE] came without one", () => {
    const sent = relayed([FIRST, TEXT, DONE], PLAIN);
    expect(json(sent[2])).toMatchObject({
      model: "asked/for",
      choices: [{ finish_reason: "stop" }],
      usage: { cost: 0.0015 },
    });
    expect(sent[3]).toBe(DONE);
  });

  test("lets nothing out for a cut stream: the gateway's error event follows", () => {
    expect(relayed([FIRST, TEXT], PLAIN)).toHaveLength(2);
  });

  test("never loses a held finish when no cost is given", () => {
    const [state] = relay.step(relay.step(relay.initial(PLAIN), FIRST)[0], STOP);
    const [, sent] = relay.step(state, DONE);
    expect(json(sent[0])).toMatchObject({ choices: [{ finish_reason: "stop" }] });
    expect(sent[1]).toBe(DONE);
  });

  test("turns the upstream's error event into our envelope", () => {
    const sent = relayed([FIRST, { data: '{"error":{"message":"boom","type":"server_error"}}' }]);
    expect(json(sent[1])).toEqual({
      error: { message: "boom", type: "upstream_error", param: null, code: "upstream_error" },
      request_id: "req_1",
    });
    expect(sent).toHaveLength(2);
  });

  test("repairs roles, indexes, types, stop words and content lists", () => {
    const call = { id: "a", function: { name: "f", arguments: "{}" } };
    const sent = relayed([
      chunk({
        delta: {
          content: [
            { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
            { type: "text", text: "hi" },
          ],
        },
      }),
      chunk({ delta: { tool_calls: [call] } }),
      chunk({ delta: { tool_calls: [{ ...call, id: "b" }] }, finish_reason: "stop" }),
      USAGE,
    ]);
    expect(json(sent[0])).toMatchObject({
      choices: [{ delta: { role: "assistant", content: "hi", reasoning_content: "hm" } }],
    });
    expect(json(sent[1])).toMatchObject({ choices: [{ delta: { tool_calls: [{ index: 0, type: "function" }] } }] });
    expect(json(sent[2])).toMatchObject({
      choices: [{ delta: { tool_calls: [{ index: 1, type: "function" }] }, finish_reason: "tool_calls" }],
    });
  });

  test("passes further choices and holds only the last finish chunk", () => {
    const other = { data: JSON.stringify({ model: "m", choices: [{ index: 1, delta: {}, finish_reason: "length" }] }) };
    const sent = relayed([FIRST, STOP, other, USAGE, DONE], { ...PLAIN, requestedModel: "m" });
    expect(sent.map((event) => (event === DONE ? "done" : json(event).choices))).toMatchObject([
      [{ delta: { role: "assistant" } }],
      [{ finish_reason: "stop" }],
      [{ index: 1, finish_reason: "length" }],
      "done",
    ]);
  });
});
