import { describe, expect, test } from "bun:test";
import { chatReply } from "../support/chat-chunks.ts";
import type { Behaviour, SeenCall } from "../support/fake-upstream.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const ANSWER: Behaviour = { kind: "json", body: chatReply("hi") };
const HELLO = [{ role: "user", content: "hello" }];
const PARAMS = "x-lodestar-params";

function refusing(message: string, more: object = {}): Behaviour {
  return { kind: "json", status: 400, body: { error: { message, type: "invalid_request_error", ...more } } };
}

/** A provider that refuses what `refused` finds in a body, and answers all else. */
async function open(refused: (body: Record<string, unknown>) => Behaviour | null, dialect = "openai-chat") {
  const upstream = await fake(({ body }: SeenCall) => refused(JSON.parse(body)) ?? ANSWER);
  const quirks = "quirks: { reasoningField: reasoning_content }";
  const opened = await gateway(
    `providers: { up: { dialect: ${dialect}, baseUrl: "${upstream.url}/v1", models: [m], ${quirks} } }`,
  );
  const ask = (json: object, headers: Record<string, string> = {}) =>
    opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: HELLO, ...json }, headers });
  return { opened, ask, sent: () => upstream.calls.map(({ body }) => JSON.parse(body)) };
}

describe("corner case 10: sampling at a model that reasons and takes none", () => {
  const ONE_VALUE =
    "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default is supported.";
  const WORDS: readonly (readonly [string, object])[] = [
    [ONE_VALUE, { param: "temperature", code: "unsupported_value" }],
    ["Unsupported parameter: 'top_p' is not supported with this model.", { param: "top_p" }],
    ["This model doesn't support temperature", {}],
  ];

  test.each(WORDS)("refused as %j is asked again without, and the client is told", async (message, more) => {
    const { ask, sent } = await open((body) => ("temperature" in body ? refusing(message, more) : null));
    const response = await ask({ temperature: 0.2, top_p: 0.9, seed: 7 });
    expect(response.status).toBe(200);
    const [first, second] = sent();
    expect(first).toMatchObject({ temperature: 0.2, top_p: 0.9, seed: 7 });
    expect(Object.keys(second).sort()).toEqual(["messages", "model", "seed"]);
    expect(response.headers.get(PARAMS)).toContain("dropped temperature (refused by the model)");
    expect(response.headers.get(PARAMS)).toContain("dropped top_p (refused by the model)");
  });

  test("is refused to the client where nothing may be left out", async () => {
    const { ask, sent } = await open(() => refusing(ONE_VALUE, { param: "temperature" }));
    expect((await ask({ temperature: 0.2 }, { "x-lodestar-strict": "1" })).status).toBe(400);
    expect(sent()).toHaveLength(1);
  });

  test.each([
    ["a value out of range", { temperature: 9 }, "temperature must be between 0 and 2", { param: "temperature" }],
    ["another field", { temperature: 0.2 }, "'logprobs' is not supported with this model", { param: "logprobs" }],
    ["sampling that was not asked for", {}, ONE_VALUE, { param: "temperature" }],
  ])("%s is the client's own to hear of", async (_, json, message, more) => {
    const { ask, sent } = await open(() => refusing(message, more));
    const response = await ask(json);
    expect([response.status, sent().length]).toEqual([400, 1]);
    expect(await response.text()).toContain(message);
  });
});

describe("corner case 5: thinking sent back as reasoning_content", () => {
  const CALL = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
  const ROUND = [
    ...HELLO,
    { role: "assistant", content: null, reasoning_content: "hm", tool_calls: [CALL] },
    { role: "tool", tool_call_id: "c1", content: "1" },
  ];
  const NOT_TAKEN = "reasoning_content is not supported in input messages";
  const hasReasoning = (body: object): boolean => JSON.stringify(body).includes('"reasoning_content"');

  test("reaches a provider that wants it on turns with tools", async () => {
    const { ask, sent } = await open((body) =>
      hasReasoning(body) ? null : refusing("Missing `reasoning_content` field in the assistant message"),
    );
    const response = await ask({ messages: ROUND });
    expect([response.status, response.headers.get(PARAMS), sent().length]).toEqual([200, null, 1]);
  });

  test("is left out for one that refuses it, and the client is told", async () => {
    const { ask, sent } = await open((body) => (hasReasoning(body) ? refusing(NOT_TAKEN) : null));
    const response = await ask({ messages: ROUND });
    expect(response.status).toBe(200);
    const [, second] = sent();
    expect(second.messages[1]).toEqual({ role: "assistant", content: null, tool_calls: [CALL] });
    expect(response.headers.get(PARAMS)).toContain("dropped reasoning (refused by the model)");
  });

  test("is asked for once only where the refusal is about another turn's", async () => {
    const { ask, sent } = await open(() => refusing(NOT_TAKEN));
    expect((await ask({ messages: ROUND })).status).toBe(400);
    expect(sent()).toHaveLength(2);
  });
});
