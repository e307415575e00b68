import { afterAll, describe, expect, test } from "bun:test";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway } from "../support/test-gateway.ts";

const upstream = await startFakeUpstream((call) =>
  JSON.parse(call.body).stream === true
    ? { kind: "stream", chunks: chatChunks(["Hello", " there"]) }
    : { kind: "json", body: chatReply("Hello there") },
);
const gateway = await openTestGateway(`
providers:
  cloud: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: ["coder:3b"] }
prices: { overrides: { "cloud/coder:3b": { input: 1, output: 1 } } }
`);

/** The same gateway on a socket, for clients that bring their own HTTP. */
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => gateway.forward(request) });
const base = `http://127.0.0.1:${server.port}`;

afterAll(async () => {
  await server.stop(true);
  await gateway.close();
  await upstream.stop();
});

describe("the official OpenAI client over Responses", () => {
  const client = new OpenAI({ apiKey: "any", baseURL: `${base}/v1`, maxRetries: 0 });

  test("reads a whole response of a chat model, with its cost", async () => {
    const response = await client.responses.create({ model: "cloud/coder:3b", input: "hi" });
    expect(response.output_text).toBe("Hello there");
    expect(response.model).toBe("cloud/coder:3b");
    expect(response.usage).toMatchObject({ input_tokens: 10, output_tokens: 5, cost: 0.000015 });
  });

  test("reads a streamed one to its completed event", async () => {
    const stream = await client.responses.create({ model: "cloud/coder:3b", input: "hi", stream: true });
    const types: string[] = [];
    let text = "";
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.completed") expect(event.response.usage).toMatchObject({ cost: 0.000015 });
    }
    expect(text).toBe("Hello there");
    expect(types[0]).toBe("response.created");
    expect(types.at(-1)).toBe("response.completed");
  });
});

describe("the official Google client", () => {
  const client = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: base } });

  test("reads a whole answer of a model whose name has a colon", async () => {
    const reply = await client.models.generateContent({ model: "cloud/coder:3b", contents: "hi" });
    expect(reply.text).toBe("Hello there");
    expect(reply.usageMetadata).toMatchObject({ promptTokenCount: 10, candidatesTokenCount: 5 });
  });

  test("reads a streamed one", async () => {
    let text = "";
    for await (const chunk of await client.models.generateContentStream({ model: "cloud/coder:3b", contents: "hi" })) {
      text += chunk.text ?? "";
    }
    expect(text).toBe("Hello there");
  });

  test("counts tokens", async () => {
    const counted = await client.models.countTokens({ model: "cloud/coder:3b", contents: "a few words to count" });
    expect(counted.totalTokens).toBeGreaterThan(2);
  });
});

describe("Gemini's URLs", () => {
  const body = { contents: [{ role: "user", parts: [{ text: "hi" }] }] };

  for (const root of ["/v1beta", "/v1"]) {
    test(`${root} streams as one JSON array without alt=sse`, async () => {
      const response = await gateway.fetch(`${root}/models/cloud/coder:3b:streamGenerateContent`, { json: body });
      const chunks = (await response.json()) as { candidates?: { content?: { parts?: { text?: string }[] } }[] }[];
      expect(response.headers.get("content-type")).toStartWith("application/json");
      const text = chunks.flatMap((chunk) => chunk.candidates ?? []).map((one) => one.content?.parts?.[0]?.text ?? "");
      expect(text.join("")).toBe("Hello there");
    });
  }

  test("the cost stands in usageMetadata", async () => {
    const response = await gateway.fetch("/v1beta/models/cloud/coder:3b:generateContent", { json: body });
    expect(await response.json()).toMatchObject({ usageMetadata: { cost: 0.000015 }, modelVersion: "cloud/coder:3b" });
  });

  test("an unknown method is refused in Gemini's envelope, with what there is", async () => {
    const response = await gateway.fetch("/v1beta/models/cloud/coder:3b:generateContents", { json: body });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: 404, message: expect.stringContaining('"generateContent"') },
    });
  });

  test("an unknown model is refused in Gemini's envelope", async () => {
    const response = await gateway.fetch("/v1beta/models/nothing:generateContent", { json: body });
    expect(await response.json()).toMatchObject({ error: { code: 404, status: "NOT_FOUND" } });
  });
});

test("GET /v1/models has three shapes", async () => {
  const shape = async (headers: Record<string, string>) =>
    Object.keys((await (await gateway.fetch("/v1/models", { headers })).json()) as object);
  expect(await shape({ "x-goog-api-key": "any" })).toContain("models");
  expect(await shape({ "anthropic-version": "2023-06-01" })).toContain("has_more");
  expect(await shape({})).toEqual(["object", "data"]);
});

test("fact 3: a WebSocket to /v1/responses is told 426, so that Codex posts at once", async () => {
  const response = await gateway.fetch("/v1/responses", { headers: { upgrade: "websocket", connection: "Upgrade" } });
  expect(response.status).toBe(426);
});
