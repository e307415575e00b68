import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ChatRequest, Message, Warning } from "../../../src/core/request.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { EncodeTarget } from "../../../src/dialects/dialect.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { objectAt, overTheWire } from "../codec.ts";
import { at, client, decoded, TARGET } from "./kit.ts";

const OLDER: EncodeTarget = { provider: "google", model: "gemini-2.5-flash" };
const OLDER_PRO: EncodeTarget = { provider: "google", model: "gemini-2.5-pro" };
const OLDEST: EncodeTarget = { provider: "google", model: "gemini-2.0-flash" };
const NEW_FLASH: EncodeTarget = { provider: "google", model: "gemini-3-flash-preview" };

const HI: Message = { role: "user", parts: [{ type: "text", text: "hi" }] };

function request(more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: "best", messages: [HI], stream: false, ...more };
}

function bodyOf(more: Partial<ChatRequest>, target: EncodeTarget = TARGET): JsonObject {
  return objectAt(overTheWire(gemini.encodeRequest(request(more), target).body));
}

function warningsOf(more: Partial<ChatRequest>, target: EncodeTarget = TARGET): readonly Warning[] {
  return gemini.encodeRequest(request(more), target).warnings;
}

function fromChat(body: JsonObject): ChatRequest {
  const read = openaiChat.decodeRequest({ model: "best", ...body });
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function fromAnthropic(body: JsonObject): ChatRequest {
  const read = anthropic.decodeRequest({ model: "best", max_tokens: 9, ...body });
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const CHAT_ROUND: JsonObject = {
  messages: [
    { role: "system", content: "be brief" },
    { role: "developer", content: "and kind" },
    { role: "user", content: [{ type: "text", text: "weather?" }] },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Bern"}' } },
        { id: "call_2", type: "function", function: { name: "time", arguments: "" } },
      ],
    },
    { role: "tool", tool_call_id: "call_2", content: "noon" },
    { role: "tool", tool_call_id: "call_1", content: '{"celsius":3}' },
    { role: "user", content: "and now?" },
  ],
};

