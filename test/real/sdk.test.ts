import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { JsonObject } from "../../src/core/json.ts";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { type RunningLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { type Engine, NO_OLLAMA_REASON, SMOLLM, startOllama } from "./engines.ts";
import { CHAT_DIALECTS } from "./http.ts";
import { anthropicClient, ollamaClient, openAiClient, SDK_CLIENTS } from "./sdk-clients.ts";
import { MODEL, openWorld, type World } from "./world.ts";

const LOCAL = `ollama/${SMOLLM}`;
const HELLO = { role: "user", content: "hello" } as const;

describe.skipIf(NO_OLLAMA_REASON !== "")(`official clients on a real local model ${NO_OLLAMA_REASON}`, () => {
  let ollama: Engine;
  let lodestar: RunningLodestar;
  beforeAll(async () => {
    ollama = await startOllama();
    lodestar = await startLodestar({ env: { OLLAMA_HOST: ollama.host } });
  }, 60_000);
  afterAll(async () => {
    await stopLodestars();
    await ollama.stop();
  });

  for (const inbound of CHAT_DIALECTS) {
    for (const shape of ["whole", "stream"] as const) {
      test(`the client of ${inbound} reads a ${shape} answer, with counts`, async () => {
        const answer = await SDK_CLIENTS[inbound][shape](lodestar.apiUrl, LOCAL);
        expect(answer.text).not.toBe("");
        expect(answer.usage?.input).toBeGreaterThan(0);
        expect(answer.usage?.output).toBeGreaterThan(0);
        expect(answer.usage?.output).toBeLessThanOrEqual(8);
      }, 20_000);
    }
  }

  test("OpenAI's client makes embeddings and lists models", async () => {
    const client = openAiClient(lodestar.apiUrl);
    const { data } = await client.embeddings.create({ model: LOCAL, input: "a ship" });
    expect(data[0]?.embedding).toHaveLength(576);
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(LOCAL);
  });

  test("Anthropic's client counts tokens and lists models in its own shape", async () => {
    const client = anthropicClient(lodestar.apiUrl);
    const counted = await client.messages.countTokens({ model: LOCAL, messages: [HELLO] });
    expect(counted.input_tokens).toBeGreaterThan(0);
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(LOCAL);
  });

  test("Ollama's client lists, shows and embeds", async () => {
    const client = ollamaClient(lodestar.apiUrl);
    expect((await client.list()).models.map(({ name }) => name).join(" ")).toContain(SMOLLM);
    expect((await client.show({ model: LOCAL })).capabilities).toContain("completion");
    expect((await client.embed({ model: LOCAL, input: "a ship" })).embeddings[0]).toHaveLength(576);
  });

  test("a client that stops reading frees the model for the next call", async () => {
    const stream = await openAiClient(lodestar.apiUrl).chat.completions.create({
      model: LOCAL,
      max_tokens: 2_000,
      stream: true,
      messages: [{ role: "user", content: "Tell me a very long story." }],
    });
    for await (const _ of stream) break;
    await lodestar.settled(1);
    const answer = await SDK_CLIENTS["openai-chat"].whole(lodestar.apiUrl, LOCAL);
    expect(answer.text).not.toBe("");
    expect((await lodestar.rows()).map((row) => row.state)).toContain("aborted");
  }, 20_000);
});

/** The error that a call ends in. */
async function errorFrom(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("the call was expected to fail");
}

function refusing(status: number, message: string, headers: Record<string, string> = {}): Behaviour {
  return { kind: "json", status, headers, body: { error: { message } } };
}

describe("official clients meet a provider's failures", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld("deadlines: { headers: 500ms }");
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  const askOpenAi = (retries = 0) =>
    openAiClient(world.lodestar.apiUrl, retries).chat.completions.create({ model: MODEL, messages: [HELLO] });
  const askAnthropic = (retries = 0) =>
    anthropicClient(world.lodestar.apiUrl, retries).messages.create({ model: MODEL, max_tokens: 9, messages: [HELLO] });
  const askOllama = () => ollamaClient(world.lodestar.apiUrl).chat({ model: MODEL, messages: [HELLO] });

  const typed = [
    ["a refused parameter", refusing(400, "no"), OpenAI.BadRequestError, Anthropic.BadRequestError, 400],
    ["a model it does not have", refusing(404, "no such model"), OpenAI.NotFoundError, Anthropic.NotFoundError, 404],
    ["a breakdown", refusing(500, "boom"), OpenAI.InternalServerError, Anthropic.InternalServerError, 502],
    ["no answer in time", { kind: "hang" }, OpenAI.InternalServerError, Anthropic.InternalServerError, 504],
    ["a web page", { kind: "text", body: "<html>" }, OpenAI.InternalServerError, Anthropic.InternalServerError, 502],
  ] as const satisfies readonly (readonly [string, Behaviour, unknown, unknown, number])[];

  for (const [title, behaviour, openAiError, anthropicError, status] of typed) {
    test(`${title} is the typed error of each client, with status ${status} and a request id`, async () => {
      world.behave(behaviour);
      const openAi = await errorFrom(askOpenAi());
      expect(openAi).toBeInstanceOf(openAiError);
      expect(openAi).toMatchObject({ status, code: expect.any(String) });
      const anthropic = await errorFrom(askAnthropic());
      expect(anthropic).toBeInstanceOf(anthropicError);
      expect(anthropic).toMatchObject({ status, error: { type: "error", request_id: expect.stringMatching(/^req_/) } });
      const ollama = await errorFrom(askOllama());
      expect(ollama).toMatchObject({ name: "ResponseError", status_code: status });
    });
  }

  test("a failure that passes is tried again by the client, after the pause that the provider asked for", async () => {
    const from = world.fake.calls.length;
    world.behave(refusing(503, "busy", { "retry-after": "1" }));
    const startedAt = performance.now();
    const asked = askOpenAi(2);
    await world.fake.seen(from + 1);
    world.behave({ kind: "json", body: chatReply("at last") });
    expect((await asked).choices[0]?.message.content).toBe("at last");
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(950);
  }, 10_000);

  test("a failure that stays is not tried again by the client: it is told not to", async () => {
    world.behave(refusing(400, "no"));
    const from = world.fake.calls.length;
    for (const ask of [askOpenAi, askAnthropic]) await errorFrom(ask(3));
    expect(world.fake.calls.length - from).toBe(2);
  }, 10_000);

  const breaking = { kind: "stream", chunks: chatChunks(["one ", "two "]).slice(0, 3), ending: "cut" } as const;

  test("a stream that breaks is an exception in each client, never a short answer", async () => {
    world.behave(breaking);
    for (const inbound of CHAT_DIALECTS) {
      await errorFrom(SDK_CLIENTS[inbound].stream(world.lodestar.apiUrl, MODEL));
    }
  });

  test("a rate limit is a RateLimitError, and while the account rests too", async () => {
    world.behave(refusing(429, "slow down", { "retry-after": "30" }));
    const openAi = await errorFrom(askOpenAi());
    expect(openAi).toBeInstanceOf(OpenAI.RateLimitError);
    expect((openAi as InstanceType<typeof OpenAI.RateLimitError>).headers?.get("retry-after")).toBe("30");
  });
});

