import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { Dialect, EncodeTarget } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { withPreviousItems } from "../../../src/dialects/openai-responses/previous.ts";
import { listAt, objectAt, overTheWire } from "../codec.ts";
import { requestOf } from "./kit.ts";

const TARGET: EncodeTarget = { provider: "openai", model: "gpt-5.6", maxOutputTokens: 32_000 };

function sameAgain(body: JsonObject): JsonValue {
  return overTheWire(openaiResponses.encodeRequest(requestOf(body), TARGET).body);
}

function sentTo(dialect: Dialect, body: JsonObject) {
  const { body: sent, warnings } = dialect.encodeRequest(requestOf(body), TARGET);
  return { sent: objectAt(overTheWire(sent)), warnings: warnings.map(({ field, action }) => `${action} ${field}`) };
}

/** One request as Codex sends it: every kind of item, tool and option it has. */
const CODEX: JsonObject = {
  model: "gpt-5.6",
  instructions: "You are Codex.",
  input: [
    { type: "message", role: "developer", content: [{ type: "input_text", text: "<permissions>" }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: "fix it" }] },
    {
      type: "reasoning",
      summary: [{ type: "summary_text", text: "look first" }],
      content: null,
      encrypted_content: "gAAA",
    },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Looking." }], phase: "commentary" },
    { type: "function_call", name: "shell", arguments: '{"command":["ls"]}', call_id: "call_1" },
    { type: "custom_tool_call", status: "completed", call_id: "call_2", name: "apply_patch", input: "*** Begin Patch" },
    { type: "function_call", name: "find", namespace: "mcp__files", arguments: "{}", call_id: "call_3" },
    { type: "function_call_output", call_id: "call_1", output: "a.ts" },
    { type: "custom_tool_call_output", call_id: "call_2", output: "Done!" },
    { type: "function_call_output", call_id: "call_3", output: [{ type: "input_text", text: "none" }] },
    { type: "local_shell_call", call_id: "call_4", status: "completed", action: { type: "exec", command: ["ls"] } },
    { type: "local_shell_call_output", call_id: "call_4", output: "{}" },
    { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "bun" } },
    { type: "compaction", encrypted_content: "gBBB" },
    { type: "item_reference", id: "msg_9" },
    { type: "user_shell_of_2027", anything: { at: ["all"] } },
  ],
  tools: [
    {
      type: "function",
      name: "shell",
      description: "Runs",
      strict: false,
      parameters: { type: "object", properties: {} },
    },
    {
      type: "custom",
      name: "apply_patch",
      description: "Edits",
      format: { type: "grammar", syntax: "lark", definition: "start: x" },
    },
    {
      type: "namespace",
      name: "mcp__files",
      description: "Files",
      tools: [{ type: "function", name: "find", parameters: {} }],
    },
    { type: "web_search", external_web_access: false },
    { type: "image_generation", output_format: "png" },
    { type: "additional_tools", tools: [] },
  ],
  tool_choice: "auto",
  parallel_tool_calls: false,
  reasoning: { effort: "high", summary: "auto", context: "all" },
  store: false,
  stream: true,
  stream_options: { include_obfuscation: false },
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "thread-1",
  service_tier: "priority",
  text: { verbosity: "low", format: { type: "json_schema", name: "out", strict: true, schema: { type: "object" } } },
  client_metadata: { turn: "1" },
};