describe("a conversation of another dialect", () => {
  test("corner case 2: goes out with its instructions on top and the results of a round in one content, in the order of the calls", () => {
    expect(bodyOf(fromChat(CHAT_ROUND))).toEqual({
      systemInstruction: { parts: [{ text: "be brief" }, { text: "and kind" }] },
      contents: [
        { role: "user", parts: [{ text: "weather?" }] },
        {
          role: "model",
          parts: [
            {
              functionCall: { id: "call_1", name: "weather", args: { city: "Bern" } },
              thoughtSignature: "skip_thought_signature_validator",
            },
            { functionCall: { id: "call_2", name: "time", args: {} } },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { id: "call_1", name: "weather", response: { celsius: 3 } } },
            { functionResponse: { id: "call_2", name: "time", response: { output: "noon" } } },
            { text: "and now?" },
          ],
        },
      ],
    });
  });

  test("needs no signature before Gemini 3", () => {
    expect(JSON.stringify(bodyOf(fromChat(CHAT_ROUND), OLDER))).not.toContain("thoughtSignature");
  });

  test("of Anthropic keeps failed results, images in results, and loses only foreign thinking", () => {
    const image = { type: "base64", media_type: "image/png", data: "AAAA" };
    const asked = fromAnthropic({
      system: "be brief",
      messages: [
        { role: "user", content: "look" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "sig" },
            { type: "tool_use", id: "toolu_1", name: "shot", input: {} },
            { type: "tool_use", id: "toolu_2", name: "run", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "image", source: image }] },
            { type: "tool_result", tool_use_id: "toolu_2", is_error: true, content: "boom" },
            { type: "text", text: "go on" },
          ],
        },
      ],
    });
    const inlineData = { mimeType: "image/png", data: "AAAA" };
    const failed = { functionResponse: { id: "toolu_2", name: "run", response: { error: "boom" } } };
    const shot = { id: "toolu_1", name: "shot", response: { output: "" } };
    expect(at(bodyOf(asked), "contents", 2, "parts")).toEqual([
      { functionResponse: { ...shot, parts: [{ inlineData }] } },
      failed,
      { text: "go on" },
    ]);
    expect(at(bodyOf(asked, OLDER), "contents", 2, "parts")).toEqual([
      { functionResponse: shot },
      failed,
      { inlineData },
      { text: "go on" },
    ]);
    expect(warningsOf(asked)).toEqual([
      { field: "messages[2].content[0]", action: "dropped", reason: "thinking of another provider" },
    ]);
  });

  test("writes images, files and audio by their bytes, and by URL with the media type its ending tells", () => {
    const parts = at(
      bodyOf({
        messages: [
          {
            role: "user",
            parts: [
              { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
              { type: "image", source: { kind: "url", url: "https://x.example/a.JPG?b=1" } },
              { type: "file", name: "a.pdf", source: { kind: "base64", mediaType: "application/pdf", data: "BBBB" } },
              { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "CCCC" } },
              { type: "file", source: { kind: "file-id", id: "file_1" } },
            ],
          },
        ],
      }),
      "contents",
      0,
      "parts",
    );
    expect(parts).toEqual([
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
      { fileData: { mimeType: "image/jpeg", fileUri: "https://x.example/a.JPG?b=1" } },
      { inlineData: { mimeType: "application/pdf", data: "BBBB" } },
      { inlineData: { mimeType: "audio/wav", data: "CCCC" } },
    ]);
  });

  test("sends late instructions as user text, leaves empty turns out, and never goes out empty", () => {
    const late: Message = { role: "system", parts: [{ type: "text", text: "now French" }] };
    const empty: Message = { role: "assistant", parts: [{ type: "text", text: "" }] };
    expect(bodyOf({ messages: [HI, empty, late] })).toEqual({
      contents: [{ role: "user", parts: [{ text: "hi" }, { text: "now French" }] }],
    });
    expect(warningsOf({ messages: [HI, empty, late] }).map(({ action }) => action)).toEqual(["dropped", "changed"]);
    expect(bodyOf({ messages: [late] })).toEqual({
      systemInstruction: { parts: [{ text: "now French" }] },
      contents: [{ role: "user", parts: [{ text: "." }] }],
    });
  });

  test("drops what only another dialect knows, each with a warning", () => {
    const other = { dialect: "anthropic", fields: { cache_control: { type: "ephemeral" } } } as const;
    const warnings = warningsOf({
      messages: [{ role: "user", parts: [{ type: "text", text: "x", extra: other }] }],
      tools: [{ type: "opaque", dialect: "anthropic", json: { type: "bash_20250124" } }],
      toolChoice: { type: "opaque", dialect: "openai-chat", json: { type: "allowed_tools" } },
      parallelToolCalls: false,
      user: "u",
      extra: { dialect: "openai-chat", fields: { logit_bias: {} } },
    });
    expect(warnings.map(({ field }) => field)).toEqual([
      "parallel_tool_calls",
      "user",
      "logit_bias",
      "messages[0].content[0].cache_control",
      "tools[0]",
    ]);
  });
});

