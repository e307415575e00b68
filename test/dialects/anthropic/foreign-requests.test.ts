import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ChatRequest, Message, Part } from "../../../src/core/request.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { EncodeTarget } from "../../../src/dialects/dialect.ts";

const OPUS_5: EncodeTarget = { provider: "anthropic", model: "claude-opus-5", maxOutputTokens: 64_000 };
const HAIKU_4_5: EncodeTarget = { provider: "anthropic", model: "claude-haiku-4-5", maxOutputTokens: 64_000 };
const OPUS_4_5: EncodeTarget = { provider: "anthropic", model: "claude-opus-4-5-20251101", maxOutputTokens: 64_000 };
const SONNET_3_7: EncodeTarget = {
  provider: "anthropic",
  model: "claude-3-7-sonnet-20250219",
  maxOutputTokens: 64_000,
};
const MINIMAX: EncodeTarget = { provider: "minimax", model: "MiniMax-M3", maxOutputTokens: 64_000 };

function say(role: Message["role"], ...parts: readonly (string | Part)[]): Message {
  return { role, parts: parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : part)) };
}

function encode(request: Partial<ChatRequest>, target: EncodeTarget = HAIKU_4_5) {
  const whole: ChatRequest = { model: "m", messages: [say("user", "hi")], stream: false, ...request };
  const { body, warnings } = anthropic.encodeRequest(whole, target);
  return { body, warnings: warnings.map(({ field, action }) => `${field} ${action}`) };
}

const CALL: Part = { type: "tool-call", id: "call_1", name: "look", arguments: '{"at":"sky"}' };
const RESULT: Part = { type: "tool-result", toolCallId: "call_1", content: [{ type: "text", text: "blue" }] };

