import { describe, expect, test } from "bun:test";
import type { Behaviour } from "../support/fake-upstream.ts";
import { messagesReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

/** A conversation in which a model thought and called a tool, as its client sends it back. */
const SIGNED = {
  model: "duo",
  max_tokens: 50,
  messages: [
    { role: "user", content: "how late is it?" },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "I need a clock.", signature: "minted-by-the-first" },
        { type: "redacted_thinking", data: "sealed-by-the-first" },
        { type: "tool_use", id: "toolu_1", name: "clock", input: {} },
      ],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "noon" }] },
  ],
};

const BUSY: Behaviour = { kind: "json", status: 401, body: { error: { type: "authentication_error", message: "no" } } };
const ANSWER: Behaviour = { kind: "json", body: messagesReply("noon") };

function refusing(message: string): Behaviour {
  const error = { type: "invalid_request_error", message };
  return { kind: "json", status: 400, body: { type: "error", error } };
}

async function two(first: (index: number) => Behaviour, more: { readonly second?: string } = {}) {
  const home = await fake((_, index) => first(index));
  const other = await fake(() => ANSWER);
  const opened = await gateway(
    `
providers:
  first: { dialect: anthropic, baseUrl: "${home.url}/v1", models: [one], accounts: [{ key: env:FIRST_KEY }] }
  second: { dialect: ${more.second ?? "anthropic"}, baseUrl: "${other.url}/v1", models: [two], accounts: [{ key: env:SECOND_KEY }] }
chains: { duo: [first/one, second/two] }`,
    { FIRST_KEY: "first-key-0123456789", SECOND_KEY: "second-key-0123456789" },
  );
  return { home, other, opened };
}

describe("signed thinking in a conversation", () => {
  test("goes byte for byte to the provider that the model's name leads to first", async () => {
    const { home, opened } = await two(() => ANSWER);
    const response = await opened.fetch("/v1/messages", { json: SIGNED });
    expect(response.status).toBe(200);
    expect(home.calls[0]?.body).toBe(JSON.stringify(SIGNED).replace('"duo"', '"one"'));
    expect(response.headers.get("x-lodestar-params")).toBeNull();
  });

  test("does not go to another provider of the same dialect, and the client is told", async () => {
    const { home, other, opened } = await two(() => BUSY);
    const response = await opened.fetch("/v1/messages", { json: SIGNED });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-provider")).toBe("second");
    expect(home.calls[0]?.body).toContain("minted-by-the-first");
    const [sent] = other.calls;
    expect(sent?.body).not.toContain("by-the-first");
    expect(JSON.parse(sent?.body ?? "{}")).toMatchObject({
      model: "two",
      messages: [
        SIGNED.messages[0],
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "clock", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1" }] },
      ],
    });
    expect(response.headers.get("x-lodestar-params")).toContain("dropped reasoning (signed by another provider)");
  });

  test("is no other provider's either while the first one cools down", async () => {
    const { home, other, opened } = await two(() => BUSY);
    for (const calls of [1, 2]) {
      expect((await opened.fetch("/v1/messages", { json: SIGNED })).status).toBe(200);
      expect([home.calls.length, other.calls.length]).toEqual([1, calls]);
      expect(other.calls[calls - 1]?.body).not.toContain("by-the-first");
    }
  });

  test("is asked once more without, on the same account, when the first one did not mint it after all", async () => {
    const refusal = refusing("messages.1.content.0: Invalid `signature` in `thinking` block");
    const { home, other, opened } = await two((index) => (index === 0 ? refusal : ANSWER));
    const response = await opened.fetch("/v1/messages", { json: SIGNED });
    expect(response.status).toBe(200);
    expect(home.calls.map((call) => call.body.includes("by-the-first"))).toEqual([true, false]);
    expect(other.calls.length).toBe(0);
    expect(response.headers.get("x-lodestar-params")).toContain("dropped reasoning (signed by another provider)");
    expect(await opened.rows()).toMatchObject([{ attempt: 1, state: "final", provider: "first" }]);
  });

  test("is asked without only once, and never for another refusal", async () => {
    for (const [message, calls] of [
      ["Invalid `signature` in `thinking` block", 2],
      ["max_tokens: too many", 1],
    ] as const) {
      const { home, opened } = await two(() => refusing(message));
      expect((await opened.fetch("/v1/messages", { json: SIGNED })).status).toBe(400);
      expect([message, home.calls.length]).toEqual([message, calls]);
    }
  });

  test("is a refusal of the other target in strict mode, where nothing may be left out", async () => {
    const { other, opened } = await two(() => BUSY);
    const response = await opened.fetch("/v1/messages", { json: SIGNED, headers: { "x-lodestar-strict": "1" } });
    expect(response.status).toBe(400);
    expect(other.calls.length).toBe(0);
  });

  test("that is absent leaves a conversation byte for byte for every provider of its dialect", async () => {
    const { other, opened } = await two(() => BUSY);
    const plain = { ...SIGNED, messages: SIGNED.messages.slice(0, 1) };
    expect((await opened.fetch("/v1/messages", { json: plain })).status).toBe(200);
    expect(other.calls[0]?.body).toBe(JSON.stringify(plain).replace('"duo"', '"two"'));
  });
});

