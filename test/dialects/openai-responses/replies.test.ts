import { describe, expect, test } from "bun:test";
import { type ClientError, refusal } from "../../../src/core/fault.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { Dialect, ReplyStamp } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { listAt, objectAt, overTheWire } from "../codec.ts";
import { COST, COST_FIELDS, createWithSdk, replyOf, STAMP } from "./kit.ts";

/** A reply of another dialect as a client of this one gets it. */
function translated(from: Dialect, body: JsonObject, stamp: ReplyStamp = STAMP): JsonObject {
  const reply = from.decodeReply(body);
  if (!reply.ok) throw new Error(reply.error.message);
  return objectAt(overTheWire(openaiResponses.encodeReply(reply.value, stamp, COST)));
}

const CHAT: JsonObject = {
  id: "chatcmpl-9",
  model: "deepseek",
  created: 12,
  choices: [
    {
      index: 0,
      finish_reason: "tool_calls",
      message: {
        role: "assistant",
        reasoning_content: "hm",
        content: "hello",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "f", arguments: "{}" } },
          { id: "c2", type: "function", function: { name: "sql", arguments: '{"input":"SELECT 1"}' } },
        ],
      },
    },
  ],
  usage: { prompt_tokens: 8, completion_tokens: 5, total_tokens: 13, prompt_tokens_details: { cached_tokens: 3 } },
};

describe("a reply of another dialect", () => {
  test("is a whole response with items, ids, usage and cost, and custom calls where the request has such tools", async () => {
    const echo = { tools: [{ type: "custom", name: "sql" }] };
    const body = translated(openaiChat, CHAT, { ...STAMP, echo });
    expect(body).toMatchObject({
      id: "resp_req_1",
      object: "response",
      created_at: 12,
      status: "completed",
      model: "best",
      tools: echo.tools,
      output: [
        { id: "rs_req_1_0", type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
        {
          id: "msg_req_1_1",
          type: "message",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "hello", annotations: [] }],
        },
        {
          id: "fc_req_1_2",
          type: "function_call",
          status: "completed",
          call_id: "c1",
          name: "f",
          arguments: "{}",
        },
        { id: "ctc_req_1_3", type: "custom_tool_call", call_id: "c2", name: "sql", input: "SELECT 1" },
      ],
      usage: {
        input_tokens: 8,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 13,
        ...COST_FIELDS,
      },
    });
    expect((await createWithSdk(body)).output_text).toBe("hello");
  });

  test("has every member that clients look for, null where there is nothing", () => {
    const members = [
      "id",
      "object",
      "created_at",
      "status",
      "error",
      "incomplete_details",
      "instructions",
      "max_output_tokens",
      "model",
      "output",
      "parallel_tool_calls",
      "previous_response_id",
      "reasoning",
      "store",
      "temperature",
      "text",
      "tool_choice",
      "tools",
      "top_p",
      "truncation",
      "usage",
      "user",
      "metadata",
    ];
    expect(Object.keys(translated(openaiChat, CHAT))).toEqual(expect.arrayContaining(members));
  });

  test("keeps signed thinking in a token, and a refusal as one", () => {
    const body = translated(anthropic, {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude",
      content: [{ type: "thinking", thinking: "hm", signature: "sig" }],
      stop_reason: "refusal",
      stop_details: { explanation: "no" },
      usage: { input_tokens: 1, output_tokens: 2 },
    });
    const [reasoning, message] = listAt(body.output);
    expect(reasoning?.encrypted_content).toBe('lodestar:{"signature":"sig"}');
    expect(message?.content).toEqual([{ type: "refusal", refusal: "no" }]);
    expect(body.status).toBe("completed");
  });

  test("says why it is cut", () => {
    const body = translated(anthropic, { id: "", type: "message", content: [], stop_reason: "max_tokens" });
    expect(body).toMatchObject({
      id: "resp_req_1",
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { total_tokens: 0 },
    });
  });
});

