import { describe, expect, test } from "bun:test";
import { type CacheScope, chatCacheText, embeddingCacheText } from "../../src/core/cache-key.ts";
import type { ChatRequest, EmbeddingRequest, Extra, Message } from "../../src/core/request.ts";

const SCOPE: CacheScope = {
  keyId: null,
  project: null,
  target: { provider: "cloud", account: "default", model: "m" },
  baseUrl: "http://cloud",
  endpoint: "chat",
  variant: "",
  isStrict: false,
  headers: {},
};

const USER: Message = { role: "user", parts: [{ type: "text", text: "hi" }] };
const BASE: ChatRequest = { model: "m", stream: false, temperature: 0, messages: [USER] };

function extra(fields: Extra["fields"], verbatim?: Extra["fields"]): { readonly extra: Extra } {
  return { extra: { dialect: "anthropic", fields, ...(verbatim === undefined ? {} : { verbatim }) } };
}

function isSame(more: Partial<ChatRequest>): boolean {
  return chatCacheText(SCOPE, { ...BASE, ...more }) === chatCacheText(SCOPE, BASE);
}

describe("the same answer serves a request that differs in", () => {
  const cases: readonly (readonly [title: string, more: Partial<ChatRequest>])[] = [
    ["the name the model was asked by", { model: "alias" }],
    ["being streamed", { stream: true, streamUsage: true }],
    ["its dialect", { origin: "gemini" }],
    ["how content is written", { messages: [{ ...USER, shape: "string", placement: "top" }] }],
    ["marks of what a provider keeps", { messages: [{ ...USER, ...extra({ cache_control: { type: "ephemeral" } }) }] }],
    [
      "types and ids of items",
      { messages: [{ ...USER, ...extra({}, { type: "message", id: "msg_1", status: "done" }) }] },
    ],
    [
      "labels and storing",
      { ...extra({ store: true, metadata: { a: "b" }, prompt_cache_key: "x", keep_alive: "5m" }) },
    ],
    ["tools that are an empty list", { tools: [] }],
  ];
  test.each(cases)("%s", (_, more) => {
    expect(isSame(more)).toBe(true);
  });

  test("the order of members in a tool's schema", () => {
    const tool = (inputSchema: object) =>
      chatCacheText(SCOPE, { ...BASE, tools: [{ type: "function", name: "f", inputSchema: { ...inputSchema } }] });
    expect(tool({ type: "object", title: "t" })).toBe(tool({ title: "t", type: "object" }));
  });
});

describe("no answer serves a request that differs in", () => {
  const call = { type: "tool-call", id: "c", name: "f", arguments: "{}" } as const;
  const cases: readonly (readonly [title: string, more: Partial<ChatRequest>])[] = [
    ["a word", { messages: [{ role: "user", parts: [{ type: "text", text: "hi " }] }] }],
    ["a role", { messages: [{ ...USER, role: "developer" }] }],
    ["where one message ends", { messages: [USER, USER] }],
    ["a call of a tool", { messages: [USER, { role: "assistant", parts: [call] }] }],
    ["a field that nobody knows", { ...extra({ top_secret: 1 }) }],
    ["a field that nobody knows in a message", { messages: [{ ...USER, ...extra({ citations: true }) }] }],
    ["the limit of output", { maxOutputTokens: 5 }],
    ["the temperature", { temperature: 0.1 }],
    ["the seed", { seed: 1 }],
    ["the end user", { user: "u1" }],
    ["thinking", { reasoning: { effort: "low" } }],
    ["a tool", { tools: [{ type: "function", name: "f" }] }],
    [
      "a property of a schema that has the name of something left out",
      {
        tools: [{ type: "function", name: "f", inputSchema: { properties: { shape: {}, model: {} } } }],
      },
    ],
    ["the format", { responseFormat: { type: "json" } }],
  ];
  test.each(cases)("%s", (_, more) => {
    expect(isSame(more)).toBe(false);
  });

  test("a field of another dialect with the same name", () => {
    const of = (dialect: Extra["dialect"]) =>
      chatCacheText(SCOPE, { ...BASE, extra: { dialect, fields: { thing: 1 } } });
    expect(of("gemini")).not.toBe(of("anthropic"));
  });
});

test("embeddings are the same for one string and a list of one, and not for other sizes", () => {
  const base: EmbeddingRequest = { model: "e", inputs: ["x"], isSingle: true };
  const text = (more: Partial<EmbeddingRequest>): string => embeddingCacheText(SCOPE, { ...base, ...more });
  expect(text({ isSingle: false, model: "alias" })).toBe(text({}));
  for (const more of [{ dimensions: 8 }, { encoding: "base64" }, { inputs: ["x", "x"] }, { inputs: [[1]] }] as const)
    expect(text(more)).not.toBe(text({}));
});
