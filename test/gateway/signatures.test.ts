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
