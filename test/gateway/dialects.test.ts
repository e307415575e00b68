import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour, SeenCall } from "../support/fake-upstream.ts";
import { messagesEvents, messagesReply, ollamaCatalogue, ollamaLines, ollamaReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

type Speech = "openai-chat" | "anthropic" | "ollama";

/** A provider that answers every call in its own dialect with "hi there": 10 tokens in, 5 out. */
function answerIn(dialect: Speech): (call: SeenCall) => Behaviour {
  return ({ path, body }) => {
    const catalogue = ollamaCatalogue(path, [{ name: "m" }]);
    if (catalogue !== null) return { kind: "json", body: catalogue };
    const isStream = JSON.parse(body).stream === true;
    const words = ["hi", " there"];
    switch (dialect) {
      case "openai-chat":
        return isStream ? { kind: "stream", chunks: chatChunks(words) } : { kind: "json", body: chatReply("hi there") };
      case "anthropic":
        return isStream
          ? { kind: "stream", chunks: messagesEvents(words) }
          : { kind: "json", body: messagesReply("hi there") };
      case "ollama":
        return isStream
          ? { kind: "stream", chunks: ollamaLines(words), type: "application/x-ndjson" }
          : { kind: "json", body: ollamaReply("hi there") };
    }
  };
}

const PATHS: Readonly<Record<Speech, string>> = {
  "openai-chat": "/v1/chat/completions",
  anthropic: "/v1/messages",
  ollama: "/api/chat",
};

/** What the upstream must have been called at. */
const UPSTREAM_PATHS: Readonly<Record<Speech, string>> = {
  "openai-chat": "/v1/chat/completions",
  anthropic: "/v1/messages",
  ollama: "/api/chat",
};

function request(stream: boolean): object {
  return { model: "up/m", stream, max_tokens: 50, messages: [{ role: "user", content: "hello" }] };
}

async function open(upstream: Speech, isPriced = true) {
  const provider = await fake(answerIn(upstream));
  const base = upstream === "openai-chat" ? `${provider.url}/v1` : provider.url;
  const opened = await gateway(
    `
providers:
  up: { dialect: ${upstream}, baseUrl: "${base}", models: [m], accounts: [{ key: env:UP_KEY }] }
${isPriced ? "prices: { overrides: { up/m: { input: 1, output: 2 } } }" : ""}`,
    { UP_KEY: "up-key-0123456789" },
  );
  return { provider, opened };
}

/** Everything JSON that came: one object, the events of an SSE stream, or the lines of NDJSON. */
function documents(text: string): readonly Record<string, unknown>[] {
  const lines = text.includes("data: ")
    ? text.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]")
    : text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line.replace(/^data: /, "")) as Record<string, unknown>);
}

function textOf(client: Speech, all: readonly Record<string, unknown>[]): string {
  const pieces: unknown[] = [];
  const visit = (value: unknown, name: string): void => {
    if (typeof value === "string" && (name === "content" || (name === "text" && client === "anthropic")))
      pieces.push(value);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, key);
  };
  for (const document of all) visit(document, "");
  return pieces.join("");
}

/** The usage object that carries the cost, wherever the dialect keeps it. */
function usageOf(all: readonly Record<string, unknown>[]): unknown {
  const carriers = all
    .flatMap((document) => [document, document.usage])
    .filter((value) => typeof value === "object" && value !== null && "cost" in value);
  expect(carriers.length).toBe(1);
  return carriers[0];
}

const SPEECHES: readonly Speech[] = ["openai-chat", "anthropic", "ollama"];

for (const client of SPEECHES) {
  for (const upstream of SPEECHES) {
    for (const isStream of [false, true]) {
      describe(`a client of ${client} and a provider of ${upstream}, ${isStream ? "streamed" : "whole"}`, () => {
        test("understand each other, and the answer carries its cost once", async () => {
          const { provider, opened } = await open(upstream);
          const response = await opened.fetch(PATHS[client], { json: request(isStream) });
          expect(response.status).toBe(200);
          const all = documents(await response.text());
          expect(textOf(client, all)).toBe("hi there");
          expect(usageOf(all)).toMatchObject({
            cost: 0.00002,
            cost_details: { input: 0.00001, output: 0.00001, reason: null, model: "up/m" },
            usage_source: "provider",
          });
          const [call] = provider.calls.filter((seen) => seen.method === "POST");
          expect(call?.path).toBe(UPSTREAM_PATHS[upstream]);
          expect({ stream: false, ...JSON.parse(call?.body ?? "{}") }).toMatchObject({ model: "m", stream: isStream });
          expect(await opened.rows()).toMatchObject([
            { state: "final", costNanoUsd: 20_000, clientDialect: client, isStream, usageSource: "provider" },
          ]);
        });

        test("name the cost null, with the reason, where no price is known", async () => {
          const { opened } = await open(upstream, false);
          const response = await opened.fetch(PATHS[client], { json: request(isStream) });
          expect(usageOf(documents(await response.text()))).toMatchObject({
            cost: null,
            cost_details: { input: null, output: null, reason: "no-price", price_id: null },
          });
          expect(response.headers.get("x-litellm-response-cost")).toBeNull();
          expect(await opened.rows()).toMatchObject([{ costNanoUsd: null, costReason: "no-price" }]);
        });
      });
    }
  }
}

describe("the name of the model", () => {
  for (const client of SPEECHES) {
    test(`is the one that a client of ${client} asked for`, async () => {
      const { opened } = await open("openai-chat");
      const all = documents(await (await opened.fetch(PATHS[client], { json: request(true) })).text());
      const said = all.flatMap((document) => [
        document.model,
        (document.message as { model?: string } | undefined)?.model,
      ]);
      expect([...new Set(said.filter((name) => name !== undefined))]).toEqual(["up/m"]);
    });
  }
});

describe("a provider that ignores `stream` and answers whole", () => {
  for (const client of SPEECHES) {
    test(`is heard as a stream by a client of ${client}`, async () => {
      const provider = await fake(() => ({ kind: "json", body: chatReply("hi there") }));
      const opened = await gateway(
        `providers: { up: { dialect: openai-chat, baseUrl: "${provider.url}/v1", models: [m], local: true } }`,
      );
      const response = await opened.fetch(PATHS[client], { json: request(true) });
      expect(response.headers.get("content-type")).toMatch(/event-stream|ndjson/);
      const all = documents(await response.text());
      expect(textOf(client, all)).toBe("hi there");
      expect(usageOf(all)).toMatchObject({ cost: 0, cost_details: { reason: "local" } });
    });
  }
});
