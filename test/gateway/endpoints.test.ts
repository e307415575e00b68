import { describe, expect, test } from "bun:test";
import { chatReply } from "../support/chat-chunks.ts";
import { messagesReply, ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway, duo } = createWorld();

const MESSAGES = [{ role: "user", content: "hello" }];
const VECTOR = [0.5, -0.25, 1];
const OPENAI_VECTORS = {
  object: "list",
  model: "upstream-name",
  data: [{ object: "embedding", index: 0, embedding: VECTOR }],
  usage: { prompt_tokens: 8, total_tokens: 8 },
};
const OLLAMA_VECTORS = { model: "upstream-name", embeddings: [VECTOR], total_duration: 1, prompt_eval_count: 8 };

function embedder(dialect: string, url: string) {
  return gateway(
    `providers: { up: { dialect: ${dialect}, baseUrl: "${url}", models: [m], accounts: [{ key: env:UP_KEY }] } }
prices: { overrides: { up/m: { input: 1 } } }
retries: { attempts: 1 }`,
    { UP_KEY: "up-key-0123456789" },
  );
}

describe("embeddings", () => {
  const upstreams = [
    ["openai-chat", "/v1", OPENAI_VECTORS, "/v1/embeddings"],
    ["ollama", "", OLLAMA_VECTORS, "/api/embed"],
  ] as const;
  for (const [dialect, base, reply, path] of upstreams) {
    test(`of a provider of ${dialect} reach clients of OpenAI and of Ollama, priced`, async () => {
      const upstream = await fake((call) => ({ kind: "json", body: ollamaCatalogue(call.path, []) ?? reply }));
      const opened = await embedder(dialect, `${upstream.url}${base}`);
      const openai = await opened.fetch("/v1/embeddings", { json: { model: "up/m", input: "some text" } });
      expect(await openai.json()).toMatchObject({
        object: "list",
        model: "up/m",
        data: [{ object: "embedding", index: 0, embedding: VECTOR }],
        usage: { prompt_tokens: 8, cost: 0.000008 },
      });
      expect(openai.headers.get("x-litellm-response-cost")).toBe("0.000008");
      const ollama = await opened.fetch("/api/embed", { json: { model: "up/m", input: ["some more"] } });
      expect(await ollama.json()).toMatchObject({ model: "up/m", embeddings: [VECTOR], cost: 0.000008 });
      const posts = upstream.calls.filter((call) => call.method === "POST");
      expect(posts.map((call) => call.path)).toEqual([path, path]);
      expect(await opened.rows()).toMatchObject([
        { endpoint: "embeddings", state: "final", costNanoUsd: 8_000 },
        { endpoint: "embeddings", state: "final", costNanoUsd: 8_000 },
      ]);
    });
  }

  test("asked for as Ollama's older clients do are one vector, and the upstream is asked by its newer call", async () => {
    const upstream = await fake((call) => ({ kind: "json", body: ollamaCatalogue(call.path, []) ?? OLLAMA_VECTORS }));
    const opened = await embedder("ollama", upstream.url);
    const response = await opened.fetch("/api/embeddings", { json: { model: "up/m", prompt: "some text" } });
    expect(await response.json()).toMatchObject({ embedding: VECTOR, cost: 0.000008 });
    const [call] = upstream.calls.filter(({ method }) => method === "POST");
    expect([call?.path, JSON.parse(call?.body ?? "{}")]).toMatchObject([
      "/api/embed",
      { model: "m", input: "some text" },
    ]);
  });

  test("without counts are estimated, and say so", async () => {
    const upstream = await fake(() => ({ kind: "json", body: { ...OPENAI_VECTORS, usage: undefined } }));
    const opened = await embedder("openai-chat", `${upstream.url}/v1`);
    const response = await opened.fetch("/v1/embeddings", {
      json: { model: "up/m", input: "some text of a few words" },
    });
    expect(await response.json()).toMatchObject({ usage: { usage_source: "estimated" } });
    expect(await opened.rows()).toMatchObject([{ state: "estimated", usageSource: "estimated" }]);
  });

  test("of a provider that has none are refused in words, without a call", async () => {
    const upstream = await fake(() => ({ kind: "json", body: {} }));
    const opened = await embedder("anthropic", upstream.url);
    const response = await opened.fetch("/v1/embeddings", { json: { model: "up/m", input: "x" } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "unsupported_feature", message: expect.stringContaining("has no embeddings") },
    });
    expect(upstream.calls.length).toBe(0);
    expect(await opened.rows()).toMatchObject([{ state: "refused" }]);
  });

  for (const [title, body] of [
    ["no vectors at all", { object: "list" }],
    ["something else", "<html>"],
  ] as const) {
    test(`that come back as ${title} are the provider's fault`, async () => {
      const upstream = await fake(() => ({ kind: "json", body }));
      const opened = await embedder("openai-chat", `${upstream.url}/v1`);
      expect((await opened.fetch("/v1/embeddings", { json: { model: "up/m", input: "x" } })).status).toBe(502);
      expect(await opened.rows()).toMatchObject([{ state: "failed", fault: { kind: "garbage" } }]);
    });
  }
});

