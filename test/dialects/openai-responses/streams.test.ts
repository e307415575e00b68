import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { Usage } from "../../../src/core/usage.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { listAt, objectAt } from "../codec.ts";
import {
  COST,
  COST_FIELDS,
  dataOf,
  decodeAll,
  encodeAll,
  iterateWithSdk,
  named,
  readWithSdk,
  relayAll,
  requestOf,
  STAMP,
} from "./kit.ts";

const USAGE: Usage = {
  input: { uncached: 5, cacheRead: 3, cacheWrite5m: 2, cacheWrite1h: 0 },
  output: { text: 7, reasoning: 4 },
  raw: null,
};

const FINISH: StreamPart = { type: "finish", finish: { unified: "stop", raw: "stop" }, usage: USAGE };

/** A whole stream of an upstream: these events between its first and its last. */
function upstream(events: readonly JsonObject[], end: JsonObject = {}): readonly WireEvent[] {
  const response = {
    id: "resp_up",
    object: "response",
    created_at: 7,
    model: "gpt",
    status: "in_progress",
    output: [],
  };
  return named(
    [
      { type: "response.created", response },
      { type: "response.in_progress", response },
      ...events,
      {
        type: "response.completed",
        response: {
          ...response,
          status: "completed",
          usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
          ...end,
        },
      },
    ].map((event, index) => ({ ...event, sequence_number: index })),
  );
}

function typesOf(events: readonly WireEvent[]): readonly (string | undefined)[] {
  return events.map(({ event, data }) => event ?? data);
}

function lastResponse(events: readonly WireEvent[]): JsonObject {
  return objectAt(
    dataOf(events.findLast(({ event }) => /^response\.(?:completed|incomplete|failed)$/.test(event ?? ""))).response,
  );
}

function outputOf(events: readonly WireEvent[]): readonly JsonObject[] {
  return listAt(lastResponse(events).output);
}

function text(block: number, words: string): readonly StreamPart[] {
  return [
    { type: "text-start", block },
    { type: "text-delta", block, text: words },
    { type: "text-end", block },
  ];
}

function call(block: number, name: string, ...pieces: readonly string[]): readonly StreamPart[] {
  const deltas = pieces.map((piece): StreamPart => ({ type: "tool-call-delta", block, arguments: piece }));
  return [{ type: "tool-call-start", block, id: `call_${block}`, name }, ...deltas, { type: "tool-call-end", block }];
}

