import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { WireEvent } from "../../../src/dialects/dialect.ts";
import { decoder } from "../../../src/dialects/openai-chat/decoder.ts";
import { decode, gistOf } from "./support.ts";

const DONE: WireEvent = { data: "[DONE]" };

function event(json: JsonObject): WireEvent {
  return { data: JSON.stringify(json) };
}

function delta(content: JsonObject, finish?: string): WireEvent {
  const choice =
    finish === undefined ? { index: 0, delta: content } : { index: 0, delta: content, finish_reason: finish };
  return event({ id: "c1", object: "chat.completion.chunk", created: 5, model: "m", choices: [choice] });
}

function call(fields: JsonObject): WireEvent {
  return delta({ tool_calls: [fields] });
}

function kinds(parts: readonly StreamPart[]): string {
  return parts.map((part) => ("block" in part ? `${part.type}:${part.block}` : part.type)).join(" ");
}

const USAGE = event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } });

describe("the chat decoder", () => {
  test("holds the finish back until the usage chunk", () => {
    const parts = decode([delta({ content: "hi" }), delta({}, "stop"), USAGE, DONE]);
    expect(kinds(parts)).toBe("start text-start:0 text-delta:0 text-end:0 finish");
    expect(parts.at(-1)).toMatchObject({ finish: { unified: "stop", raw: "stop" }, usage: { input: { uncached: 3 } } });
  });

  test("finishes at once where the finish chunk carries the usage", () => {
    const last = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: { prompt_tokens: 1 } };
    const [state] = decoder.step(decoder.initial(), delta({ content: "hi" }));
    expect(kinds(decoder.step(state, event(last))[1])).toBe("text-end:0 finish");
  });

  test("finds usage in x_groq and inside a choice", () => {
    for (const extra of [{ x_groq: { usage: { prompt_tokens: 9 } } }, {}]) {
      const choice = {
        index: 0,
        delta: {},
        finish_reason: "stop",
        ...("x_groq" in extra ? {} : { usage: { prompt_tokens: 9 } }),
      };
      const parts = decode([delta({ content: "x" }), event({ choices: [choice], ...extra })]);
      expect(parts.at(-1)).toMatchObject({ type: "finish", usage: { input: { uncached: 9 } } });
    }
  });

  test("lets usage on the way be a count so far", () => {
    const running = event({
      choices: [{ index: 0, delta: { content: "a" } }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    });
    expect(kinds(decode([running, delta({}, "stop"), DONE]))).toBe(
      "start text-start:0 text-delta:0 usage text-end:0 finish",
    );
  });

  test("ends at [DONE] where no finish word ever came", () => {
    expect(decode([delta({ content: "x" }), DONE]).at(-1)).toEqual({
      type: "finish",
      finish: { unified: "stop", raw: null },
    });
  });

  test("calls an empty stream garbage", () => {
    expect(decode([DONE]).at(-1)).toMatchObject({ type: "error", fault: { kind: "garbage" } });
    expect(decode([]).at(-1)).toMatchObject({ type: "error", fault: { kind: "truncated" } });
  });

  test("turns stop beside a tool call into tool calls", () => {
    const parts = decode([
      call({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "{}" } }),
      delta({}, "stop"),
      DONE,
    ]);
    expect(parts.at(-1)).toMatchObject({ finish: { unified: "tool-calls", raw: "stop" } });
  });

  test("reads a whole call without an index, twice", () => {
    const parts = decode([
      delta({
        tool_calls: [
          { id: "a", function: { name: "f", arguments: "{}" } },
          { id: "b", function: { name: "g", arguments: "{}" } },
        ],
      }),
      delta({}, "tool_calls"),
    ]);
    expect(kinds(parts)).toBe(
      "start tool-call-start:0 tool-call-delta:0 tool-call-end:0 tool-call-start:1 tool-call-delta:1 tool-call-end:1 finish",
    );
  });

  test("tells whole calls apart that all say index 0", () => {
    const parts = decode([
      call({ index: 0, id: "a", function: { name: "f", arguments: "{}" } }),
      call({ index: 0, id: "b", function: { name: "f", arguments: '{"x":1}' } }),
      delta({}, "stop"),
    ]);
    expect(gistOf(parts).calls).toEqual([
      { name: "f", arguments: "{}" },
      { name: "f", arguments: '{"x":1}' },
    ]);
  });

  test("takes empty ids and names in later pieces as the same call", () => {
    const parts = decode([
      call({ index: 0, id: "a", function: { name: "f", arguments: "" } }),
      call({ index: 0, id: "", function: { name: "", arguments: "{}" } }),
      delta({}, "tool_calls"),
    ]);
    expect(gistOf(parts).calls).toEqual([{ name: "f", arguments: "{}" }]);
  });

  test("puts interleaved calls one after the other", () => {
    const parts = decode([
      call({ index: 0, id: "a", function: { name: "f", arguments: "" } }),
      call({ index: 1, id: "b", function: { name: "g", arguments: "" } }),
      call({ index: 0, function: { arguments: '{"a"' } }),
      call({ index: 1, function: { arguments: '{"b":' } }),
      call({ index: 0, function: { arguments: ":1}" } }),
      call({ index: 1, function: { arguments: "2}" } }),
      delta({}, "tool_calls"),
    ]);
    expect(gistOf(parts).calls).toEqual([
      { name: "f", arguments: '{"a":1}' },
      { name: "g", arguments: '{"b":2}' },
    ]);
    expect(kinds(parts)).toContain("tool-call-end:0 tool-call-start:1");
  });

  test("mints an id from the answer's where the server sends none", () => {
    const parts = decode([call({ index: 0, function: { name: "f", arguments: { a: 1 } } }), delta({}, "stop")]);
    expect(parts.find((part) => part.type === "tool-call-start")).toMatchObject({ id: "call_c1_0" });
    expect(gistOf(parts).calls).toEqual([{ name: "f", arguments: '{"a":1}' }]);
  });

  test("reads custom calls and Google's thought signature", () => {
    const parts = decode([
      call({ index: 0, id: "a", type: "custom", custom: { name: "sh", input: "ls" } }),
      call({
        index: 1,
        id: "b",
        function: { name: "f", arguments: "{}" },
        extra_content: { google: { thought_signature: "s" } },
      }),
      delta({}, "tool_calls"),
    ]);
    expect(gistOf(parts).calls[0]).toEqual({ name: "sh", arguments: "ls" });
    expect(parts.findLast((part) => part.type === "tool-call-start")).toMatchObject({ signature: "s" });
  });

  test("reads thinking inside content lists and keeps what it does not know", () => {
    const parts = decode([
      delta({
        content: [
          { type: "thinking", thinking: "hm" },
          { type: "text", text: "a" },
          { type: "reference", reference_ids: [1] },
        ],
      }),
      delta({}, "stop"),
    ]);
    expect(gistOf(parts)).toMatchObject({ reasoning: "hm", text: "a" });
    expect(parts.find((part) => part.type === "opaque")).toMatchObject({ dialect: "openai-chat" });
  });

  test("keeps unknown members of a delta and further choices as opaque parts", () => {
    const second = event({ choices: [{ index: 1, delta: { content: "other" } }] });
    const parts = decode([delta({ content: "x", annotations: [1], audio: null }), second, delta({}, "stop")]);
    expect(parts.filter((part) => part.type === "opaque")).toEqual([
      {
        type: "opaque",
        dialect: "openai-chat",
        json: { choices: [{ index: 0, delta: { annotations: [1] }, finish_reason: null }] },
      },
      { type: "opaque", dialect: "openai-chat", json: { choices: [{ index: 1, delta: { content: "other" } }] } },
    ]);
  });

  test("reads refusals, and stop beside one as a refusal", () => {
    const parts = decode([delta({ refusal: "No" }), delta({}, "stop"), DONE]);
    expect(gistOf(parts).refusal).toBe("No");
    expect(parts.at(-1)).toMatchObject({ finish: { unified: "refusal" } });
  });

  test("closes text before reasoning and reasoning before calls", () => {
    const parts = decode([
      delta({ reasoning_content: "r", content: null }),
      delta({ content: "t", reasoning_content: "" }),
      call({ index: 0, id: "a", function: { name: "f", arguments: "{}" } }),
      delta({ content: "after" }),
      delta({}, "stop"),
    ]);
    expect(kinds(parts)).toBe(
      "start reasoning-start:0 reasoning-delta:0 reasoning-end:0 text-start:1 text-delta:1 text-end:1 " +
        "tool-call-start:2 tool-call-delta:2 tool-call-end:2 text-start:3 text-delta:3 text-end:3 finish",
    );
  });

  const errors: readonly (readonly [string, WireEvent, string])[] = [
    ["an error object", event({ error: { message: "boom", type: "server_error" } }), "upstream-error"],
    ["an error with a status as its code", event({ error: { message: "slow down", code: 429 } }), "rate-limited"],
    ["an error text", event({ error: "model overloaded" }), "overloaded"],
    ["a named error event", { event: "error", data: '{"message":"boom"}' }, "upstream-error"],
    ["a bare error object", event({ object: "error", message: "prompt is too long" }), "context-length"],
    ["text that is not JSON", { data: "{oops" }, "garbage"],
    ["JSON that is no object", { data: "[1]" }, "garbage"],
  ];
  for (const [title, bad, kind] of errors) {
    test(`ends in one error after ${title}, whatever follows`, () => {
      const parts = decode([delta({ content: "x" }), bad, delta({}, "stop"), DONE]);
      expect(parts.at(-1)).toMatchObject({ type: "error", fault: { kind } });
      expect(parts.filter((part) => part.type === "error" || part.type === "finish")).toHaveLength(1);
    });
  }

  test("ignores events without choices and empty data", () => {
    expect(
      decode([{ data: "" }, event({ type: "ping" }), delta({ content: "x" }), delta({}, "stop")]).at(0)?.type,
    ).toBe("start");
  });

  test("never changes a state it has returned", () => {
    const first = decoder.step(decoder.initial(), delta({ content: "a" }))[0];
    const copy = structuredClone(first);
    decoder.step(first, delta({ content: "b" }));
    decoder.step(first, call({ index: 0, id: "a", function: { name: "f", arguments: "{}" } }));
    decoder.end(first);
    expect(first).toEqual(copy);
  });
});