describe("corner case 1: tool ids", () => {
  const ROUND = {
    contents: [
      { role: "user", parts: [{ text: "go" }] },
      {
        role: "model",
        parts: [
          { functionCall: { name: "read", args: { id: 1 } } },
          { functionCall: { name: "read", args: { id: 2 } } },
          { functionCall: { name: "list", args: {} } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "list", response: { output: "l" } } },
          { functionResponse: { name: "read", response: { output: "1" } } },
          { functionResponse: { name: "read", response: { output: "2" } } },
        ],
      },
    ],
  };

  test("are minted for calls without one and found again by name and order, the same in every later request", () => {
    const { messages } = decoded(ROUND);
    const calls = messages[1]?.parts.map((part) => (part.type === "tool-call" ? part.id : ""));
    expect(calls).toEqual(["gemini_call_1_0", "gemini_call_1_1", "gemini_call_1_2"]);
    const results = messages.slice(2).flatMap(({ parts }) => parts);
    expect(results.map((part) => (part.type === "tool-result" ? part.toolCallId : ""))).toEqual([
      "gemini_call_1_2",
      "gemini_call_1_0",
      "gemini_call_1_1",
    ]);
    const longer = { contents: [...ROUND.contents, { role: "model", parts: [{ text: "done" }] }] };
    expect(decoded(longer).messages.slice(0, 5)).toEqual(messages.slice(0, 5));
  });

  test("reach Anthropic and chat as ids they accept, with call and result still together", () => {
    const target = { provider: "anthropic", model: "claude-sonnet-4-6", maxOutputTokens: 100 };
    const { body, warnings } = anthropic.encodeRequest(decoded(ROUND), target);
    const used = at(body, "messages", 1, "content") as readonly JsonObject[];
    const answered = at(body, "messages", 2, "content") as readonly JsonObject[];
    expect(used.map(({ id }) => id)).toEqual(["gemini_call_1_0", "gemini_call_1_1", "gemini_call_1_2"]);
    expect(answered.map(({ tool_use_id: id, content }) => [id, content])).toEqual([
      ["gemini_call_1_2", "l"],
      ["gemini_call_1_0", "1"],
      ["gemini_call_1_1", "2"],
    ]);
    expect(warnings).toEqual([]);
    const chat = openaiChat.encodeRequest(decoded(ROUND), { provider: "openai", model: "gpt-5" });
    expect((chat.body.messages as readonly JsonObject[]).slice(2).map((message) => message.tool_call_id)).toEqual([
      "gemini_call_1_2",
      "gemini_call_1_0",
      "gemini_call_1_1",
    ]);
  });

  test("that a client sends are kept, and a result without any call still has one", () => {
    const { messages } = decoded({
      contents: [
        { role: "model", parts: [{ functionCall: { id: "a", name: "f", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { id: "a", name: "f", response: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "g", response: {} } }] },
      ],
    });
    const ids = messages.flatMap(({ parts }) =>
      parts.map((part) => (part.type === "tool-result" ? part.toolCallId : "")),
    );
    expect(ids.slice(1)).toEqual(["a", "gemini_call_result_2_0"]);
  });
});

describe("fact 6: a thought signature", () => {
  const SIGNED = {
    contents: [
      { role: "user", parts: [{ text: "go" }] },
      {
        role: "model",
        parts: [
          { functionCall: { name: "f", args: {} }, thoughtSignature: "c2lnbmF0dXJl" },
          { functionCall: { name: "g", args: {} } },
        ],
      },
      { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "x" } } }] },
    ],
  };

  test("returns on the very part it came on", () => {
    expect(overTheWire(gemini.encodeRequest(decoded(SIGNED), TARGET).body)).toEqual(SIGNED);
  });

  test("survives a chat client, which keeps it beside the call", () => {
    const call = {
      id: "gemini_call_r1_0",
      type: "function",
      function: { name: "f", arguments: "{}" },
      extra_content: { google: { thought_signature: "c2lnbmF0dXJl" } },
    };
    const messages = [
      { role: "user", content: "go" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: call.id, content: "x" },
    ];
    expect(at(bodyOf(fromChat({ messages })), "contents", 1, "parts", 0)).toEqual({
      functionCall: { name: "f", args: {} },
      thoughtSignature: "c2lnbmF0dXJl",
    });
  });

  test("that is no base64 never goes out: Google would refuse the whole request", () => {
    const messages: readonly Message[] = [
      HI,
      {
        role: "assistant",
        parts: [{ type: "tool-call", id: "a", name: "f", arguments: "{}", signature: "not base64" }],
      },
    ];
    expect(at(bodyOf({ messages }), "contents", 1, "parts", 0, "thoughtSignature")).toBe(
      "skip_thought_signature_validator",
    );
    expect(warningsOf({ messages })).toEqual([
      {
        field: "messages[1].content[0].signature",
        action: "dropped",
        reason: "no base64, which a thought signature must be",
      },
    ]);
  });
});