describe("the conversation of another dialect", () => {
  const cases: readonly {
    readonly name: string;
    readonly messages: readonly Message[];
    readonly target?: EncodeTarget;
    readonly system?: unknown;
    readonly expected: unknown;
    readonly warnings?: readonly string[];
  }[] = [
    {
      name: "puts several system and developer messages at its head into system, in order",
      messages: [say("system", "one"), say("developer", "two"), say("user", "hi")],
      system: [
        { type: "text", text: "one" },
        { type: "text", text: "two" },
      ],
      expected: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    },
    {
      name: "keeps a later system message at its place where the model takes one",
      messages: [say("user", "hi"), say("system", "be brief"), say("assistant", "ok"), say("user", "go")],
      target: OPUS_5,
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        { role: "system", content: [{ type: "text", text: "be brief" }] },
        { role: "assistant", content: [{ type: "text", text: "ok" }] },
        { role: "user", content: [{ type: "text", text: "go" }] },
      ],
    },
    {
      name: "says a later system message as user text where the model takes none",
      messages: [say("user", "hi"), say("system", "be brief")],
      expected: [
        {
          role: "user",
          content: [
            { type: "text", text: "hi" },
            { type: "text", text: "be brief" },
          ],
        },
      ],
      warnings: ["messages[1].role changed"],
    },
    {
      name: "gathers the results of parallel calls in one user turn, before the text that follows them",
      messages: [
        say("user", "hi"),
        say("assistant", CALL, { ...CALL, id: "call_2" }),
        say("tool", RESULT),
        say("tool", { ...RESULT, toolCallId: "call_2", isError: true }),
        say("user", "so?"),
      ],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "call_1", name: "look", input: { at: "sky" } },
            { type: "tool_use", id: "call_2", name: "look", input: { at: "sky" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", content: [{ type: "text", text: "blue" }] },
            { type: "tool_result", tool_use_id: "call_2", content: [{ type: "text", text: "blue" }], is_error: true },
            { type: "text", text: "so?" },
          ],
        },
      ],
    },
    {
      name: "moves a result before text that stood in front of it in the same turn",
      messages: [say("user", "hi"), say("assistant", CALL), say("user", "look:", RESULT)],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "look", input: { at: "sky" } }] },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", content: [{ type: "text", text: "blue" }] },
            { type: "text", text: "look:" },
          ],
        },
      ],
    },
    {
      name: "merges turns of one role in a row",
      messages: [say("user", "a"), say("user", "b"), say("assistant", "c"), say("assistant", "d")],
      expected: [
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "c" },
            { type: "text", text: "d" },
          ],
        },
      ],
    },
    {
      name: "leaves out blank text and empty turns",
      messages: [say("user", "hi", "  "), say("assistant", ""), say("user", "still there?")],
      expected: [
        {
          role: "user",
          content: [
            { type: "text", text: "hi" },
            { type: "text", text: "still there?" },
          ],
        },
      ],
      warnings: ["messages[1] dropped"],
    },
    {
      name: "stands in a full stop where there is no user turn",
      messages: [say("system", "be kind")],
      system: [{ type: "text", text: "be kind" }],
      expected: [{ role: "user", content: "." }],
      warnings: ["messages changed"],
    },
    {
      name: "trims the end of an assistant prefill, which Anthropic refuses otherwise",
      messages: [say("user", "hi"), say("assistant", "The answer is ")],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        { role: "assistant", content: [{ type: "text", text: "The answer is" }] },
      ],
      warnings: ["messages changed"],
    },
    {
      name: "drops thinking that Anthropic did not sign, and keeps what it signed",
      messages: [
        say("user", "hi"),
        say(
          "assistant",
          { type: "reasoning", text: "unsigned" },
          { type: "reasoning", text: "mine", signature: "sig" },
          { type: "reasoning", text: "", encrypted: "xyz" },
          {
            type: "reasoning",
            text: "",
            encrypted: "gpt",
            extra: { dialect: "openai-responses", fields: { id: "rs_1" } },
          },
          "so",
        ),
        say("user", "go"),
      ],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "mine", signature: "sig" },
            { type: "redacted_thinking", data: "xyz" },
            { type: "text", text: "so" },
          ],
        },
        { role: "user", content: [{ type: "text", text: "go" }] },
      ],
      warnings: ["messages[1].content[0] dropped", "messages[1].content[3] dropped"],
    },
    {
      name: "keeps arguments that are no JSON object as text, and takes none for an empty object",
      messages: [
        say("user", "hi"),
        say("assistant", { ...CALL, arguments: "{broken" }, { ...CALL, id: "b", arguments: "" }),
        say("user", "go"),
      ],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "call_1", name: "look", input: { input: "{broken" } },
            { type: "tool_use", id: "b", name: "look", input: {} },
          ],
        },
        { role: "user", content: [{ type: "text", text: "go" }] },
      ],
      warnings: ["messages[1].content[0].arguments changed"],
    },
    {
      name: "drops audio and the parts of other dialects, and speaks a refusal as text",
      messages: [
        say("user", { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "AA" } }, "hi"),
        say("assistant", { type: "refusal", text: "no" }),
        say("user", { type: "opaque", dialect: "gemini", json: {} }, "please"),
      ],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        { role: "assistant", content: [{ type: "text", text: "no" }] },
        { role: "user", content: [{ type: "text", text: "please" }] },
      ],
      warnings: ["messages[0].content[0] dropped", "messages[2].content[0] dropped"],
    },
    {
      name: "reports fields that only another dialect knows, and a signature of another provider",
      messages: [
        { ...say("user", "hi"), extra: { dialect: "openai-chat", fields: { name: "ann" } } },
        say("assistant", { ...CALL, signature: "gemini" }),
      ],
      expected: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "look", input: { at: "sky" } }] },
      ],
      warnings: ["messages[0].name dropped", "messages[1].content[0].signature dropped"],
    },
    {
      name: "writes images, PDFs and text files as sources, also inside a tool's result",
      messages: [
        say("user", { type: "image", source: { kind: "url", url: "https://x.test/a.png" } }),
        say("assistant", CALL),
        say("tool", {
          ...RESULT,
          content: [
            { type: "text", text: " " },
            { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AA==" } },
            { type: "file", name: "a.csv", source: { kind: "base64", mediaType: "text/csv", data: btoa("a,b") } },
            { type: "file", source: { kind: "base64", mediaType: "application/pdf", data: "AA==" } },
          ],
        } as Part),
      ],
      expected: [
        { role: "user", content: [{ type: "image", source: { type: "url", url: "https://x.test/a.png" } }] },
        { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "look", input: { at: "sky" } }] },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "call_1",
              content: [
                { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
                { type: "document", source: { type: "text", media_type: "text/plain", data: "a,b" }, title: "a.csv" },
                { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AA==" } },
              ],
            },
          ],
        },
      ],
    },
  ];

  for (const { name, messages, target, system, expected, warnings } of cases) {
    test(name, () => {
      const encoded = encode({ messages }, target);
      expect(encoded.body.messages).toEqual(expected as JsonObject[]);
      expect(encoded.body.system).toEqual(system as never);
      expect(encoded.warnings).toEqual([...(warnings ?? [])]);
    });
  }

  test("sends a text file as it is where its base64 is broken or no UTF-8", () => {
    for (const data of ["%%%", btoa("\xff")]) {
      const file: Part = { type: "file", source: { kind: "base64", mediaType: "text/csv", data } };
      const [turn] = encode({ messages: [say("user", file)] }).body.messages as { content: JsonObject[] }[];
      expect(turn?.content).toEqual([{ type: "document", source: { type: "base64", media_type: "text/csv", data } }]);
    }
  });

  test("maps ids with forbidden characters alike in the call and its result, and keeps two apart", () => {
    const ids = ["call:1", "call.1", "", "ü"];
    const messages = [
      say("assistant", ...ids.map((id) => ({ ...CALL, id }) as Part)),
      ...ids.map((toolCallId) => say("tool", { ...RESULT, toolCallId } as Part)),
    ];
    const [turn, answer] = encode({ messages }).body.messages as { content: JsonObject[] }[];
    const called = turn?.content.map(({ id }) => String(id)) ?? [];
    expect(answer?.content.map(({ tool_use_id }) => String(tool_use_id))).toEqual(called);
    expect(new Set(called).size).toBe(ids.length);
    for (const id of called) expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
  });
});