describe("a reply of this dialect", () => {
  const response: JsonObject = {
    id: "resp_1",
    object: "response",
    created_at: 3,
    model: "gpt",
    status: "completed",
    tools: [],
    output: [
      {
        id: "rs_1",
        type: "reasoning",
        summary: [
          { type: "summary_text", text: "a" },
          { type: "summary_text", text: "b" },
        ],
        encrypted_content: "gAAA",
      },
      {
        id: "msg_1",
        type: "message",
        role: "assistant",
        status: "completed",
        phase: "final_answer",
        content: [{ type: "output_text", text: "hi", annotations: [], logprobs: [] }],
      },
      {
        id: "fc_1",
        type: "function_call",
        call_id: "c1",
        name: "f",
        arguments: "{}",
        status: "completed",
        namespace: "n",
      },
      { id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search" } },
    ],
    usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  };

  test("reaches chat with its text, reasoning and calls", () => {
    const body = openaiChat.encodeReply(replyOf(response), STAMP, COST);
    expect(objectAt(listAt(body.choices)[0])).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "hi",
        reasoning_content: "a\n\nb",
        tool_calls: [{ id: "c1", function: { name: "f", arguments: "{}" } }],
      },
    });
    expect(body.usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 2 });
  });

  test("keeps items that are malformed or of a kind yet to come", () => {
    const odd = {
      ...response,
      output: [{ type: "function_call", id: "fc" }, { type: "message", role: "assistant", content: 3 }, { type: "x" }],
    };
    const told = openaiResponses.encodeReply(replyOf(odd), STAMP, COST);
    expect(overTheWire(told.output)).toEqual(odd.output);
  });

  const FINISHES: readonly (readonly [string, JsonObject, string])[] = [
    ["a limit", { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    ["a filter", { status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content-filter"],
    ["a reason yet to come", { status: "incomplete", incomplete_details: { reason: "lunch" } }, "other"],
    ["no reason", { status: "incomplete" }, "length"],
    ["a call", {}, "tool-calls"],
    [
      "a refusal",
      { output: [{ type: "message", id: "m", role: "assistant", content: [{ type: "refusal", refusal: "no" }] }] },
      "refusal",
    ],
    ["the end", { output: [] }, "stop"],
  ];

  test.each(FINISHES)("stops for the reason that %s is", (_name, fields, unified) => {
    expect(replyOf({ ...response, ...fields }).finish.unified).toBe(unified as never);
  });

  const FAULTS: readonly (readonly [string, JsonValue, object])[] = [
    ["no object", [], { kind: "garbage" }],
    ["no output", { id: "resp_1" }, { kind: "garbage" }],
    [
      "an error under status 200",
      { error: { code: "rate_limit_exceeded", message: "slow" } },
      { kind: "rate-limited" },
    ],
    [
      "a failed response",
      { status: "failed", error: { code: "server_error", message: "oops" }, output: [] },
      { kind: "upstream-error", message: "oops" },
    ],
  ];

  test.each(FAULTS)("with %s is a fault", (_name, body, wanted) => {
    const reply = openaiResponses.decodeReply(body);
    expect(reply).toMatchObject({ ok: false, error: wanted });
  });
});

describe("what a response costs beside tokens", () => {
  const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
  const search = (type?: string): JsonObject => ({
    type: "web_search_call",
    id: "w",
    ...(type === undefined ? {} : { action: { type } }),
  });

  const CASES: readonly (readonly [string, JsonObject, number])[] = [
    [
      "OpenAI counts the searches itself",
      { usage, output: [search("search")], tool_usage: { web_search: { num_requests: 3 } } },
      3,
    ],
    [
      "xAI counts them in the usage",
      { usage: { ...usage, server_side_tool_usage_details: { web_search_calls: 2 } }, output: [search()] },
      2,
    ],
    [
      "only searches are billed, opening a page is not",
      { usage, output: [search("search"), search("open_page"), search("find_in_page"), search()] },
      2,
    ],
    ["nothing was searched", { usage, output: [] }, 0],
  ];

  test.each(CASES)("%s", (_name, body, searches) => {
    expect(replyOf(body).usage?.units?.webSearches ?? 0).toBe(searches);
  });

  test("counts are read with care", () => {
    const odd = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 99, cache_write_tokens: 4 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 9 },
      total_tokens: -1,
      cost_in_usd_ticks: 10_000_000,
    };
    expect(replyOf({ output: [], usage: odd }).usage).toMatchObject({
      input: { uncached: 0, cacheRead: 10, cacheWrite5m: 0 },
      output: { text: 0, reasoning: 5 },
      statedCostUsd: 0.001,
    });
    expect(replyOf({ output: [], usage: { cost: 0.25 } }).usage).toMatchObject({
      input: { uncached: 0 },
      statedCostUsd: 0.25,
    });
    expect(replyOf({ output: [] }).usage).toBeUndefined();
  });

  test("a reply without usage is stamped with the counts it was given", () => {
    const counted = {
      input: { uncached: 4, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
      output: { text: 6, reasoning: 0 },
      raw: null,
    };
    const body = openaiResponses.stampReply({ id: "resp_1", output: [] }, STAMP, counted, COST);
    expect(body).toMatchObject({
      model: "best",
      usage: { input_tokens: 4, output_tokens: 6, total_tokens: 10, ...COST_FIELDS },
    });
  });
});

describe("errors", () => {
  test("are told in OpenAI's envelope", async () => {
    const error = refusal("model_not_found", "no such model", { status: 404, type: "not_found_error", param: "model" });
    const body = openaiResponses.encodeFault(error, "req_9");
    expect(body).toEqual({
      error: { message: "no such model", type: "not_found_error", param: "model", code: "model_not_found" },
      request_id: "req_9",
    });
    await expect(createWithSdk(body, 404)).rejects.toThrow("no such model");
  });

  test("a budget that is used up says when it comes back, in the form at which Codex stops", () => {
    const error: ClientError = {
      status: 429,
      type: "insufficient_quota",
      code: "budget_exceeded",
      message: "The budget is used up.",
      shouldRetry: false,
    };
    const withReset = { ...error, details: { resets_at: 1_795_100_000 } };
    expect(openaiResponses.encodeFault(withReset, "r").error).toMatchObject({
      type: "usage_limit_reached",
      code: "budget_exceeded",
      resets_at: 1_795_100_000,
    });
    expect(openaiResponses.encodeFault(error, "r").error).toMatchObject({ type: "insufficient_quota" });
  });

  test("fact 7: the wait that a provider asks for survives", () => {
    const header = (name: string): string | null => (name === "retry-after" ? "7" : null);
    const fault = openaiResponses.decodeFault(
      429,
      header,
      '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}',
    );
    expect(fault).toMatchObject({ kind: "rate-limited", retryAfterMs: 7000, message: "slow down" });
  });
});

test("the dialect says where it is called, and keeps a client waiting with a comment", () => {
  expect(openaiResponses.chatPath("m", true)).toBe("/responses");
  expect(openaiResponses.heartbeat(STAMP)).toStartWith(":");
});