describe("counting tokens", () => {
  const ASK = { model: "claude-x", messages: [{ role: "user", content: "a question of some words" }] };

  function counting(url: string) {
    return gateway(
      `providers:
  anthropic: { baseUrl: "${url}", key: env:ANTHROPIC_KEY }
  work: { extends: anthropic, baseUrl: "${url}", key: env:ANTHROPIC_KEY }
  other: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], local: true }`,
      { ANTHROPIC_KEY: "anthropic-key-0123456789" },
    );
  }

  for (const provider of ["anthropic", "work"]) {
    test(`is done by Anthropic itself where it is asked (as "${provider}"), for nothing`, async () => {
      const upstream = await fake(() => ({ kind: "json", body: { input_tokens: 42 } }));
      const opened = await counting(upstream.url);
      const response = await opened.fetch("/v1/messages/count_tokens", {
        json: { ...ASK, model: `${provider}/claude-x` },
      });
      expect(await response.json()).toEqual({ input_tokens: 42 });
      expect(response.headers.get("x-lodestar-usage-source")).toBe("provider");
      expect(upstream.calls[0]?.path).toBe("/v1/messages/count_tokens");
      expect(JSON.parse(upstream.calls[0]?.body ?? "{}")).toEqual(ASK);
      expect(await opened.rows()).toMatchObject([{ endpoint: "count-tokens", state: "final", costNanoUsd: 0 }]);
    });
  }

  test("is estimated elsewhere, without a call", async () => {
    const upstream = await fake(() => ({ kind: "json", body: {} }));
    const opened = await counting(upstream.url);
    const response = await opened.fetch("/v1/messages/count_tokens", { json: { ...ASK, model: "other/m" } });
    expect(response.headers.get("x-lodestar-usage-source")).toBe("estimated");
    const { input_tokens: tokens } = (await response.json()) as { input_tokens: number };
    expect(tokens).toBeGreaterThan(3);
    expect(tokens).toBeLessThan(12);
    expect(upstream.calls.length).toBe(0);
    expect(await opened.rows()).toMatchObject([{ state: "estimated", costNanoUsd: 0 }]);
  });

  for (const body of [{}, { input_tokens: "many" }, [1]]) {
    test(`that comes back as ${JSON.stringify(body)} is the provider's fault, never a silent 0`, async () => {
      const upstream = await fake(() => ({ kind: "json", body }));
      const opened = await counting(upstream.url);
      const response = await opened.fetch("/v1/messages/count_tokens", {
        json: { ...ASK, model: "anthropic/claude-x" },
      });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { details: { error_code: "upstream_garbage" } } });
    });
  }
});

describe("free", () => {
  for (const names of [["nomic-embed-text"], ["qwen3-coder:480b-cloud"], []]) {
    test(`is no model where Ollama has ${JSON.stringify(names)} alone: it says which command pulls one`, async () => {
      const upstream = await fake(({ path }) => ({
        kind: "json",
        body:
          ollamaCatalogue(
            path,
            names.map((name) => ({ name })),
          ) ?? ollamaReply("paid for"),
      }));
      const opened = await gateway("", { OLLAMA_HOST: upstream.url });
      const response = await opened.fetch("/v1/chat/completions", { json: { model: "free", messages: MESSAGES } });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("ollama pull") } });
      expect(upstream.calls.some(({ path }) => path === "/api/chat")).toBe(false);
    });
  }
});