describe("the parameters of another dialect", () => {
  const budget = (tokens: number) => ({ thinking: { type: "enabled", budget_tokens: tokens } });
  const cases: readonly {
    readonly name: string;
    readonly request: Partial<ChatRequest>;
    readonly target?: EncodeTarget;
    readonly body: JsonObject;
    readonly without?: readonly string[];
    readonly warnings?: readonly string[];
  }[] = [
    {
      name: "take the model's own output limit where the client names none",
      request: {},
      body: { max_tokens: 64_000 },
    },
    {
      name: "say so when no limit is known at all",
      request: {},
      target: { provider: "lab", model: "qwen" },
      body: { max_tokens: 4096 },
      warnings: ["max_tokens changed"],
    },
    {
      name: "clamp a limit above the model's",
      request: { maxOutputTokens: 128_000 },
      body: { max_tokens: 64_000 },
      warnings: ["max_tokens changed"],
    },
    {
      name: "clamp a temperature above 1",
      request: { temperature: 1.7 },
      body: { temperature: 1 },
      warnings: ["temperature changed"],
    },
    {
      name: "drop top_p beside temperature on models that refuse both",
      request: { temperature: 0.5, topP: 0.9 },
      body: { temperature: 0.5 },
      without: ["top_p"],
      warnings: ["top_p dropped"],
    },
    {
      name: "keep both where the model takes them",
      request: { temperature: 0.5, topP: 0.9, topK: 7 },
      target: SONNET_3_7,
      body: { temperature: 0.5, top_p: 0.9, top_k: 7 },
    },
    {
      name: "drop sampling on models that have none",
      request: { temperature: 0.5, topP: 0.9, topK: 7 },
      target: OPUS_5,
      body: {},
      without: ["temperature", "top_p", "top_k"],
      warnings: ["temperature dropped", "top_p dropped", "top_k dropped"],
    },
    {
      name: "drop what Anthropic has no field for",
      request: { choiceCount: 3, seed: 7, presencePenalty: 1, frequencyPenalty: 1 },
      body: {},
      warnings: ["n dropped", "seed dropped", "presence_penalty dropped", "frequency_penalty dropped"],
    },
    { name: "say nothing of n = 1", request: { choiceCount: 1 }, body: {} },
    {
      name: "drop blank stop sequences and keep any number of others",
      request: { stop: ["\n\n", "a", "b", "c", "d", "e"] },
      body: { stop_sequences: ["a", "b", "c", "d", "e"] },
      warnings: ["stop dropped"],
    },
    { name: "name the user in metadata", request: { user: "ann" }, body: { metadata: { user_id: "ann" } } },
    {
      name: "turn an effort into a thinking budget before 4.6, without the sampling it forbids",
      request: { reasoning: { effort: "high" }, temperature: 0.2, topP: 0.5, topK: 3 },
      body: budget(16_384),
      without: ["temperature", "top_p", "top_k"],
      warnings: ["temperature dropped", "top_p dropped", "top_k dropped"],
    },
    {
      name: "keep the budget below the output limit",
      request: { reasoning: { effort: "high" }, maxOutputTokens: 4000 },
      body: { ...budget(3999), max_tokens: 4000 },
    },
    {
      name: "leave thinking out where the output limit has no room for it",
      request: { reasoning: { effort: "high" }, maxOutputTokens: 500 },
      body: {},
      without: ["thinking"],
      warnings: ["reasoning dropped"],
    },
    {
      name: "turn an effort into adaptive thinking from 4.6 on",
      request: { reasoning: { effort: "minimal" } },
      target: OPUS_5,
      body: { thinking: { type: "adaptive" }, output_config: { effort: "low" } },
    },
    {
      name: "lower xhigh to high where the model has no xhigh",
      request: { reasoning: { effort: "xhigh" } },
      target: { ...OPUS_5, model: "claude-opus-4-6" },
      body: { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
    },
    {
      name: "turn a budget into an effort on models without budgets",
      request: { reasoning: { budgetTokens: 6000 } },
      target: OPUS_5,
      body: { thinking: { type: "adaptive" }, output_config: { effort: "medium" } },
    },
    {
      name: "turn no effort into disabled thinking",
      request: { reasoning: { effort: "none" } },
      target: OPUS_5,
      body: { thinking: { type: "disabled" } },
    },
    {
      name: "give a host of another maker a budget",
      request: { reasoning: { effort: "low" } },
      target: MINIMAX,
      body: budget(2048),
    },
    {
      name: "give up thinking for a forced tool",
      request: {
        reasoning: { effort: "low" },
        tools: [{ type: "function", name: "f" }],
        toolChoice: { type: "required" },
      },
      body: { tools: [{ name: "f", input_schema: { type: "object", properties: {} } }], tool_choice: { type: "any" } },
      without: ["thinking"],
      warnings: ["reasoning dropped"],
    },
    {
      name: "give up a thinking budget inside a tool round that has no signed thinking",
      request: {
        reasoning: { effort: "low" },
        messages: [say("user", "hi"), say("assistant", CALL), say("tool", RESULT)],
      },
      body: {},
      without: ["thinking"],
      warnings: ["reasoning dropped"],
    },
    {
      name: "translate Anthropic's own adaptive thinking for a model that has budgets only",
      request: { reasoning: { shape: "adaptive" } },
      body: budget(8192),
      warnings: ["thinking changed"],
    },
    {
      name: "translate Anthropic's own budget for a model that has adaptive thinking only",
      request: { reasoning: { shape: "enabled", budgetTokens: 20_000 } },
      target: OPUS_5,
      body: { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
      warnings: ["thinking changed"],
    },
    {
      name: "drop an effort for a model without one",
      request: { reasoning: { shape: "absent", effort: "low" } },
      body: {},
      without: ["output_config"],
      warnings: ["output_config.effort dropped"],
    },
    {
      name: "keep an effort beside a budget on Opus 4.5",
      request: { reasoning: { shape: "enabled", budgetTokens: 2000, effort: "low" } },
      target: OPUS_4_5,
      body: { ...budget(2000), output_config: { effort: "low" } },
    },
    {
      name: "send a JSON schema natively where the model has it",
      request: { responseFormat: { type: "json-schema", name: "out", strict: true, schema: { type: "object" } } },
      body: { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
    },
    {
      name: "ask for a JSON schema in the system prompt elsewhere",
      request: { responseFormat: { type: "json-schema", schema: { type: "object" } } },
      target: MINIMAX,
      body: {
        system: [
          {
            type: "text",
            text: 'Answer with one valid JSON object and nothing else: no prose and no code fence around it. It must match this JSON schema:\n{"type":"object"}',
          },
        ],
      },
      without: ["output_config"],
      warnings: ["response_format changed"],
    },
    {
      name: "ask for JSON without a schema in the system prompt, behind the client's own",
      request: {
        messages: [{ ...say("system", "be kind"), placement: "top", shape: "string" }, say("user", "hi")],
        responseFormat: { type: "json" },
      },
      body: {
        system: [
          { type: "text", text: "be kind" },
          {
            type: "text",
            text: "Answer with one valid JSON object and nothing else: no prose and no code fence around it.",
          },
        ],
      },
      warnings: ["response_format changed"],
    },
    { name: "say nothing of plain text as the format", request: { responseFormat: { type: "text" } }, body: {} },
    {
      name: "forbid parallel calls through tool_choice",
      request: { tools: [{ type: "function", name: "f", inputSchema: {} }], parallelToolCalls: false },
      body: {
        tools: [{ name: "f", input_schema: { type: "object" } }],
        tool_choice: { type: "auto", disable_parallel_tool_use: true },
      },
    },
    {
      name: "name one tool",
      request: {
        tools: [{ type: "function", name: "f", description: "d", inputSchema: { type: "object" } }],
        toolChoice: { type: "tool", name: "f" },
        parallelToolCalls: true,
      },
      body: {
        tools: [{ name: "f", description: "d", input_schema: { type: "object" } }],
        tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: false },
      },
    },
    {
      name: "leave out a choice that has no tools, and tool types of other dialects",
      request: { tools: [{ type: "opaque", dialect: "openai-responses", json: {} }], toolChoice: { type: "auto" } },
      body: { tools: [] },
      without: ["tool_choice"],
      warnings: ["tools[0] dropped"],
    },
    {
      name: "drop a tool choice of another dialect",
      request: {
        tools: [{ type: "function", name: "f" }],
        toolChoice: { type: "opaque", dialect: "openai-chat", json: {} },
      },
      body: {},
      without: ["tool_choice"],
      warnings: ["tool_choice dropped"],
    },
    {
      name: "report each field of another dialect",
      request: { stream: true, extra: { dialect: "openai-chat", fields: { logit_bias: {}, logprobs: true } } },
      body: { stream: true },
      without: ["logit_bias", "logprobs"],
      warnings: ["logit_bias dropped", "logprobs dropped"],
    },
  ];

  for (const { name, request, target, body, without, warnings } of cases) {
    test(name, () => {
      const encoded = encode(request, target);
      expect(encoded.body).toMatchObject(body);
      for (const field of without ?? []) expect(encoded.body).not.toHaveProperty(field);
      expect(encoded.warnings).toEqual([...(warnings ?? [])]);
    });
  }
});