describe("a request of this dialect written in this dialect", () => {
  test("corner case 3: what Codex sends comes out as it went in, unknown items, tools and options included", () => {
    expect(sameAgain(CODEX)).toEqual(CODEX);
    expect(openaiResponses.encodeRequest(requestOf(CODEX), TARGET).warnings).toEqual([]);
  });

  const CASES: readonly (readonly [string, JsonObject])[] = [
    ["one text", { input: "hi" }],
    [
      "a message without a type",
      {
        input: [
          { role: "assistant", content: "hello" },
          { role: "user", content: "hi" },
        ],
      },
    ],
    [
      "images",
      {
        input: [
          {
            role: "user",
            content: [
              { type: "input_image", image_url: "https://x/y.png", detail: "low" },
              { type: "input_image", image_url: "data:image/png;base64,AAAA", file_id: null },
              { type: "input_image", file_id: "file_1", detail: "auto" },
            ],
          },
        ],
      },
    ],
    [
      "files",
      {
        input: [
          {
            role: "user",
            content: [
              { type: "input_file", file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" },
              { type: "input_file", file_data: "data:application/pdf;base64,AAAA" },
              { type: "input_file", file_url: "data:application/pdf;base64,AAAA" },
              { type: "input_file", file_data: "AAAA", filename: "a.pdf" },
              { type: "input_file", file_url: "https://x/y.pdf" },
              { type: "input_file", file_id: "file_1" },
            ],
          },
        ],
      },
    ],
    [
      "audio and content yet to come",
      {
        input: [
          {
            role: "user",
            content: [
              { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
              { type: "input_audio", input_audio: { data: "AAAA", format: "wav", speed: 2 } },
              { type: "input_hologram", at: 3 },
            ],
          },
        ],
      },
    ],
    [
      "an answer as it was given",
      {
        input: [
          { id: "rs_1", type: "reasoning", summary: [], status: null, encrypted_content: null },
          {
            id: "msg_1",
            type: "message",
            role: "assistant",
            status: "completed",
            content: [
              { type: "output_text", text: "a", annotations: [{ type: "url_citation", url: "u" }], logprobs: [] },
              { type: "refusal", refusal: "no" },
            ],
          },
          { id: "msg_2", type: "message", role: "assistant", status: "incomplete", content: [] },
        ],
      },
    ],
    [
      "a tool's images",
      {
        input: [
          {
            type: "function_call_output",
            call_id: "c",
            output: [
              { type: "input_image", image_url: "https://x/y.png" },
              { type: "input_file", file_id: "f" },
              { type: "input_audio", input_audio: { data: "A", format: "wav" } },
            ],
          },
        ],
      },
    ],
    ["choices", { input: "x", tools: [{ type: "custom", name: "sql" }], tool_choice: { type: "custom", name: "sql" } }],
    [
      "a function by name",
      { input: "x", tools: [{ type: "function", name: "f" }], tool_choice: { type: "function", name: "f" } },
    ],
    ["a choice yet to come", { input: "x", tool_choice: { type: "allowed_tools", mode: "auto", tools: [] } }],
    ["a stored prompt", { prompt: { id: "pmpt_1" } }],
    [
      "a conversation at the provider",
      {
        input: "x",
        previous_response_id: "resp_1",
        store: true,
        background: true,
        truncation: "auto",
        metadata: { a: "b" },
      },
    ],
    ["formats", { input: "x", text: { format: { type: "json_object" } } }],
    [
      "a format with a description",
      { input: "x", text: { format: { type: "json_schema", name: "n", description: "d", schema: {} } } },
    ],
    ["a format yet to come", { input: "x", text: { format: { type: "xml" }, verbosity: "high" } }],
    ["an effort yet to come", { input: "x", reasoning: { effort: "ultra" } }],
    ["sampling", { input: "x", temperature: 0.5, top_p: 0.9, user: "u", max_output_tokens: 5, top_logprobs: 2 }],
    ["instructions as items", { input: "x", instructions: [{ role: "system", content: "y" }] }],
  ];

  test.each(CASES)("%s survives", (_name, fields) => {
    const body = { model: "gpt-5.6", ...fields };
    expect(sameAgain(body)).toEqual(body);
  });

  const name = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(..."abcxyz_") });
  const scalar = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean());
  const unknown = fc.dictionary(
    name.map((key) => `x_${key}`),
    scalar as fc.Arbitrary<JsonValue>,
    { maxKeys: 2 },
  );
  const text = fc.string({ minLength: 1, maxLength: 12 });
  const inputPart = fc.oneof(
    fc.record({ type: fc.constant("input_text"), text }),
    fc.record({ type: fc.constant("input_image"), image_url: fc.webUrl() }),
    fc.record({ type: fc.constant("input_new"), value: scalar }),
  );
  const withUnknown = <Shape extends object>(shape: fc.Arbitrary<Shape>) =>
    fc.tuple(shape, unknown).map(([known, rest]) => ({ ...rest, ...known }));
  const item = fc.oneof(
    withUnknown(
      fc.record({
        type: fc.constant("message"),
        role: fc.constantFrom("user", "developer", "system"),
        content: fc.oneof(text, fc.array(withUnknown(inputPart), { minLength: 1, maxLength: 3 })),
      }),
    ),
    withUnknown(
      fc.record({
        type: fc.constant("message"),
        id: text,
        role: fc.constant("assistant"),
        content: fc.oneof(
          text,
          fc.array(withUnknown(fc.record({ type: fc.constant("output_text"), text })), { maxLength: 3 }),
        ),
      }),
    ),
    withUnknown(fc.record({ type: fc.constant("function_call"), call_id: text, name, arguments: text })),
    withUnknown(fc.record({ type: fc.constant("custom_tool_call"), call_id: text, name, input: fc.string() })),
    withUnknown(
      fc.record({
        type: fc.constant("function_call_output"),
        call_id: text,
        output: fc.oneof(fc.string(), fc.array(inputPart, { maxLength: 2 })),
      }),
    ),
    withUnknown(
      fc.record({
        type: fc.constant("reasoning"),
        id: text,
        summary: fc.array(fc.record({ type: fc.constant("summary_text"), text }), { maxLength: 2 }),
        encrypted_content: fc.oneof(text, fc.constant(null)),
      }),
    ),
    withUnknown(fc.record({ type: fc.constantFrom("mcp_call", "shell_call", "item_of_2027"), id: text })),
  );
  const tool = fc.oneof(
    withUnknown(
      fc.record({
        type: fc.constant("function"),
        name,
        strict: fc.boolean(),
        parameters: fc.constant({ type: "object" }),
      }),
    ),
    withUnknown(fc.record({ type: fc.constant("custom"), name })),
    withUnknown(fc.record({ type: fc.constantFrom("web_search", "tool_of_2027") })),
  );

  test("encode(decode(x)) is x for generated requests, unknown fields included", () => {
    const request = withUnknown(
      fc.record(
        {
          model: fc.constant("gpt-5.6"),
          input: fc.array(item, { minLength: 1, maxLength: 6 }),
          instructions: text,
          tools: fc.array(tool, { maxLength: 3 }),
          tool_choice: fc.constantFrom("auto", "none", "required"),
          temperature: fc.double({ min: 0, max: 2, noNaN: true }),
          store: fc.boolean(),
          reasoning: fc.record({ effort: fc.constantFrom("low", "odd"), x_more: scalar }),
        },
        { requiredKeys: ["model", "input"] },
      ),
    );
    fc.assert(
      fc.property(request, (body) => {
        const wire = objectAt(overTheWire(body));
        expect(sameAgain(wire)).toEqual(wire);
      }),
      { numRuns: 300 },
    );
  });
});