describe("corner case 5: a thought signature of Gemini's, which may stand on any part", () => {
  const REPLY: Behaviour = {
    kind: "json",
    body: {
      candidates: [{ content: { role: "model", parts: [{ text: "noon" }] }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
    },
  };
  const image = { inlineData: { mimeType: "image/png", data: "AAAA" }, thoughtSignature: "b25lLWltYWdl" };
  const CONTENTS = [
    { role: "user", parts: [{ text: "draw a clock" }] },
    { role: "model", parts: [{ text: "Here it is.", thoughtSignature: "b25lLXRleHQ=" }, image] },
    { role: "user", parts: [{ text: "and the time?" }] },
  ];

  async function geminis(first: (index: number) => Behaviour) {
    const home = await fake((_, index) => first(index));
    const other = await fake(() => REPLY);
    const opened = await gateway(`
providers:
  first: { dialect: gemini, baseUrl: "${home.url}/v1beta", models: [one] }
  second: { dialect: gemini, baseUrl: "${other.url}/v1beta", models: [two] }
chains: { duo: [first/one, second/two] }`);
    const ask = () => opened.fetch("/v1beta/models/duo:generateContent", { json: { contents: CONTENTS } });
    return { home, other, ask };
  }

  test("goes to the provider that minted it on the part that it stood on", async () => {
    const { home, ask } = await geminis(() => REPLY);
    expect((await ask()).status).toBe(200);
    expect(JSON.parse(home.calls[0]?.body ?? "{}").contents).toEqual(CONTENTS);
  });

  test("goes to no other, while text and image do", async () => {
    const { other, ask } = await geminis(() => ({ kind: "json", status: 401, body: { error: { message: "no" } } }));
    const response = await ask();
    expect(response.status).toBe(200);
    const [, model] = JSON.parse(other.calls[0]?.body ?? "{}").contents;
    expect(model).toEqual({ role: "model", parts: [{ text: "Here it is." }, { inlineData: image.inlineData }] });
    expect(response.headers.get("x-lodestar-params")).toContain("signed by another provider");
  });

  test("is left out when the first one did not mint it after all", async () => {
    const refused = { code: 400, message: "Thought signature is not valid", status: "INVALID_ARGUMENT" };
    const { home, ask } = await geminis((index) =>
      index === 0 ? { kind: "json", status: 400, body: { error: refused } } : REPLY,
    );
    expect((await ask()).status).toBe(200);
    expect(home.calls.map(({ body }) => body.includes("thoughtSignature"))).toEqual([true, false]);
  });
});

describe("counting the tokens of a conversation with signed thinking", () => {
  const COUNT: Behaviour = { kind: "json", body: { input_tokens: 42 } };
  const { max_tokens: _, ...asked } = SIGNED;

  async function counters(first: (index: number) => Behaviour) {
    const home = await fake((__, index) => first(index));
    const other = await fake(() => COUNT);
    const opened = await gateway(
      `
providers:
  first: { extends: anthropic, baseUrl: "${home.url}/v1", key: env:FIRST_KEY }
  second: { extends: anthropic, baseUrl: "${other.url}/v1", key: env:SECOND_KEY }
chains: { duo: [first/claude-opus-5, second/claude-opus-5] }`,
      { FIRST_KEY: "first-key-0123456789", SECOND_KEY: "second-key-0123456789" },
    );
    return { home, other, count: () => opened.fetch("/v1/messages/count_tokens", { json: asked }) };
  }

  test("asks the provider that minted it with its signatures, and any other without, like the call itself", async () => {
    const { home, other, count } = await counters(() => BUSY);
    expect(await (await count()).json()).toEqual({ input_tokens: 42 });
    expect(home.calls[0]?.body).toContain("minted-by-the-first");
    expect(other.calls[0]?.body).not.toContain("by-the-first");
  });

  test("is asked once more without where the provider did not mint them", async () => {
    const refusal = refusing("messages.1.content.0: Invalid `signature` in `thinking` block");
    const { home, other, count } = await counters((index) => (index === 0 ? refusal : COUNT));
    expect(await (await count()).json()).toEqual({ input_tokens: 42 });
    expect(home.calls.map((call) => call.body.includes("by-the-first"))).toEqual([true, false]);
    expect(other.calls).toEqual([]);
  });
});