describe("a written stream", () => {
  const parts: readonly StreamPart[] = [
    { type: "start", id: "chatcmpl-1", model: "m", createdAtSeconds: 11 },
    { type: "reasoning-start", block: 0 },
    { type: "reasoning-delta", block: 0, text: "hm" },
    { type: "reasoning-end", block: 0 },
    ...text(1, "hello"),
    ...call(2, "f", '{"a":', "1}"),
    FINISH,
  ];

  test("has every event of the specification in its order, numbered from 0", () => {
    const events = encodeAll(parts);
    expect(typesOf(events)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
      "[DONE]",
    ]);
    expect(events.slice(0, -1).map((event) => dataOf(event).sequence_number)).toEqual([...Array(20).keys()]);
    expect(events.slice(0, -1).every((event) => dataOf(event).type === event.event)).toBe(true);
  });

  test("has the whole resource in its first and its last event, with what the request asked for", () => {
    const body = {
      model: "x",
      input: "hi",
      instructions: "be",
      tools: [{ type: "function", name: "f" }],
      tool_choice: "required",
      temperature: 0.5,
      user: null,
      metadata: { a: "b" },
      previous_response_id: "resp_0",
      store: false,
    };
    const stamp: ReplyStamp = { ...STAMP, echo: openaiResponses.echoOf?.(body) ?? {} };
    const events = encodeAll(parts, stamp);
    const echoed = {
      instructions: "be",
      tools: body.tools,
      tool_choice: "required",
      temperature: 0.5,
      metadata: { a: "b" },
      previous_response_id: "resp_0",
      store: false,
      user: null,
      parallel_tool_calls: true,
      truncation: "disabled",
      text: { format: { type: "text" } },
      top_p: null,
      max_output_tokens: null,
    };
    const head = {
      id: "resp_req_1",
      object: "response",
      created_at: 11,
      model: "best",
      error: null,
      incomplete_details: null,
      ...echoed,
    };
    expect(objectAt(dataOf(events[0]).response)).toMatchObject({
      ...head,
      status: "in_progress",
      output: [],
      usage: null,
    });
    expect(lastResponse(events)).toMatchObject({ ...head, status: "completed", usage: { ...COST_FIELDS } });
    expect("input" in lastResponse(events)).toBe(false);
  });

  test("tells the usage with its details, and the cost", () => {
    expect(lastResponse(encodeAll(parts)).usage).toEqual({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
      output_tokens: 11,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 21,
      ...COST_FIELDS,
    });
  });

  test("repeats in its last event the items that its events ended with", () => {
    const events = encodeAll(parts);
    const done = events.filter(({ event }) => event === "response.output_item.done").map((event) => dataOf(event).item);
    expect(lastResponse(events).output).toEqual(done as never);
    expect(outputOf(events).map(({ type, id }) => [type, id])).toEqual([
      ["reasoning", "rs_req_1_0"],
      ["message", "msg_req_1_1"],
      ["function_call", "fc_req_1_2"],
    ]);
  });

  test("is accepted by the official SDK where calls are interleaved", async () => {
    const [startA, deltaA, endA] = call(0, "a", "{}");
    const [startB, deltaB, endB] = call(1, "b", "[]");
    const mixed = [startA, startB, deltaB, deltaA, endB, endA].filter((part) => part !== undefined);
    const response = await readWithSdk(encodeAll([...mixed, FINISH]));
    expect(response.output.map((item) => (item.type === "function_call" ? [item.name, item.arguments] : []))).toEqual([
      ["a", "{}"],
      ["b", "[]"],
    ]);
  });

  test("starts by itself where the upstream gave no start, and ends once", () => {
    const events = encodeAll([...text(0, "x"), FINISH, ...text(1, "late"), FINISH]);
    expect(typesOf(events).slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
    expect(typesOf(events).slice(-2)).toEqual(["response.completed", "[DONE]"]);
    expect(outputOf(events)).toHaveLength(1);
    expect(lastResponse(events).id).toBe("resp_req_1");
  });

  test("makes no item of blocks without a word", () => {
    const empty: readonly StreamPart[] = [
      { type: "text-start", block: 0 },
      { type: "text-delta", block: 0, text: "" },
      { type: "text-end", block: 0 },
      { type: "reasoning-start", block: 1 },
      { type: "reasoning-end", block: 1 },
    ];
    expect(outputOf(encodeAll([...empty, FINISH]))).toEqual([]);
  });

  const ENDS: readonly (readonly [string, StreamPart, JsonObject])[] = [
    [
      "a limit",
      { type: "finish", finish: { unified: "length", raw: "x" } },
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    ],
    [
      "a filter",
      { type: "finish", finish: { unified: "content-filter", raw: "x" } },
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
    ],
    [
      "a refusal without a word",
      { type: "finish", finish: { unified: "refusal", raw: "x" } },
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
    ],
    [
      "a pause",
      { type: "finish", finish: { unified: "pause", raw: "x" } },
      { status: "completed", incomplete_details: null },
    ],
    [
      "calls",
      { type: "finish", finish: { unified: "tool-calls", raw: "x" } },
      { status: "completed", incomplete_details: null },
    ],
  ];

  test.each(ENDS)("ends in the status that %s means", (_name, finish, wanted) => {
    const events = encodeAll([{ type: "text-start", block: 0 }, { type: "text-delta", block: 0, text: "cut" }, finish]);
    expect(lastResponse(events)).toMatchObject(wanted);
    expect(events.at(-2)?.event).toBe(`response.${wanted.status}`);
    expect(outputOf(events)[0]?.status).toBe(wanted.status as never);
  });

  test("says a refusal as such, and is whole then", async () => {
    const events = encodeAll([
      { type: "refusal-delta", text: "I " },
      { type: "refusal-delta", text: "won't" },
      { type: "finish", finish: { unified: "refusal", raw: "refusal" } },
    ]);
    expect(outputOf(events)[0]).toMatchObject({
      status: "completed",
      content: [{ type: "refusal", refusal: "I won't" }],
    });
    expect((await readWithSdk(events)).status).toBe("completed");
  });
});