describe("images named by URL", () => {
  const withImage = (url: string) => ({
    model: "ollama/see",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "what is it?" },
          { type: "image_url", image_url: { url } },
        ],
      },
    ],
  });

  test("on addresses of this machine are not fetched for a local model: a 400, a refused row, no call", async () => {
    const upstream = await fake(({ path }) => ({
      kind: "json",
      body: ollamaCatalogue(path, [{ name: "see", capabilities: ["completion", "vision"] }]) ?? ollamaReply("x"),
    }));
    const opened = await gateway("", { OLLAMA_HOST: upstream.url });
    for (const url of [
      `${upstream.url}/secret.png`,
      "http://169.254.169.254/latest",
      "http://localhost/x.png",
      "file:///etc/passwd",
    ]) {
      const response = await opened.fetch("/v1/chat/completions", { json: withImage(url) });
      expect([url, response.status]).toEqual([url, 400]);
      expect(await response.json()).toMatchObject({
        error: { message: expect.stringContaining("could not be fetched") },
      });
    }
    expect(upstream.calls.filter(({ path }) => path === "/api/chat" || path === "/secret.png")).toEqual([]);
    expect((await opened.rows()).map((row) => row.state)).toEqual(["refused", "refused", "refused", "refused"]);
  });

  test("go as they are to a provider that fetches by itself", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("a cat") }));
    const opened = await duo(upstream.url, upstream.url);
    const json = { ...withImage("https://example.org/cat.png"), model: "duo" };
    expect((await opened.fetch("/v1/chat/completions", { json })).status).toBe(200);
    expect(upstream.calls[0]?.body).toContain("https://example.org/cat.png");
  });

  test("given as bytes reach a local model as bytes", async () => {
    const upstream = await fake(({ path }) => ({
      kind: "json",
      body: ollamaCatalogue(path, [{ name: "see" }]) ?? ollamaReply("x"),
    }));
    const opened = await gateway("", { OLLAMA_HOST: upstream.url });
    const response = await opened.fetch("/v1/chat/completions", {
      json: withImage("data:image/png;base64,iVBORw0KGgo="),
    });
    expect(response.status).toBe(200);
    const sent = upstream.calls.find((call) => call.path === "/api/chat");
    expect(JSON.parse(sent?.body ?? "{}")).toMatchObject({ messages: [{ images: ["iVBORw0KGgo="] }] });
  });
});

describe("the headers of an answer", () => {
  test("say who answered, why, after how many tries, and under which id", async () => {
    const bad = await fake(() => ({ kind: "json", status: 500, body: {} }));
    const good = await fake(() => ({ kind: "json", body: chatReply("ok") }));
    const opened = await duo(bad.url, good.url, "retries: { attempts: 2, base: 0ms, max: 1ms }");
    const { headers } = await opened.fetch("/v1/chat/completions", { json: { model: "duo", messages: MESSAGES } });
    const [row] = await opened.rows();
    const requestId = row?.requestId ?? "";
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-lodestar-request-id": requestId,
      "x-lodestar-model": "two",
      "x-lodestar-provider": "second",
      "x-lodestar-route-reason": "chain:duo",
      "x-lodestar-attempts": "3",
      "x-litellm-call-id": requestId,
      "x-litellm-model-id": "second/two",
      "x-litellm-attempted-retries": "1",
      "x-litellm-attempted-fallbacks": "1",
      "x-litellm-response-cost": "0.00003",
    });
    expect(Number(headers.get("x-lodestar-overhead-ms"))).toBeGreaterThanOrEqual(0);
    expect(Number(headers.get("x-lodestar-overhead-ms"))).toBeLessThan(1_000);
    expect(headers.get("x-litellm-overhead-duration-ms")).toBe(headers.get("x-lodestar-overhead-ms"));
    expect(requestId).toMatch(/^req_/);
  });

  test("carry a model's name with strange characters without breaking", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("ok") }));
    const opened = await duo(upstream.url, upstream.url);
    const json = { model: "first/m\u00f6del\r\nx-evil: 1\u4e2d", messages: MESSAGES };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-model")).toBe("m?del??x-evil: 1?");
    expect(response.headers.get("x-evil")).toBeNull();
  });

  test("list what a target could not honour", async () => {
    const upstream = await fake(() => ({ kind: "json", body: messagesReply("ok") }));
    const opened = await gateway(
      `providers: { up: { dialect: anthropic, baseUrl: "${upstream.url}", models: [m], accounts: [{ key: env:UP_KEY }] } }`,
      { UP_KEY: "up-key-0123456789" },
    );
    const json = { model: "up/m", messages: MESSAGES, logit_bias: { "1": 1 }, seed: 3 };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-params")).toContain("dropped logit_bias");
    const strict = await opened.fetch("/v1/chat/completions", { json, headers: { "x-lodestar-strict": "true" } });
    expect(strict.status).toBe(400);
    expect(await strict.json()).toMatchObject({ error: { message: expect.stringContaining("logit_bias") } });
  });
});

