import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type { ChatRequest, Message, Warning } from "../../../src/core/request.ts";
import type { EncodeTarget } from "../../../src/dialects/dialect.ts";
import { ollama } from "../../../src/dialects/ollama/dialect.ts";
import { chatRequest } from "./sample.ts";

const REMOTE: EncodeTarget = { provider: "ollama", model: "qwen" };
const LOCAL: EncodeTarget = { ...REMOTE, localOptions: { num_ctx: 8192, num_thread: 1 }, keepAlive: "30m" };
const PNG = "iVBORw0KGgoAAAANSUhEUg==";

function decode(body: JsonObject): ChatRequest {
  const result = ollama.decodeRequest(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function encode(more: Partial<ChatRequest>, target = REMOTE) {
  return ollama.encodeRequest(chatRequest(more), target);
}

function fieldsOf(warnings: readonly Warning[]): readonly string[] {
  return warnings.map(({ action, field }) => `${action} ${field}`);
}

const FULL: JsonObject = {
  model: "qwen",
  messages: [
    { role: "system", content: "be brief" },
    { role: "user", content: "look", images: [PNG, "/9j/4AAQ"] },
    {
      role: "assistant",
      content: "",
      thinking: "hm",
      tool_calls: [
        { function: { name: "add", arguments: { a: 1 } } },
        { id: "call_x", function: { name: "now", arguments: {} } },
      ],
    },
    { role: "tool", content: "12:00", tool_name: "now", tool_call_id: "call_x" },
    { role: "tool", content: "3", tool_name: "add" },
    { role: "user", content: "thanks", custom: true },
  ],
  tools: [
    {
      type: "function",
      function: { name: "add", description: "adds", parameters: { type: "object" }, strict: true },
      items: [1],
    },
    { type: "browser" },
  ],
  stream: false,
  format: { type: "object", properties: {} },
  think: "high",
  keep_alive: "5m",
  truncate: true,
  logprobs: true,
  options: {
    temperature: 0,
    top_p: 0.9,
    top_k: 40,
    seed: 7,
    presence_penalty: 1,
    frequency_penalty: -1,
    stop: ["a", "b"],
    num_predict: 99,
    num_ctx: 2048,
    mirostat: 1,
  },
};

describe("reading a body of /api/chat", () => {
  test("knows what every dialect knows and keeps the rest", () => {
    const request = decode(FULL);
    expect(request).toMatchObject({
      model: "qwen",
      stream: false,
      temperature: 0,
      topP: 0.9,
      topK: 40,
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: -1,
      stop: ["a", "b"],
      maxOutputTokens: 99,
      reasoning: { effort: "high" },
      responseFormat: { type: "json-schema", schema: { type: "object", properties: {} } },
      extra: {
        dialect: "ollama",
        fields: { keep_alive: "5m", truncate: true, logprobs: true, options: { num_ctx: 2048, mirostat: 1 } },
      },
    });
    expect(request.messages[1]?.parts).toEqual([
      { type: "text", text: "look" },
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: PNG } },
      { type: "image", source: { kind: "base64", mediaType: "image/jpeg", data: "/9j/4AAQ" } },
    ]);
    expect(request.tools?.[1]).toEqual({ type: "opaque", dialect: "ollama", json: { type: "browser" } });
  });

  test("streams unless told otherwise, and needs neither messages nor options", () => {
    expect(decode({ model: "m" })).toEqual({ model: "m", messages: [], stream: true });
    expect(decode({ model: "m", stream: null, options: null, messages: null, think: null, format: "" }).stream).toBe(
      true,
    );
  });

  test("gives calls without an id one, and results the id of the call they answer", () => {
    const [, , calls, now, add] = decode(FULL).messages;
    expect(calls?.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : []))).toEqual([
      "ollama_call_0",
      "call_x",
    ]);
    expect(now?.parts[0]).toMatchObject({ type: "tool-result", toolCallId: "call_x", toolName: "now" });
    expect(add?.parts[0]).toMatchObject({ type: "tool-result", toolCallId: "ollama_call_0", toolName: "add" });
  });

  test("matches results without any name to the calls in their order, and never one call twice", () => {
    const call = (name: string) => ({ function: { name, arguments: {} } });
    const messages = decode({
      model: "m",
      messages: [
        { role: "assistant", tool_calls: [call("a"), call("a")] },
        { role: "tool", content: "1" },
        { role: "tool", content: "2", tool_name: "a" },
        { role: "tool", content: "3", tool_name: "b" },
      ],
    }).messages;
    const ids = messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === "tool-result" ? [part.toolCallId] : [])),
    );
    expect(ids).toEqual(["ollama_call_0", "ollama_call_1", "ollama_call_2"]);
    expect(messages[1]?.parts[0]).toMatchObject({ toolName: "a" });
  });

  test.each([
    [true, "medium"],
    [false, "none"],
    ["low", "low"],
    ["medium", "medium"],
    ["max", "max"],
  ] as const)("think %p is effort %s", (think, effort) => {
    expect(decode({ model: "m", think }).reasoning).toEqual({ effort });
  });

  test.each([
    [{}, "model"],
    [{ model: "" }, "model"],
    [{ model: 1 }, "model"],
    [{ model: "m", messages: "x" }, "messages"],
    [{ model: "m", messages: ["x"] }, "messages[0]"],
    [{ model: "m", messages: [{ content: "x" }] }, "messages[0].role"],
    [{ model: "m", messages: [{ role: "robot" }] }, "messages[0].role"],
    [{ model: "m", messages: [{ role: "user", content: [] }] }, "messages[0].content"],
    [{ model: "m", messages: [{ role: "user", images: "x" }] }, "messages[0].images"],
    [{ model: "m", messages: [{ role: "user", images: [1] }] }, "messages[0].images"],
    [{ model: "m", messages: [{ role: "assistant", tool_calls: [{}] }] }, "messages[0].tool_calls"],
    [{ model: "m", tools: {} }, "tools"],
    [{ model: "m", tools: [1] }, "tools[0]"],
    [{ model: "m", tools: [{ function: {} }] }, "tools[0].function.name"],
    [{ model: "m", stream: "yes" }, "stream"],
    [{ model: "m", format: "yaml" }, "format"],
    [{ model: "m", think: "hard" }, "think"],
    [{ model: "m", options: [] }, "options"],
    [{ model: "m", options: { temperature: "hot" } }, "options.temperature"],
    [{ model: "m", options: { stop: [1] } }, "options.stop"],
  ] as readonly (readonly [JsonObject, string])[])("refuses %j and names %s", (body, param) => {
    const result = ollama.decodeRequest(body);
    expect(result.ok ? undefined : result.error).toMatchObject({
      status: 400,
      type: "invalid_request_error",
      code: "invalid_type",
      param,
      shouldRetry: false,
      message: expect.stringContaining(`\`${param}\``),
    });
  });

  test("takes one stop word, a data URL and a num_predict without a limit", () => {
    const request = decode({
      model: "m",
      messages: [{ role: "user", images: [`data:image/webp;base64,${PNG}`] }],
      options: { stop: "x", num_predict: -1 },
    });
    expect(request.stop).toEqual(["x"]);
    expect(request.messages[0]?.parts).toEqual([
      { type: "image", source: { kind: "base64", mediaType: "image/webp", data: PNG } },
    ]);
    expect(request.maxOutputTokens).toBeUndefined();
    expect(request.extra?.fields).toEqual({ options: { num_predict: -1 } });
  });
});