describe("fact 4: [DONE] after the terminal event", () => {
  test("is sent once, and the SDK takes it", async () => {
    const events = encodeAll([...text(0, "x"), FINISH]);
    expect(events.filter(({ data }) => data === "[DONE]")).toHaveLength(1);
    expect((await iterateWithSdk(events)).at(-1)?.type).toBe("response.completed");
  });

  test("is added to a relayed stream that lacks it, and never doubled", () => {
    const bare = upstream([]);
    expect(relayAll(bare).filter(({ data }) => data === "[DONE]")).toHaveLength(1);
    const done = { data: "[DONE]" };
    const relayed = relayAll([...bare, done, done]);
    expect(relayed.filter(({ data }) => data === "[DONE]")).toEqual([done]);
    expect(relayed.at(-1)).toBe(done);
  });
});

describe("custom tools", () => {
  const stamp: ReplyStamp = {
    ...STAMP,
    echo: {
      tools: [
        { type: "custom", name: "apply_patch" },
        { type: "namespace", name: "n", tools: [{ type: "custom", name: "inner" }] },
      ],
    },
  };

  test("corner case 3: another dialect's call of one comes back as a custom call with its text", async () => {
    const events = encodeAll(
      [...call(0, "apply_patch", '{"inp', 'ut":"*** Begin\\n"}'), ...call(1, "n__inner", "not json"), FINISH],
      stamp,
    );
    expect(outputOf(events)).toMatchObject([
      {
        type: "custom_tool_call",
        id: "ctc_req_1_0",
        call_id: "call_0",
        name: "apply_patch",
        input: "*** Begin\n",
        status: "completed",
      },
      { type: "custom_tool_call", name: "inner", namespace: "n", input: "not json" },
    ]);
    expect(typesOf(events).filter((type) => type?.includes("custom"))).toEqual([
      "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done",
      "response.custom_tool_call_input.delta",
      "response.custom_tool_call_input.done",
    ]);
    const response = await readWithSdk(events);
    expect(response.output.map((item) => (item.type === "custom_tool_call" ? item.input : item.type))).toEqual([
      "*** Begin\n",
      "not json",
    ]);
  });

  test("a call of one reaches chat and Anthropic as a function call with one text", () => {
    const item = { type: "custom_tool_call", id: "ctc_1", call_id: "c1", name: "sql", input: "" };
    const created = { id: "resp_1", model: "m", tools: [{ type: "custom", name: "sql" }] };
    const events = named([
      { type: "response.created", response: created },
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.custom_tool_call_input.delta", output_index: 0, delta: "SELECT" },
      { type: "response.output_item.done", output_index: 0, item: { ...item, input: "SELECT 1" } },
      { type: "response.completed", response: { ...created, status: "completed", output: [] } },
    ]);
    const parts = decodeAll(events);
    expect(parts).toContainEqual({ type: "tool-call-delta", block: 0, arguments: '{"input":"SELECT 1"}' });
    expect(parts.at(-1)).toMatchObject({ finish: { unified: "tool-calls" } });
    expect(JSON.stringify(encodeAll(parts, STAMP, openaiChat))).toContain("SELECT 1");
    expect(JSON.stringify(encodeAll(parts, STAMP, anthropic))).toContain("SELECT 1");
  });

  test("a call that the server made by itself is not the client's to answer", () => {
    const item = { type: "custom_tool_call", id: "ctc_1", call_id: "c1", name: "x_search", input: "{}" };
    const created = { id: "resp_1", model: "m", tools: [{ type: "x_search" }] };
    const parts = decodeAll(
      named([
        { type: "response.created", response: created },
        { type: "response.output_item.done", output_index: 0, item },
        { type: "response.completed", response: { ...created, status: "completed", output: [item] } },
      ]),
    );
    expect(parts.map(({ type }) => type)).toEqual(["start", "opaque", "opaque", "finish"]);
    expect(parts.at(-1)).toMatchObject({ finish: { unified: "stop" } });
    expect(outputOf(encodeAll(parts))).toEqual([item]);
  });
});