describe("the parameters of another dialect", () => {
  test("become generationConfig, and a format in the notation that says it", () => {
    const known = {
      temperature: 0.5,
      topP: 0.9,
      topK: 5,
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: -1,
      maxOutputTokens: 50,
      choiceCount: 2,
      stop: ["a"],
    };
    const { choiceCount: candidateCount, stop: stopSequences, ...same } = known;
    expect(bodyOf(known).generationConfig).toEqual({ ...same, candidateCount, stopSequences });
    const plain = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    const strict = { ...plain, additionalProperties: false };
    const formats: readonly (readonly [ChatRequest["responseFormat"], JsonObject])[] = [
      [{ type: "text" }, { responseMimeType: "text/plain" }],
      [{ type: "json" }, { responseMimeType: "application/json" }],
      [
        { type: "json-schema", schema: plain },
        {
          responseMimeType: "application/json",
          responseSchema: { type: "OBJECT", properties: { a: { type: "STRING" } }, required: ["a"] },
        },
      ],
      [
        { type: "json-schema", schema: strict },
        { responseMimeType: "application/json", responseJsonSchema: strict },
      ],
    ];
    for (const [responseFormat, written] of formats) {
      expect(bodyOf(responseFormat === undefined ? {} : { responseFormat }).generationConfig).toEqual(written);
    }
  });

  test("are clamped to what Gemini takes, each with a warning", () => {
    const many = { temperature: 3, stop: ["", "a", "b", "c", "d", "e", "f"], maxOutputTokens: 900 };
    const target = { ...TARGET, maxOutputTokens: 100 };
    expect(bodyOf(many, target).generationConfig).toEqual({
      temperature: 2,
      stopSequences: ["a", "b", "c", "d", "e"],
      maxOutputTokens: 100,
    });
    expect(warningsOf(many, target).map(({ field }) => field)).toEqual(["temperature", "max_tokens", "stop"]);
    expect(bodyOf({ stop: [""] })).toEqual({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
  });

  const THINKING: readonly (readonly [ChatRequest["reasoning"], EncodeTarget, unknown, number])[] = [
    [{ effort: "high" }, TARGET, { thinkingLevel: "HIGH", includeThoughts: true }, 0],
    [{ effort: "max" }, TARGET, { thinkingLevel: "HIGH", includeThoughts: true }, 1],
    [{ effort: "none" }, TARGET, { thinkingLevel: "LOW" }, 1],
    [{ effort: "none" }, NEW_FLASH, { thinkingLevel: "MINIMAL" }, 1],
    [{ effort: "minimal" }, NEW_FLASH, { thinkingLevel: "MINIMAL", includeThoughts: true }, 0],
    [{ budgetTokens: 4000 }, TARGET, { thinkingLevel: "MEDIUM", includeThoughts: true }, 0],
    [{ budgetTokens: 500 }, TARGET, { thinkingLevel: "LOW", includeThoughts: true }, 0],
    [{ budgetTokens: 30_000 }, TARGET, { thinkingLevel: "HIGH", includeThoughts: true }, 0],
    [{ shape: "adaptive" }, TARGET, { includeThoughts: true }, 0],
    [{ effort: "low" }, OLDER, { thinkingBudget: 1024, includeThoughts: true }, 0],
    [{ budgetTokens: 60_000 }, OLDER, { thinkingBudget: 24_576, includeThoughts: true }, 1],
    [{ effort: "none" }, OLDER, { thinkingBudget: 0 }, 0],
    [{ effort: "none" }, OLDER_PRO, { thinkingBudget: 128 }, 1],
    [{ effort: "high" }, OLDEST, undefined, 1],
    [{ effort: "none" }, OLDEST, undefined, 0],
  ];

  test.each(THINKING)("think %o at %o as %o", (reasoning, target, written, warnings) => {
    const more = reasoning === undefined ? {} : { reasoning };
    expect(at(bodyOf(more, target), "generationConfig", "thinkingConfig")).toEqual(written);
    expect(warningsOf(more, target)).toHaveLength(warnings);
  });

  const CHOICES: readonly (readonly [ChatRequest["toolChoice"], unknown])[] = [
    [{ type: "auto" }, { mode: "AUTO" }],
    [{ type: "none" }, { mode: "NONE" }],
    [{ type: "required" }, { mode: "ANY" }],
    [
      { type: "tool", name: "f" },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
    [{ type: "opaque", dialect: "anthropic", json: {} }, undefined],
  ];

  test.each(CHOICES)("choose tools by %o as %o, and nothing without tools", (toolChoice, functionCallingConfig) => {
    if (toolChoice === undefined) throw new Error("no choice");
    const tools = [{ type: "function", name: "f" }] as const;
    expect(at(bodyOf({ tools, toolChoice }), "toolConfig", "functionCallingConfig")).toEqual(functionCallingConfig);
    expect(bodyOf({ toolChoice }).toolConfig).toBeUndefined();
  });

  test("declare functions by the OpenAPI subset, by JSON schema where that says more, and without a schema where there is none", () => {
    const rich = { type: "object", properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: { type: "string" } } };
    const written = bodyOf({
      tools: [
        {
          type: "function",
          name: "plain",
          description: "d",
          inputSchema: { type: "object", properties: { a: { type: "integer" } } },
        },
        { type: "function", name: "rich", inputSchema: rich },
        { type: "function", name: "empty", inputSchema: { type: "object", properties: {} } },
        { type: "function", name: "none" },
      ],
    });
    expect(written.tools).toEqual([
      {
        functionDeclarations: [
          { name: "plain", description: "d", parameters: { type: "OBJECT", properties: { a: { type: "INTEGER" } } } },
          { name: "rich", parametersJsonSchema: rich },
          { name: "empty" },
          { name: "none" },
        ],
      },
    ]);
  });
});

describe("a request of the official Google client", () => {
  async function sentBySdk(config: object, contents: unknown = "hi"): Promise<{ path: string; body: JsonObject }> {
    const seen: Request[] = [];
    const reply = { candidates: [{ content: { parts: [{ text: "x" }] }, finishReason: "STOP" }] };
    await client(() => Response.json(reply), seen).models.generateContent({
      model: "gemini-2.5-flash",
      contents: contents as string,
      config,
    });
    const [request] = seen;
    if (request === undefined) throw new Error("nothing was sent");
    return { path: new URL(request.url).pathname, body: objectAt(await request.json()) };
  }

  test("fact 1: goes to the path with the model in it, and is read with all it says", async () => {
    const { path, body } = await sentBySdk({
      systemInstruction: "be brief",
      temperature: 0.1,
      thinkingConfig: { thinkingBudget: 0 },
      responseMimeType: "application/json",
      responseSchema: { type: "OBJECT", properties: { a: { type: "INTEGER", nullable: true } } },
      tools: [
        {
          functionDeclarations: [{ name: "f", parameters: { type: "OBJECT", properties: { b: { type: "STRING" } } } }],
        },
        { googleSearch: {} },
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
    });
    expect(path).toMatch(/^\/v1(?:beta)?\/models\/gemini-2\.5-flash:generateContent$/);
    expect(decoded(body)).toMatchObject({
      messages: [
        { role: "system", placement: "top", parts: [{ type: "text", text: "be brief" }] },
        { role: "user", parts: [{ type: "text", text: "hi" }] },
      ],
      temperature: 0.1,
      reasoning: { effort: "none" },
      responseFormat: { schema: { type: "object", properties: { a: { type: ["integer", "null"] } } } },
      tools: [
        { name: "f", inputSchema: { type: "object", properties: { b: { type: "string" } } } },
        { type: "opaque", json: { googleSearch: {} } },
      ],
      toolChoice: { type: "tool", name: "f" },
      extra: { fields: { safetySettings: [{ threshold: "BLOCK_NONE" }] } },
    });
    expect(overTheWire(gemini.encodeRequest(decoded(body), TARGET).body)).toEqual(body);
  });

  test("reaches a chat model with its tools, images and format, and says what it loses", async () => {
    const { body } = await sentBySdk(
      {
        maxOutputTokens: 10,
        tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }],
        labels: undefined,
        safetySettings: [],
      },
      [{ role: "user", parts: [{ text: "look" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] }],
    );
    const { body: chat, warnings } = openaiChat.encodeRequest(decoded(body), { provider: "openai", model: "gpt-5" });
    expect(overTheWire(chat)).toMatchObject({
      model: "gpt-5",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
      ],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      max_tokens: 10,
    });
    expect(warnings.map(({ field }) => field)).toEqual(["safetySettings"]);
  });
});