describe("writing a body for /api/chat", () => {
  test("gives back what was read", () => {
    const { body, warnings } = ollama.encodeRequest(decode(FULL), REMOTE);
    expect(body).toEqual(FULL);
    expect(warnings).toEqual([]);
  });

  test("gives back whatever was read", () => {
    const text = fc.string();
    const message = fc.oneof(
      fc.record({ role: fc.constantFrom("system", "user"), content: text }),
      fc.record({
        role: fc.constant("user"),
        content: text,
        images: fc.array(fc.base64String({ minLength: 4 }), { minLength: 1 }),
      }),
      fc.record({
        role: fc.constant("assistant"),
        content: fc.constantFrom(null, "x"),
        thinking: fc.string({ minLength: 1 }),
      }),
      fc.record({ role: fc.constant("tool"), content: text, tool_name: fc.string({ minLength: 1 }) }),
    );
    const options = fc.record(
      {
        temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
        num_predict: fc.integer({ min: -2 }),
        min_p: fc.float({ noNaN: true, noDefaultInfinity: true }),
        stop: fc.array(text),
      },
      { requiredKeys: ["min_p"] },
    );
    const body = fc.record(
      {
        model: fc.constant("qwen"),
        messages: fc.array(message),
        stream: fc.boolean(),
        options,
        think: fc.constantFrom(true, false, "low", "high"),
        format: fc.constantFrom("json", { type: "object" }),
        keep_alive: fc.constantFrom(0, -1, "1h"),
        novelty: fc.jsonValue(),
      },
      { requiredKeys: ["model", "messages", "stream"] },
    );
    fc.assert(
      fc.property(body, (value) => {
        const wire = JSON.parse(JSON.stringify(value)) as JsonObject;
        expect(ollama.encodeRequest(decode(wire), REMOTE).body).toEqual(wire);
      }),
    );
  });

  test("our options and keep_alive win, what could reload the model is left out, and the client is told", () => {
    const { body, warnings } = ollama.encodeRequest(decode(FULL), LOCAL);
    expect(body.options).toMatchObject({ num_ctx: 8192, num_thread: 1, mirostat: 1, num_predict: 99 });
    expect(body.keep_alive).toBe("30m");
    expect(fieldsOf(warnings)).toEqual(["changed options.num_ctx", "changed keep_alive"]);
    const batch = decode({ model: "m", keep_alive: "30m", options: { num_batch: 1, num_ctx: 8192 } });
    const pinned = ollama.encodeRequest(batch, LOCAL);
    expect(pinned.body.options).toEqual({ num_ctx: 8192, num_thread: 1 });
    expect(fieldsOf(pinned.warnings)).toEqual(["dropped options.num_batch"]);
  });

  test("whatever a client asks for, the runner options of a local target are ours alone", () => {
    const names = fc.constantFrom("num_ctx", "num_batch", "num_gpu", "num_thread", "use_mmap", "temperature", "seed");
    fc.assert(
      fc.property(fc.dictionary(names, fc.integer(), { noNullPrototype: true }), (asked) => {
        const { temperature, seed, ...runner } = ollama.encodeRequest(decode({ model: "m", options: asked }), LOCAL)
          .body.options as JsonObject;
        expect(runner).toEqual(LOCAL.localOptions ?? {});
        expect([temperature, seed]).toEqual([asked.temperature, asked.seed] as JsonValue[]);
      }),
    );
  });

  test("forbids silent truncation on a local target unless the client asks for it", () => {
    expect(encode({}, LOCAL).body.truncate).toBe(false);
    expect(encode({}).body).not.toHaveProperty("truncate");
    expect(ollama.encodeRequest(decode(FULL), LOCAL).body.truncate).toBe(true);
  });

  test("writes a turn of another dialect as messages of its own: results first, then what was said", () => {
    const messages: Message[] = [
      {
        role: "developer",
        parts: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      {
        role: "assistant",
        parts: [
          { type: "reasoning", text: "hm", signature: "s" },
          { type: "tool-call", id: "toolu_1", name: "ls", arguments: '{"p":"."}' },
        ],
      },
      {
        role: "user",
        parts: [
          { type: "tool-result", toolCallId: "toolu_1", content: [{ type: "text", text: "x" }], isError: true },
          { type: "text", text: "go on" },
        ],
      },
    ];
    const { body, warnings } = encode({ messages });
    expect(body.messages).toEqual([
      { role: "system", content: "a\nb" },
      {
        role: "assistant",
        content: "",
        thinking: "hm",
        tool_calls: [{ id: "toolu_1", function: { name: "ls", arguments: { p: "." } } }],
      },
      { role: "tool", content: "x", tool_name: "ls", tool_call_id: "toolu_1" },
      { role: "user", content: "go on" },
    ]);
    expect(fieldsOf(warnings)).toEqual(["dropped messages[2].content[0].is_error"]);
  });

  test("drops parts it cannot say, each with its place", () => {
    const parts: Message["parts"] = [
      { type: "image", source: { kind: "url", url: "https://x/y.png" } },
      { type: "file", source: { kind: "file-id", id: "f" } },
      { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "" } },
      { type: "opaque", dialect: "anthropic", json: {} },
      { type: "text", text: "hi", extra: { dialect: "anthropic", fields: { cache_control: {} } } },
    ];
    const extra = { dialect: "anthropic", fields: { name: "x" } } as const;
    const { body, warnings } = encode({ messages: [{ role: "user", parts, extra }] });
    expect(body.messages).toEqual([{ role: "user", content: "hi" }]);
    expect(fieldsOf(warnings)).toEqual([
      "dropped messages[0].name",
      "dropped messages[0].content[0]",
      "dropped messages[0].content[1]",
      "dropped messages[0].content[2]",
      "dropped messages[0].content[3]",
      "dropped messages[0].content[4].cache_control",
    ]);
  });

  test.each([
    [{ toolChoice: { type: "required" } }, ["dropped tool_choice"]],
    [{ toolChoice: { type: "tool", name: "x" } }, ["dropped tool_choice"]],
    [{ toolChoice: { type: "auto" } }, []],
    [{ parallelToolCalls: false }, ["dropped parallel_tool_calls"]],
    [{ choiceCount: 2 }, ["dropped n"]],
    [{ choiceCount: 1 }, []],
    [{ user: "me" }, ["dropped user"]],
    [{ reasoning: { budgetTokens: 9 } }, ["dropped reasoning.budget_tokens"]],
    [{ reasoning: { effort: "xhigh" } }, ["changed reasoning.effort"]],
    [{ extra: { dialect: "openai-chat", fields: { logit_bias: {} } } }, ["dropped logit_bias"]],
    [{ tools: [{ type: "opaque", dialect: "anthropic", json: {} }] }, ["dropped tools[0]"]],
    [{ extra: { dialect: "ollama", fields: { suffix: "x" } } }, ["dropped suffix"]],
  ] as readonly (readonly [Partial<ChatRequest>, readonly string[]])[])(
    "%j gives the warnings %j",
    (more, expected) => {
      expect(fieldsOf(encode(more).warnings)).toEqual(expected);
    },
  );

  test.each([
    [{ effort: "none" }, false],
    [{ effort: "minimal" }, "low"],
    [{ effort: "medium" }, true],
    [{ effort: "max" }, "high"],
    [{ budgetTokens: 1024 }, true],
    [{}, undefined],
  ] as const)("reasoning %j is think %p", (reasoning, think) => {
    expect(encode({ reasoning }).body.think).toBe(think);
  });

  test("leaves the tools out where none may be called", () => {
    const tools: ChatRequest["tools"] = [{ type: "function", name: "ls" }];
    expect(encode({ tools }).body.tools).toEqual([{ type: "function", function: { name: "ls" } }]);
    expect(encode({ tools, toolChoice: { type: "none" } }).body).not.toHaveProperty("tools");
  });

  test("asks for JSON, for a schema, or for nothing", () => {
    expect(encode({ responseFormat: { type: "text" } }).body).not.toHaveProperty("format");
    expect(encode({ responseFormat: { type: "json" } }).body.format).toBe("json");
    expect(
      encode({ responseFormat: { type: "json-schema", name: "n", schema: { type: "array" } } }).body.format,
    ).toEqual({
      type: "array",
    });
  });
});

test("the chat stands at /api/chat", () => {
  expect(ollama.chatPath("m", true)).toBe("/api/chat");
});