describe("corner case 5: what a provider minted for its reasoning", () => {
  const signed: readonly StreamPart[] = [
    { type: "reasoning-start", block: 0 },
    { type: "reasoning-delta", block: 0, text: "hm\n\nso" },
    { type: "reasoning-end", block: 0, signature: "sig==" },
    { type: "reasoning-start", block: 1 },
    { type: "reasoning-end", block: 1, encrypted: "redacted" },
    ...call(2, "f", "{}"),
    FINISH,
  ];

  test("comes back to Anthropic as it was, after a client of this dialect echoed it", () => {
    const output = outputOf(encodeAll(signed)).map(({ id, status, ...item }) => item);
    const request = requestOf({
      input: [...output, { type: "function_call_output", call_id: "call_2", output: "ok" }],
    });
    const { body } = anthropic.encodeRequest(request, {
      provider: "anthropic",
      model: "claude-opus-5",
      maxOutputTokens: 99,
    });
    expect(listAt(objectAt(listAt(body.messages)[0]).content).slice(0, 2)).toEqual([
      { type: "thinking", thinking: "hm\n\nso", signature: "sig==" },
      { type: "redacted_thinking", data: "redacted" },
    ]);
  });

  test("goes to no provider of this dialect", () => {
    const { body, warnings } = openaiResponses.encodeRequest(requestOf({ input: [...outputOf(encodeAll(signed))] }), {
      provider: "openai",
      model: "m",
    });
    expect(JSON.stringify(body)).not.toContain("lodestar:");
    expect(warnings.map(({ reason }) => reason)).toEqual([
      "reasoning of another provider",
      "reasoning of another provider",
    ]);
  });

  test("a damaged token is nobody's", () => {
    const item = { type: "reasoning", summary: [], encrypted_content: "lodestar:{" };
    expect(
      openaiResponses.encodeRequest(requestOf({ input: [item] }), { provider: "openai", model: "m" }).body.input,
    ).toEqual([item]);
  });

  test("an encrypted token of this dialect survives a client of Anthropic's", () => {
    const item = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" };
    const events = upstream([
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.output_item.done", output_index: 0, item },
    ]);
    const sent = encodeAll(decodeAll(events), STAMP, anthropic).map(dataOf);
    const { content_block: block } = objectAt(sent.find(({ type }) => type === "content_block_start"));
    const decoded = anthropic.decodeRequest({
      model: "m",
      max_tokens: 9,
      messages: [{ role: "assistant", content: [objectAt(block)] }],
    });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { body } = openaiResponses.encodeRequest(decoded.value, { provider: "openai", model: "m" });
    expect(body.input).toEqual([{ type: "reasoning", summary: [], encrypted_content: "gAAA" }]);
  });

  test("the text of reasoning is read from summaries, and from the reasoning itself where there are none", () => {
    const item = { type: "reasoning", id: "rs_1", summary: [] };
    const delta = (kind: string, index: number, words: string): JsonObject => ({
      type: `response.reasoning_${kind}.delta`,
      output_index: 0,
      summary_index: index,
      content_index: index,
      delta: words,
    });
    const read = (...deltas: readonly JsonObject[]): string =>
      decodeAll(
        upstream([
          { type: "response.output_item.added", output_index: 0, item },
          ...deltas,
          {
            type: "response.output_item.done",
            output_index: 0,
            item: { ...item, content: [{ type: "reasoning_text", text: "whole" }] },
          },
        ]),
      )
        .map((part) => (part.type === "reasoning-delta" ? part.text : ""))
        .join("");
    expect(read(delta("summary_text", 0, "a"), delta("summary_text", 0, "b"), delta("summary_text", 1, "c"))).toBe(
      "ab\n\nc",
    );
    expect(read(delta("summary_text", 0, "a"), delta("text", 0, "raw"))).toBe("a");
    expect(read(delta("text", 0, "raw"))).toBe("raw");
    expect(read()).toBe("whole");
  });
});