describe("corner case 3: what Codex sends, to other dialects", () => {
  test("chat gets one turn with all calls, then the results, and custom tools as functions with one text", () => {
    const { sent } = sentTo(openaiChat, CODEX);
    const messages = listAt(sent.messages);
    expect(messages.map(({ role }) => role)).toEqual(["system", "system", "user", "assistant", "tool", "tool", "tool"]);
    const turn = objectAt(messages[3]);
    expect(turn.content).toBe("Looking.");
    expect(listAt(turn.tool_calls).map((call) => objectAt(call.function))).toEqual([
      { name: "shell", arguments: '{"command":["ls"]}' },
      { name: "apply_patch", arguments: '{"input":"*** Begin Patch"}' },
      { name: "mcp__files__find", arguments: "{}" },
    ]);
    expect(messages.slice(4).map(({ content }) => content)).toEqual(["a.ts", "Done!", "none"]);
    const patch = objectAt(listAt(sent.tools)[1]?.function);
    expect(patch.name).toBe("apply_patch");
    expect(JSON.stringify(patch.parameters)).toContain("start: x");
    expect(objectAt(patch.parameters).required).toEqual(["input"]);
  });

  test("what chat cannot take is named, and nothing is refused", () => {
    const { warnings, sent } = sentTo(openaiChat, CODEX);
    expect(listAt(sent.tools).map(({ type }) => type)).toEqual(["function", "function", "function"]);
    for (const field of ["tools[3]", "tools[4]", "tools[5]", "store", "include", "prompt_cache_key"])
      expect(warnings).toContain(`dropped ${field}`);
    expect(warnings.filter((warning) => /\.(?:id|status|phase|type|strict)$/.test(warning))).toEqual([]);
  });

  test("Anthropic gets the calls and the results of one round in two turns", () => {
    const { sent } = sentTo(anthropic, CODEX);
    const turns = listAt(sent.messages);
    expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    const calls = listAt(objectAt(turns[1]).content).filter(({ type }) => type === "tool_use");
    expect(calls.map(({ input }) => input)).toEqual([{ command: ["ls"] }, { input: "*** Begin Patch" }, {}]);
    expect(listAt(objectAt(turns[2]).content).map(({ tool_use_id: id }) => id)).toEqual(["call_1", "call_2", "call_3"]);
  });

  test("an item that only this dialect knows leaves no empty message behind", () => {
    const { sent, warnings } = sentTo(openaiChat, {
      input: [
        { type: "compaction", encrypted_content: "g" },
        { role: "user", content: "hi" },
      ],
    });
    expect(sent.messages).toEqual([{ role: "user", content: "hi" }]);
    expect(warnings).toEqual(["dropped messages[0]"]);
  });
});

