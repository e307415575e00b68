import { describe, expect, test } from "bun:test";
import OpenAI from "openai";
import type { JsonObject } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { decode, encode, responseOf, STAMP } from "./support.ts";

const PLAIN: ReplyStamp = { ...STAMP, streamUsage: false };

function json(event: WireEvent | undefined): JsonObject {
  return JSON.parse(event?.data ?? "null") as JsonObject;
}

const ANSWER: readonly StreamPart[] = [
  { type: "start", id: "msg_1", model: "real", createdAtSeconds: 7 },
  { type: "reasoning-start", block: 0 },
  { type: "reasoning-delta", block: 0, text: "hm" },
  { type: "reasoning-end", block: 0 },
  { type: "text-start", block: 1 },
  { type: "text-delta", block: 1, text: "hi" },
  { type: "text-end", block: 1 },
  { type: "tool-call-start", block: 2, id: "t1", name: "f", signature: "sig" },
  { type: "tool-call-delta", block: 2, arguments: "{}" },
  { type: "tool-call-end", block: 2 },
  { type: "tool-call-start", block: 3, id: "t2", name: "g" },
  { type: "tool-call-delta", block: 3, arguments: '{"a":1}' },
  { type: "tool-call-end", block: 3 },
  { type: "opaque", dialect: "anthropic", json: { skip: true } },
  {
    type: "finish",
    finish: { unified: "tool-calls", raw: "tool_use" },
    usage: {
      input: { uncached: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
      output: { text: 5, reasoning: 6 },
      raw: { input_tokens: 1 },
    },
  },
];

describe("the chat encoder", () => {
  test("writes the strict form with the usage in a last chunk of its own", () => {
    expect(encode(ANSWER).map((event) => event.data)).toMatchSnapshot();
  });

  test("puts the usage on the finish chunk where none was asked for", () => {
    const events = encode(ANSWER, PLAIN);
    expect(events).toHaveLength(encode(ANSWER).length - 1);
    expect(json(events.at(-2))).toMatchObject({
      choices: [{ finish_reason: "tool_calls" }],
      usage: { cost: 0.0015, prompt_tokens: 10 },
    });
    expect(events.slice(0, -2).some((event) => event.data.includes('"usage"'))).toBeFalse();
  });

  test("reads back as it was", () => {
    const known = ANSWER.filter((part) => part.type !== "opaque");
    const again = decode(encode(known));
    expect(again.slice(1, -1)).toEqual(known.slice(1, -1));
  });

  test("says refusals as such and finishes them as filtered", () => {
    const events = encode([
      { type: "refusal-delta", text: "no" },
      { type: "finish", finish: { unified: "refusal", raw: "refusal" } },
    ]);
    expect(json(events[1])).toMatchObject({ choices: [{ delta: { refusal: "no" } }] });
    expect(json(events[2])).toMatchObject({ choices: [{ finish_reason: "content_filter" }] });
  });

  test("starts by itself and ends a broken stream in an error that the official client throws", async () => {
    const fault = { kind: "truncated", message: "cut" } as const;
    const events = encode([
      { type: "text-delta", block: 0, text: "x" },
      { type: "error", fault },
    ]);
    expect(json(events[0])).toMatchObject({
      id: "chatcmpl-req_1",
      created: 1_800_000_000,
      choices: [{ delta: { role: "assistant" } }],
    });
    expect(events.some((event) => event.data === "[DONE]")).toBeFalse();
    const client = new OpenAI({
      apiKey: "none",
      baseURL: "http://upstream.test/v1",
      maxRetries: 0,
      fetch: async () => responseOf(events, 9),
    });
    const read = client.chat.completions.stream({ model: "m", messages: [] }).finalChatCompletion();
    await expect(read).rejects.toThrow("cut");
  });

  test("passes opaque parts of its own dialect on under its own envelope", () => {
    const opaque: StreamPart = {
      type: "opaque",
      dialect: "openai-chat",
      json: { choices: [{ index: 1, delta: { content: "b" } }] },
    };
    expect(json(encode([ANSWER[0] ?? opaque, opaque])[1])).toMatchObject({
      id: "msg_1",
      model: "asked/for",
      choices: [{ index: 1 }],
    });
  });
});
