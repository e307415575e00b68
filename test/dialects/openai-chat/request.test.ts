import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type { ChatRequest } from "../../../src/core/request.ts";
import type { EncodeTarget } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";

const TARGET: EncodeTarget = {
  provider: "openai",
  model: "real-model",
  developerRole: true,
  reasoningField: "reasoning_content",
};

function decoded(body: JsonObject): ChatRequest {
  const result = openaiChat.decodeRequest(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function roundTrip(body: JsonObject, target: EncodeTarget = TARGET): JsonObject {
  return openaiChat.encodeRequest(decoded(body), target).body;
}

function withMessages(...messages: JsonObject[]): JsonObject {
  return { model: "real-model", messages };
}

const HI: JsonObject = { role: "user", content: "hi" };

const BODIES: readonly (readonly [title: string, body: JsonObject])[] = [
  ["text", withMessages(HI)],
  [
    "system, developer and several of them",
    withMessages(
      { role: "system", content: "a" },
      { role: "developer", content: "b" },
      { role: "system", content: [{ type: "text", text: "c", cache_control: { type: "ephemeral" } }] },
      HI,
    ),
  ],
  [
    "empty and absent content",
    withMessages(
      { role: "user", content: "" },
      { role: "assistant", content: null },
      { role: "assistant" },
      { role: "user", content: [] },
    ),
  ],
  [
    "an assistant prefill with unknown fields",
    withMessages(HI, { role: "assistant", content: "So", prefix: true, name: "bot" }),
  ],
  [
    "images by URL and inline",
    withMessages({
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "https://a.test/b.png", detail: "low" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" }, cache_control: { type: "ephemeral" } },
      ],
    }),
  ],
  [
    "audio and files",
    withMessages({
      role: "user",
      content: [
        { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
        { type: "file", file: { file_id: "f1" } },
        { type: "file", file: { file_data: "data:application/pdf;base64,AA", filename: "a.pdf" } },
        { type: "file", file: { file_data: "AAAA" } },
      ],
    }),
  ],
  ["parts nobody knows", withMessages({ role: "user", content: [{ type: "video_url", video_url: { url: "u" } }] })],
  [
    "parallel tool calls with their results",
    withMessages(
      HI,
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
          { id: "b", type: "function", function: { name: "g", arguments: "not json" }, index: 1 },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "1" },
      { role: "tool", tool_call_id: "b", content: [{ type: "text", text: "2" }], name: "g" },
    ),
  ],
  [
    "custom tools and their calls",
    {
      ...withMessages({
        role: "assistant",
        content: null,
        tool_calls: [{ id: "a", type: "custom", custom: { name: "sh", input: "ls" } }],
      }),
      tools: [{ type: "custom", custom: { name: "sh", format: { type: "grammar" } } }],
    },
  ],
  ["the old function role", withMessages({ role: "function", name: "f", content: "1" })],
  [
    "reasoning sent back",
    withMessages(
      { role: "assistant", content: "a", reasoning_content: "hm", reasoning_details: [{ a: 1 }] },
      { role: "assistant", content: "b", reasoning_content: "" },
    ),
  ],
  [
    "refusals beside and inside content",
    withMessages(
      { role: "assistant", content: null, refusal: "no" },
      { role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
    ),
  ],
  [
    "thought signatures",
    withMessages({
      role: "assistant",
      content: null,
      tool_calls: [
        {
          id: "a",
          type: "function",
          function: { name: "f", arguments: "{}" },
          extra_content: { google: { thought_signature: "s" } },
        },
      ],
    }),
  ],
  [
    "tools",
    {
      ...withMessages(HI),
      tools: [
        {
          type: "function",
          function: {
            name: "f",
            description: "d",
            parameters: { type: "object", properties: { __proto__x: {} } },
            strict: true,
          },
          cache_control: {},
        },
        { type: "web_search" },
        { type: "function", function: { name: "g" } },
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      parallel_tool_calls: false,
    },
  ],
  ["tool choices in words", { ...withMessages(HI), tools: [], tool_choice: "required" }],
  ["tool choices of others", { ...withMessages(HI), tool_choice: { type: "allowed_tools", allowed_tools: {} } }],
  [
    "a JSON schema",
    {
      ...withMessages(HI),
      response_format: {
        type: "json_schema",
        json_schema: { name: "n", schema: { type: "object" }, strict: true, description: "d" },
      },
    },
  ],
  ["JSON mode", { ...withMessages(HI), response_format: { type: "json_object" } }],
  ["a format nobody knows", { ...withMessages(HI), response_format: { type: "grammar", grammar: "x" } }],
  [
    "sampling and more than four stops",
    {
      ...withMessages(HI),
      temperature: 1.7,
      top_p: 0.5,
      top_k: 3,
      seed: 7,
      presence_penalty: 1,
      frequency_penalty: -1,
      stop: ["a", "b", "c", "d", "e"],
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      logit_bias: { "1": 2 },
    },
  ],
  ["one stop as a string", { ...withMessages(HI), stop: "END" }],
  [
    "stream options",
    { ...withMessages(HI), stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
  ],
  [
    "fields from the future",
    {
      ...withMessages(HI),
      service_tier: "flex",
      metadata: { a: "b" },
      reasoning_effort: "xhigh",
      thinking: { type: "enabled" },
      user: "u",
      store: null,
    },
  ],
  ["an effort from the future", { ...withMessages(HI), reasoning_effort: "ludicrous" }],
];

describe("a chat request, decoded and encoded again,", () => {
  for (const [title, body] of BODIES) {
    test(`stays as it was: ${title}`, () => {
      const before = structuredClone(body);
      const encoded = openaiChat.encodeRequest(decoded(body), TARGET);
      expect(encoded.body).toEqual(body);
      expect(encoded.warnings).toEqual([]);
      expect(body).toEqual(before);
    });
  }

  test("stays as it was, whatever it holds", () => {
    const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
    const text = fc.string({ unit: "grapheme" });
    const unknown = fc
      .dictionary(fc.stringMatching(/^x_[a-z]{1,6}$/), json, { maxKeys: 2 })
      .map((fields) => ({ ...fields }));
    const part = fc.oneof(
      fc.tuple(unknown, text).map(([extra, value]) => ({ ...extra, type: "text", text: value })),
      fc
        .tuple(unknown, fc.webUrl(), unknown)
        .map(([extra, url, inner]) => ({ ...extra, type: "image_url", image_url: { ...inner, url } })),
      fc
        .tuple(unknown, fc.base64String())
        .map(([extra, data]) => ({ ...extra, type: "image_url", image_url: { url: `data:image/png;base64,${data}` } })),
      unknown.map((extra) => ({ ...extra, type: "x_future" })),
    );
    const content = fc.oneof(text, fc.array(part, { maxLength: 3 }), fc.constant(null));
    const call = fc
      .tuple(unknown, unknown, fc.stringMatching(/^[a-z]{1,5}$/), text)
      .map(([extra, inner, name, args]) => ({
        ...extra,
        id: `call_${name}`,
        type: "function",
        function: { ...inner, name, arguments: args },
      }));
    const message = fc.oneof(
      fc
        .tuple(unknown, fc.constantFrom("system", "developer", "user"), content)
        .map(([extra, role, value]) => ({ ...extra, role, content: value })),
      fc
        .tuple(unknown, content, fc.array(call, { minLength: 1, maxLength: 3 }))
        .map(([extra, value, calls]) => ({ ...extra, role: "assistant", content: value, tool_calls: calls })),
      fc.tuple(unknown, text, text).map(([extra, value, reasoning]) => ({
        ...extra,
        role: "assistant",
        content: value,
        reasoning_content: reasoning,
      })),
      fc
        .tuple(unknown, text)
        .map(([extra, value]) => ({ ...extra, role: "tool", tool_call_id: "call_a", content: value })),
    );
    const options = fc.record(
      {
        temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
        top_p: fc.double({ min: 0.1, max: 1, noNaN: true }),
        max_tokens: fc.nat(),
        seed: fc.integer().map((value) => value + 0),
        n: fc.integer({ min: 1, max: 4 }),
        stop: fc.oneof(text, fc.array(text, { maxLength: 5 })),
        stream: fc.constant(true),
        parallel_tool_calls: fc.boolean(),
        reasoning_effort: fc.constantFrom("none", "low", "high", "max"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), options, unknown, (messages, fields, extra) => {
        const body = JSON.parse(JSON.stringify({ ...extra, ...fields, model: "real-model", messages })) as JsonObject;
        expect(roundTrip(body)).toEqual(body);
      }),
    );
  });

  test("treats null for a known field as absent", () => {
    const nulls = {
      temperature: null,
      tools: null,
      stop: null,
      response_format: null,
      reasoning_effort: null,
      stream: null,
    };
    expect(roundTrip({ ...withMessages(HI), ...nulls })).toEqual(withMessages(HI));
  });

  test("names the output limit as the target does, whichever name came in", () => {
    for (const name of ["max_tokens", "max_completion_tokens"]) {
      const body = { ...withMessages(HI), [name]: 9 };
      expect(decoded(body).maxOutputTokens).toBe(9);
      expect(roundTrip(body)).toMatchObject({ max_tokens: 9 });
      const newer = roundTrip(body, { ...TARGET, maxTokensField: "max_completion_tokens" });
      expect(newer).toEqual({ ...withMessages(HI), max_completion_tokens: 9 });
    }
  });

  test("keeps a member named __proto__ as data", () => {
    const body = JSON.parse('{"model":"real-model","messages":[],"__proto__":{"polluted":1}}') as JsonObject;
    const encoded = roundTrip(body);
    expect(JSON.stringify(encoded)).toContain('"__proto__":{"polluted":1}');
    expect((encoded as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("a chat request that is wrong", () => {
  const cases: readonly (readonly [body: JsonObject, param: string])[] = [
    [{ messages: [] }, "model"],
    [{ model: 7, messages: [] }, "model"],
    [{ model: "m" }, "messages"],
    [{ model: "m", messages: ["hi"] }, "messages[0]"],
    [{ model: "m", messages: [{ role: "robot", content: "" }] }, "messages[0].role"],
    [{ model: "m", messages: [{ role: "user", content: 7 }] }, "messages[0].content"],
    [
      { model: "m", messages: [HI, { role: "user", content: [{ type: "text", text: 7 }] }] },
      "messages[1].content[0].text",
    ],
    [
      { model: "m", messages: [{ role: "user", content: [{ type: "image_url", image_url: "u" }] }] },
      "messages[0].content[0].image_url.url",
    ],
    [
      { model: "m", messages: [{ role: "user", content: [{ type: "input_audio", input_audio: { data: "" } }] }] },
      "messages[0].content[0].input_audio.format",
    ],
    [
      { model: "m", messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
      "messages[0].content[0].input_audio.data",
    ],
    [{ model: "m", messages: [{ role: "user", content: [{}] }] }, "messages[0].content[0].type"],
    [{ model: "m", messages: [{ role: "user", content: ["x"] }] }, "messages[0].content[0]"],
    [{ model: "m", messages: [{ role: "user", content: [{ type: "refusal" }] }] }, "messages[0].content[0].refusal"],
    [{ model: "m", messages: [{ role: "tool", content: "1" }] }, "messages[0].tool_call_id"],
    [
      { model: "m", messages: [{ role: "tool", tool_call_id: "a", content: [{ type: "refusal", refusal: "" }] }] },
      "messages[0].content",
    ],
    [{ model: "m", messages: [{ role: "function", content: "1" }] }, "messages[0].name"],
    [{ model: "m", messages: [{ role: "assistant", tool_calls: [7] }] }, "messages[0].tool_calls[0]"],
    [
      { model: "m", messages: [{ role: "assistant", tool_calls: [{ id: "a" }] }] },
      "messages[0].tool_calls[0].function.name",
    ],
    [{ model: "m", messages: [], temperature: "hot" }, "temperature"],
    [{ model: "m", messages: [], stop: [1] }, "stop"],
    [{ model: "m", messages: [], stop: 1 }, "stop"],
    [{ model: "m", messages: [], stream: "yes" }, "stream"],
    [{ model: "m", messages: [], tools: {} }, "tools"],
    [{ model: "m", messages: [], tools: ["f"] }, "tools[0]"],
    [{ model: "m", messages: [], tools: [{ type: "function" }] }, "tools[0].function"],
    [{ model: "m", messages: [], tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [
      { model: "m", messages: [], tools: [{ type: "function", function: { name: "f", parameters: "x" } }] },
      "tools[0].function.parameters",
    ],
    [{ model: "m", messages: [], response_format: "json" }, "response_format"],
  ];
  for (const [body, param] of cases) {
    test(`is refused by the name of its parameter ${param}: ${JSON.stringify(body).slice(0, 90)}`, () => {
      const result = openaiChat.decodeRequest(body);
      expect(result).toMatchObject({ ok: false, error: { status: 400, param, type: "invalid_request_error" } });
      if (!result.ok) expect(result.error.message).toContain(param);
    });
  }
});