describe("corner case 5: reasoning goes only to the provider that minted it", () => {
  const own: JsonObject = {
    input: [
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" },
      { role: "user", content: "x" },
    ],
  };

  test("encrypted reasoning of this dialect is not sent to Anthropic", () => {
    const { sent, warnings } = sentTo(anthropic, own);
    expect(JSON.stringify(sent)).not.toContain("gAAA");
    expect(warnings).toContain("dropped messages[0].content[0]");
  });

  test("thinking of Anthropic is not sent to a provider of this dialect", () => {
    const decoded = anthropic.decodeRequest({
      model: "m",
      max_tokens: 9,
      messages: [
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "sig" },
            { type: "redacted_thinking", data: "red" },
          ],
        },
        { role: "user", content: "x" },
      ],
    });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { body, warnings } = openaiResponses.encodeRequest(decoded.value, TARGET);
    expect(body.input).toEqual([{ role: "user", content: "x" }]);
    expect(warnings.map(({ reason }) => reason)).toContain("reasoning of another provider");
  });
});

describe("a request of another dialect", () => {
  function chatSent(body: JsonObject) {
    const decoded = openaiChat.decodeRequest({ model: "m", messages: [{ role: "user", content: "x" }], ...body });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { body: sent, warnings } = openaiResponses.encodeRequest(decoded.value, TARGET);
    return { sent: objectAt(overTheWire(sent)), warnings: warnings.map(({ field, action }) => `${action} ${field}`) };
  }

  test("is not stored at the provider, and asks for the token of its reasoning", () => {
    const { sent } = chatSent({ reasoning_effort: "low" });
    expect(sent).toMatchObject({
      store: false,
      include: ["reasoning.encrypted_content"],
      reasoning: { effort: "low" },
    });
    expect(chatSent({}).sent).toEqual({ model: "gpt-5.6", input: [{ role: "user", content: "x" }], store: false });
  });

  test("says whether its tools are strict, since the defaults differ", () => {
    const tools = [
      { type: "function", function: { name: "a", parameters: { type: "object" } } },
      { type: "function", function: { name: "b", strict: true } },
    ];
    const { sent, warnings } = chatSent({ tools, tool_choice: { type: "function", function: { name: "a" } } });
    expect(listAt(sent.tools).map(({ name, strict }) => [name, strict])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    expect(sent.tool_choice).toEqual({ type: "function", name: "a" });
    expect(warnings).toEqual([]);
  });

  test("names what this dialect has no word for", () => {
    const { warnings } = chatSent({
      seed: 1,
      stop: ["x"],
      n: 2,
      top_k: 3,
      presence_penalty: 1,
      frequency_penalty: 1,
      max_tokens: 3,
    });
    expect(warnings.sort()).toEqual([
      "changed max_tokens",
      "dropped frequency_penalty",
      "dropped n",
      "dropped presence_penalty",
      "dropped seed",
      "dropped stop",
      "dropped top_k",
    ]);
    expect(chatSent({ max_tokens: 3 }).sent.max_output_tokens).toBe(16);
  });

  test("has its turns as items: calls, results, images and a failed tool", () => {
    const decoded = anthropic.decodeRequest({
      model: "m",
      max_tokens: 99,
      system: [
        { type: "text", text: "Be" },
        { type: "text", text: "brief" },
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AA" } },
            { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AA" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "ok" },
            { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", is_error: true, content: "boom" },
            { type: "text", text: "go on" },
          ],
        },
      ],
      thinking: { type: "enabled", budget_tokens: 4000 },
    });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { body } = openaiResponses.encodeRequest(decoded.value, TARGET);
    expect(overTheWire(body)).toEqual({
      model: "gpt-5.6",
      instructions: "Be\n\nbrief",
      input: [
        {
          role: "user",
          content: [
            { type: "input_image", image_url: "data:image/png;base64,AA" },
            { type: "input_file", filename: "file", file_data: "data:application/pdf;base64,AA" },
          ],
        },
        { type: "message", role: "assistant", content: "ok" },
        { type: "function_call", call_id: "t1", name: "f", arguments: '{"a":1}' },
        { type: "function_call_output", call_id: "t1", output: "Error: boom" },
        { role: "user", content: [{ type: "input_text", text: "go on" }] },
      ],
      max_output_tokens: 99,
      reasoning: { effort: "medium" },
      include: ["reasoning.encrypted_content"],
      store: false,
    });
  });
});

describe("fact 7: what a request leaves out", () => {
  test("a request without a model gets the default one", () => {
    expect(requestOf({}).model).toBe("auto");
    expect(requestOf({ model: null, input: "x" })).toMatchObject({ model: "auto", stream: false });
  });

  test("a request without a limit goes to Anthropic with the model's own", () => {
    expect(sentTo(anthropic, { input: "write 20,000 words" }).sent.max_tokens).toBe(32_000);
  });
});

describe("a malformed request", () => {
  const CASES: readonly (readonly [string, JsonObject])[] = [
    ["model", { model: 3 }],
    ["input", { input: 3 }],
    ["input[0]", { input: ["x"] }],
    ["input[0].role", { input: [{ role: "critic", content: "x" }] }],
    ["input[0].content", { input: [{ role: "user" }] }],
    [
      "input[0].content[1].text",
      { input: [{ role: "user", content: [{ type: "input_text", text: "a" }, { type: "input_text" }] }] },
    ],
    ["input[0].content[0].type", { input: [{ role: "user", content: [{}] }] }],
    ["input[0].content[0]", { input: [{ role: "user", content: ["x"] }] }],
    ["input[0].content[0].image_url", { input: [{ role: "user", content: [{ type: "input_image" }] }] }],
    ["input[0].content[0].refusal", { input: [{ role: "assistant", content: [{ type: "refusal" }] }] }],
    ["input[0].call_id", { input: [{ type: "function_call", name: "f", arguments: "{}" }] }],
    ["input[0].name", { input: [{ type: "function_call", call_id: "c", arguments: "{}" }] }],
    ["input[0].arguments", { input: [{ type: "function_call", call_id: "c", name: "f", arguments: {} }] }],
    ["input[0].input", { input: [{ type: "custom_tool_call", call_id: "c", name: "f" }] }],
    ["input[0].call_id", { input: [{ type: "function_call_output", output: "x" }] }],
    ["input[0].output", { input: [{ type: "function_call_output", call_id: "c" }] }],
    ["tools", { tools: {} }],
    ["tools[0]", { tools: ["x"] }],
    ["tools[0].name", { tools: [{ type: "function" }] }],
    ["tools[0].name", { tools: [{ type: "custom" }] }],
    ["tools[0].parameters", { tools: [{ type: "function", name: "f", parameters: "x" }] }],
    ["temperature", { temperature: "hot" }],
    ["stream", { stream: "yes" }],
    ["max_output_tokens", { max_output_tokens: "9" }],
    ["text", { text: "json" }],
    ["reasoning", { reasoning: "high" }],
  ];

  test.each(CASES)("is refused with the name of the parameter: %s", (param, body) => {
    const decoded = openaiResponses.decodeRequest({ model: "m", ...body });
    if (decoded.ok) throw new Error("it was accepted");
    expect(decoded.error).toMatchObject({ status: 400, param, code: "invalid_parameter", shouldRetry: false });
    expect(decoded.error.message).toStartWith(param);
  });
});

describe("a stored response before a request", () => {
  const stored: readonly JsonValue[] = [
    { role: "user", content: "one" },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      content: [{ type: "output_text", text: "two", annotations: [] }],
    },
  ];

  test("its items come first, and its id goes", () => {
    const body = { model: "m", previous_response_id: "resp_1", input: "three", store: true };
    expect(withPreviousItems(body, stored)).toEqual({
      model: "m",
      store: true,
      input: [...stored, { type: "message", role: "user", content: "three" }],
    });
    expect(body.previous_response_id).toBe("resp_1");
  });

  test("a list is continued, an absent input adds nothing", () => {
    expect(withPreviousItems({ input: [{ role: "user", content: "x" }] }, stored).input).toEqual([
      ...stored,
      { role: "user", content: "x" },
    ]);
    expect(withPreviousItems({}, stored).input).toEqual([...stored]);
  });
});