describe("fact 3: the items of a stream are what it says", () => {
  const message = { type: "message", id: "msg_1", role: "assistant", status: "in_progress", content: [] };
  const done = { ...message, status: "completed", content: [{ type: "output_text", text: "hello", annotations: [] }] };

  const CASES: readonly (readonly [string, readonly JsonObject[], JsonObject?])[] = [
    [
      "no delta",
      [
        { type: "response.output_item.added", output_index: 0, item: message },
        { type: "response.output_item.done", output_index: 0, item: done },
      ],
    ],
    [
      "a delta too few",
      [
        { type: "response.output_item.added", output_index: 0, item: message },
        { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "he" },
        { type: "response.output_item.done", output_index: 0, item: done },
      ],
    ],
    ["no first event", [{ type: "response.output_item.done", output_index: 0, item: done }]],
    ["no last event", [{ type: "response.output_item.added", output_index: 0, item: message }], { output: [done] }],
    ["no event at all", [], { output: [done] }],
    [
      "every event twice",
      [
        { type: "response.output_item.added", output_index: 0, item: message },
        { type: "response.output_item.added", output_index: 0, item: message },
        { type: "response.output_item.done", output_index: 0, item: done },
        { type: "response.output_item.done", output_index: 0, item: done },
      ],
    ],
  ];

  test.each(CASES)("with %s", (_name, events, end = { output: [done] }) => {
    const parts = decodeAll(upstream(events, end));
    expect(parts.map((part) => (part.type === "text-delta" ? part.text : "")).join("")).toBe("hello");
    expect(parts.map(({ type }) => type).filter((type) => type !== "text-delta")).toEqual([
      "start",
      "text-start",
      "text-end",
      "finish",
    ]);
  });

  test("arguments that came whole, early, or without a delta are said once", () => {
    const item = { type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: "" };
    const whole = { type: "response.output_item.done", output_index: 0, item: { ...item, arguments: '{"a":1}' } };
    for (const events of [
      [{ type: "response.output_item.added", output_index: 0, item }, whole],
      [{ type: "response.output_item.added", output_index: 0, item: { ...item, arguments: '{"a"' } }, whole],
      [
        { type: "response.output_item.added", output_index: 0, item },
        { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"a":1}' },
        whole,
      ],
    ]) {
      const said = decodeAll(upstream(events)).map((part) => (part.type === "tool-call-delta" ? part.arguments : ""));
      expect(said.join("")).toBe('{"a":1}');
    }
  });

  test("events of no open item, signs of life and the end marker say nothing", () => {
    const noise: readonly JsonObject[] = [
      { type: "response.output_text.delta", output_index: 4, delta: "x" },
      { type: "response.output_item.added", output_index: 5, item: null },
      { type: "response.web_search_call.searching", output_index: 6 },
      { type: "response.output_text.annotation.added", output_index: 7, annotation: {} },
      { type: "keepalive" },
    ];
    expect(decodeAll([...upstream(noise), { data: "[DONE]" }, { data: "" }]).map(({ type }) => type)).toEqual([
      "start",
      "finish",
    ]);
  });

  test("an event yet to come passes whole, citations stay with their text", async () => {
    const events = upstream([
      { type: "response.output_item.added", output_index: 0, item: message },
      { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "hello" },
      {
        type: "response.output_text.annotation.added",
        output_index: 0,
        content_index: 0,
        annotation_index: 0,
        annotation: { type: "url_citation", url: "u" },
      },
      { type: "response.output_item.done", output_index: 0, item: done },
    ]);
    const written = encodeAll(decodeAll(events));
    expect(outputOf(written)[0]?.content).toEqual([
      { type: "output_text", text: "hello", annotations: [{ type: "url_citation", url: "u" }], logprobs: [] },
    ]);
    await readWithSdk(written);
    const [, unknown] = decodeAll(upstream([{ type: "codex.rate_limits", limit: 3 }]));
    expect(unknown).toEqual({
      type: "opaque",
      dialect: "openai-responses",
      json: { type: "codex.rate_limits", limit: 3, sequence_number: 2 },
    });
    expect(dataOf(encodeAll([unknown ?? FINISH])[2])).toEqual({
      type: "codex.rate_limits",
      limit: 3,
      sequence_number: 2,
    });
  });

  test("opaque parts of other dialects and odd ones are skipped", () => {
    const odd: readonly StreamPart[] = [
      { type: "opaque", dialect: "anthropic", json: { type: "x" } },
      { type: "opaque", dialect: "openai-responses", json: 3 },
      { type: "opaque", dialect: "openai-responses", json: { type: "response.x", output_index: 3 } },
      {
        type: "opaque",
        dialect: "openai-responses",
        json: { type: "response.output_text.annotation.added", output_index: 9, annotation: {} },
      },
      { type: "usage", usage: USAGE },
      { type: "tool-call-delta", block: 9, arguments: "x" },
    ];
    expect(outputOf(encodeAll([...odd, FINISH]))).toEqual([]);
  });
});