describe("a key that is missing", () => {
  afterAll(stopLodestars);

  test("is an AuthenticationError in each client", async () => {
    const lodestar = await startLodestar();
    await lodestar.cli("keys", "create", "me");
    const openAi = openAiClient(lodestar.apiUrl).chat.completions.create({ model: "free", messages: [HELLO] });
    expect(await errorFrom(openAi)).toBeInstanceOf(OpenAI.AuthenticationError);
    const anthropic = anthropicClient(lodestar.apiUrl).messages.create({
      model: "free",
      max_tokens: 9,
      messages: [HELLO],
    });
    expect(await errorFrom(anthropic)).toBeInstanceOf(Anthropic.AuthenticationError);
    const ollama = ollamaClient(lodestar.apiUrl).chat({ model: "free", messages: [HELLO] });
    expect(await errorFrom(ollama)).toMatchObject({ status_code: 401 });
  });
});

describe("tools and images of each client", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    world.behave({ kind: "json", body: chatReply("seen") });
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  // A PNG of one pixel.
  const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

  const calls: readonly (readonly [string, (apiUrl: string) => Promise<unknown>])[] = [
    [
      "OpenAI's",
      (apiUrl) =>
        openAiClient(apiUrl).chat.completions.create({
          model: MODEL,
          tools: [{ type: "function", function: { name: "weather", parameters: SCHEMA } }],
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: "look" },
                { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
              ],
            },
          ],
        }),
    ],
    [
      "Anthropic's",
      (apiUrl) =>
        anthropicClient(apiUrl).messages.create({
          model: MODEL,
          max_tokens: 9,
          tools: [{ name: "weather", input_schema: { ...SCHEMA, type: "object" } }],
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: "look" },
                { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
              ],
            },
          ],
        }),
    ],
    [
      "Ollama's",
      (apiUrl) =>
        ollamaClient(apiUrl).chat({
          model: MODEL,
          tools: [{ type: "function", function: { name: "weather", parameters: SCHEMA } }],
          messages: [{ role: "user", content: "look", images: [PIXEL] }],
        }),
    ],
  ];

  for (const [client, call] of calls) {
    test(`${client} picture and tool reach the provider in the provider's own format`, async () => {
      await call(world.lodestar.apiUrl);
      const sent = JSON.parse(world.fake.calls.at(-1)?.body ?? "") as JsonObject;
      expect(sent.messages).toEqual([
        {
          role: "user",
          content: expect.arrayContaining([
            { type: "text", text: "look" },
            { type: "image_url", image_url: expect.objectContaining({ url: `data:image/png;base64,${PIXEL}` }) },
          ]),
        },
      ]);
      expect(sent.tools).toMatchObject([{ type: "function", function: { name: "weather", parameters: SCHEMA } }]);
    });
  }
});