describe("a provider set to use the client's own credential", () => {
  function subscription(mine: string, other: string) {
    return gateway(
      `providers:
  mine: { dialect: anthropic, baseUrl: "${mine}", models: [m], auth: client }
  other: { dialect: openai-chat, baseUrl: "${other}/v1", models: [m], accounts: [{ key: env:OTHER_KEY }] }
chains: { both: [other/m, mine/m] }
retries: { attempts: 1 }`,
      { OTHER_KEY: "other-key-0123456789" },
    );
  }

  const ASK = { model: "both", max_tokens: 9, messages: MESSAGES };

  for (const [header, value] of [
    ["authorization", "Bearer subscription-token"],
    ["x-api-key", "subscription-token"],
  ] as const) {
    test(`gets it as it came (${header}), and no other provider gets it`, async () => {
      const other = await fake(() => ({ kind: "json", status: 500, body: {} }));
      const mine = await fake(() => ({ kind: "json", body: messagesReply("hi") }));
      const opened = await subscription(mine.url, other.url);
      const response = await opened.fetch("/v1/messages", { json: ASK, headers: { [header]: value } });
      expect(response.status).toBe(200);
      expect(mine.calls[0]?.headers[header]).toBe(value);
      expect(JSON.stringify(other.calls[0]?.headers)).not.toContain("subscription-token");
      expect(other.calls[0]?.headers.authorization).toBe("Bearer other-key-0123456789");
      expect((await opened.rows()).at(-1)).toMatchObject({
        account: "client",
        costNanoUsd: 0,
        costReason: "subscription",
      });
    });
  }

  test("without one is not asked, and says so", async () => {
    const mine = await fake(() => ({ kind: "json", body: messagesReply("hi") }));
    const opened = await subscription(mine.url, mine.url);
    const response = await opened.fetch("/v1/messages", { json: { ...ASK, model: "mine/m" } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining("the client sent none") },
    });
    expect(mine.calls.length).toBe(0);
  });

  test("never gets a key of Lodestar's own; a client may send both", async () => {
    const mine = await fake(() => ({ kind: "json", body: messagesReply("hi") }));
    const opened = await subscription(mine.url, mine.url);
    const { secret } = opened.opening.keyring.mint({ name: "me", project: null, expiresAt: null, models: [] });
    const json = { ...ASK, model: "mine/m" };
    const alone = await opened.fetch("/v1/messages", { json, headers: { "x-api-key": secret } });
    expect(alone.status).toBe(400);
    expect(mine.calls.length).toBe(0);
    const headers = { "x-api-key": secret, authorization: "Bearer subscription-token" };
    const both = await opened.fetch("/v1/messages", { json, headers });
    expect(both.status).toBe(200);
    expect(mine.calls[0]?.headers.authorization).toBe("Bearer subscription-token");
    expect(JSON.stringify(mine.calls[0]?.headers)).not.toContain(secret);
  });
});