describe("a broken stream", () => {
  const fault = { kind: "rate-limited", message: "slow down", status: 429, code: "x", param: "p" } as const;

  test("ends in the error event of the SDKs and the failed response of Codex, numbered on", () => {
    const events = encodeAll([
      ...text(0, "done"),
      { type: "text-start", block: 1 },
      { type: "text-delta", block: 1, text: "op" },
      { type: "error", fault },
    ]);
    const [error, failed] = events.slice(-2).map(dataOf);
    const count = events.length - 2;
    expect(error).toEqual({
      type: "error",
      sequence_number: count,
      code: "rate_limit_exceeded",
      message: "slow down",
      param: "p",
      error: { type: "rate_limit_error", code: "rate_limit_exceeded", message: "slow down", param: "p" },
    });
    expect(failed).toMatchObject({
      type: "response.failed",
      sequence_number: count + 1,
      response: { status: "failed", error: { code: "rate_limit_exceeded", message: "slow down" }, usage: null },
    });
    expect(outputOf(events)).toHaveLength(1);
  });

  test("makes the official SDK throw its message", async () => {
    const events = encodeAll([...text(0, "x"), { type: "error", fault }]);
    await expect(readWithSdk(events)).rejects.toThrow("slow down");
    await expect(iterateWithSdk(events)).rejects.toThrow("slow down");
  });

  test("after a relay goes on under the upstream's id and numbers", () => {
    const relayed = relayAll(upstream([{ type: "keepalive" }]).slice(0, 3));
    const [error, failed] = relayed.slice(-2).map(dataOf);
    expect([error?.sequence_number, failed?.sequence_number]).toEqual([3, 4]);
    expect(failed?.response).toMatchObject({
      id: "resp_up",
      created_at: 7,
      model: "best",
      status: "failed",
      error: { code: "upstream_truncated" },
    });
  });

  const ENDS: readonly (readonly [string, JsonObject, object])[] = [
    [
      "a nested error",
      { type: "error", error: { type: "server_error", code: "rate_limit_exceeded", message: "slow" } },
      { kind: "rate-limited", message: "slow" },
    ],
    [
      "a flat error",
      { type: "error", code: "context_length_exceeded", message: "too long" },
      { kind: "context-length", message: "too long" },
    ],
    [
      "a failed response",
      { type: "response.failed", response: { error: { code: "server_error", message: "oops" } } },
      { kind: "upstream-error", message: "oops" },
    ],
    [
      "a cancelled response",
      { type: "response.cancelled", response: { status: "cancelled" } },
      { kind: "upstream-error", message: "The upstream ended the response with the status cancelled." },
    ],
    ["an error without a type", { error: { message: "bare" } }, { kind: "upstream-error", message: "bare" }],
  ];

  test.each(ENDS)("by %s is one fault, and nothing after it counts", (_name, event, wanted) => {
    const events = [...upstream([]).slice(0, 2), ...named([event]).map(({ data }) => ({ data })), ...upstream([])];
    const parts = decodeAll(events);
    expect(parts.map(({ type }) => type)).toEqual(["start", "error"]);
    expect(parts.at(-1)).toMatchObject({ fault: wanted });
  });

  test("an unfinished answer says why", () => {
    const [, , terminal] = upstream([], { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    const incomplete = (terminal?.data ?? "").replaceAll("response.completed", "response.incomplete");
    expect(decodeAll([{ data: incomplete }]).at(-1)).toMatchObject({
      type: "finish",
      finish: { unified: "length", raw: "max_output_tokens" },
    });
  });
});

describe("a spliced stream", () => {
  const item = { type: "message", id: "msg_1", role: "assistant", content: [] };
  const first = upstream([
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "one" },
    {
      type: "response.output_item.done",
      output_index: 0,
      item: { ...item, content: [{ type: "output_text", text: "one" }] },
    },
  ]).slice(0, -1);
  const second = upstream([
    { type: "response.output_item.added", output_index: 0, item: { ...item, id: "msg_2" } },
    { type: "response.output_text.delta", item_id: "msg_2", output_index: 0, content_index: 0, delta: "two" },
    {
      type: "response.output_item.done",
      output_index: 0,
      item: { ...item, id: "msg_2", content: [{ type: "output_text", text: "two" }] },
    },
  ]).map(({ event, data }) => ({
    ...(event === undefined ? {} : { event }),
    data: data.replaceAll("resp_up", "resp_two"),
  }));

  test("is one answer with both texts to a decoder", () => {
    const parts = decodeAll([...first, ...second]);
    expect(parts.filter(({ type }) => type === "start")).toHaveLength(1);
    expect(parts.map((part) => (part.type === "text-delta" ? part.text : "")).join("")).toBe("onetwo");
  });

  test("is relayed as one response, with its items and its events numbered on", () => {
    const relayed = relayAll([...first, ...second])
      .slice(0, -1)
      .map(dataOf);
    expect(relayed.map(({ sequence_number: number }) => number)).toEqual([...relayed.keys()]);
    expect(
      relayed.filter(({ type }) => type === "response.output_item.added").map(({ output_index: at }) => at),
    ).toEqual([0, 1]);
    expect(new Set(relayed.flatMap(({ response }) => (response === undefined ? [] : [objectAt(response).id])))).toEqual(
      new Set(["resp_up"]),
    );
  });

  test("a start told twice at once is one start", async () => {
    const [created, ...rest] = upstream(
      [
        { type: "response.output_item.added", output_index: 0, item },
        {
          type: "response.output_item.done",
          output_index: 0,
          item: { ...item, content: [{ type: "output_text", text: "one", annotations: [] }] },
        },
      ],
      { output: [{ ...item, content: [{ type: "output_text", text: "one", annotations: [] }] }] },
    );
    if (created === undefined) throw new Error("no stream");
    expect((await readWithSdk(relayAll([created, created, ...rest]))).output_text).toBe("one");
  });
});

describe("a relayed stream", () => {
  const item = { type: "message", id: "msg_1", role: "assistant", content: [] };

  test("keeps odd events, and the bytes of all but the model and the usage", () => {
    const odd: WireEvent = {
      data: '{ "type": "response.output_text.delta" , "delta" : "\\u00e9", "output_index":0, "item_id": "msg_1" }',
    };
    const events = [
      ...upstream([{ type: "response.output_item.added", output_index: 0, item }]).slice(0, 3),
      odd,
      { data: "not json" },
      { event: "x", data: '{"a":1}' },
    ];
    let state = openaiResponses.relay.initial(STAMP);
    const out = events.map((event) => {
      const [next, sent] = openaiResponses.relay.step(state, event);
      state = next;
      return sent[0];
    });
    expect(out.slice(2)).toEqual([...events.slice(2)]);
    expect(out[3]).toBe(odd);
  });

  test("adds a usage where the upstream has none, and takes nothing after the end", () => {
    const last = upstream([], { usage: null }).at(-1);
    if (last === undefined) throw new Error("no stream");
    const [state, sent] = openaiResponses.relay.step(openaiResponses.relay.initial(STAMP), last, COST);
    expect(objectAt(dataOf(sent[0]).response).usage).toEqual(COST_FIELDS);
    const [ended] = openaiResponses.relay.step(state, { data: "[DONE]" });
    expect(openaiResponses.relay.step(ended, last)[1]).toEqual([]);
    expect(openaiResponses.relay.end(ended)).toEqual([]);
  });

  test("moves a cost that the provider states itself", () => {
    const last = upstream([], { usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, cost: 0.5 } });
    expect(objectAt(dataOf(relayAll(last).at(-2)).response).usage).toMatchObject({
      provider_cost: 0.5,
      ...COST_FIELDS,
    });
  });
});
