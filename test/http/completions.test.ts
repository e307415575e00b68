import { afterAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { chatChunks, chatReply, eventsOf } from "../support/chat-chunks.ts";
import { messagesReply, ollamaCatalogue } from "../support/other-replies.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

function clientOf(opened: TestGateway): OpenAI {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => opened.forward(request) });
  closing.push(() => server.stop(true));
  return new OpenAI({ apiKey: "any", baseURL: `http://127.0.0.1:${server.port}/v1`, maxRetries: 0 });
}

const COUNTS = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function textReply(text: string): object {
  const choices = [{ text, index: 0, logprobs: { tokens: [text] }, finish_reason: "length" }];
  return { id: "cmpl-1", object: "text_completion", created: 1, model: "upstream-name", choices, usage: COUNTS };
}

function textChunks(words: readonly string[]): readonly string[] {
  const chunk = (rest: object) =>
    `data: ${JSON.stringify({ id: "cmpl-1", object: "text_completion", created: 1, ...rest, model: "upstream-name" })}\n\n`;
  return [
    ...words.map((text) => chunk({ choices: [{ text, index: 0, logprobs: null, finish_reason: null }], usage: null })),
    chunk({ choices: [{ text: "", index: 0, logprobs: null, finish_reason: "stop" }], usage: null }),
    chunk({ choices: [], usage: COUNTS }),
    "data: [DONE]\n\n",
  ];
}

const GENERATED = {
  model: "upstream-name",
  created_at: "2026-01-01T00:00:00Z",
  response: "middle",
  done: true,
  done_reason: "stop",
  prompt_eval_count: 10,
  eval_count: 5,
};

const INSTALLED = [
  { name: "qwen2.5-coder:1.5b", capabilities: ["completion", "insert"] },
  { name: "starcoder2:3b", capabilities: ["completion"] },
  { name: "llama3.2:1b", capabilities: ["completion"] },
];

/** One upstream behind many names: built-in providers moved to it, a chat provider, a Messages provider and an Ollama. */
async function everything() {
  const upstream = await fake(({ path, body }) => {
    const known = ollamaCatalogue(path, INSTALLED);
    if (known !== null) return { kind: "json", body: known };
    const isStream = body.includes('"stream":true');
    if (path === "/api/generate" && isStream) {
      const line = (rest: object) => `${JSON.stringify({ ...GENERATED, ...rest })}\n`;
      const chunks = [line({ response: "mid", done: false }), line({ response: "dle" })];
      return { kind: "stream", type: "application/x-ndjson", chunks };
    }
    if (path === "/api/generate") return { kind: "json", body: GENERATED };
    if (path === "/api/chat")
      return { kind: "json", body: { ...GENERATED, message: { role: "assistant", content: "spoken" } } };
    if (path.endsWith("/messages")) return { kind: "json", body: messagesReply("spoken") };
    const isText = path.endsWith("/completions") && !path.endsWith("/chat/completions") && !path.includes("/fim/");
    if (isStream) return { kind: "stream", chunks: isText ? textChunks(["mid", "dle"]) : chatChunks(["spo", "ken"]) };
    return { kind: "json", body: isText ? textReply("middle") : chatReply("spoken") };
  });
  const { url } = upstream;
  const opened = await gateway(
    `providers:
  openai: { baseUrl: "${url}/v1", key: env:UP_KEY }
  deepseek: { baseUrl: "${url}", key: env:UP_KEY }
  mistral: { baseUrl: "${url}/v1", key: env:UP_KEY }
  vllm: { baseUrl: "${url}/v1", models: [Qwen/Qwen2.5-Coder-7B, codellama-7b, other] }
  chat: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], local: true }
  claude: { dialect: anthropic, baseUrl: "${url}/v1", models: [m], local: true }
chains: { filling: [chat/m, deepseek/deepseek-v4-flash] }
prices: { overrides: { openai/gpt-3.5-turbo-instruct: { input: 1, output: 2 } } }`,
    { UP_KEY: "up-key-0123456789", OLLAMA_HOST: url },
  );
  const last = () => {
    const call = upstream.calls.findLast(({ method, path }) => method === "POST" && path !== "/api/show");
    return { path: call?.path, body: JSON.parse(call?.body ?? "null") };
  };
  return { opened, last, upstream };
}

async function complete(opened: TestGateway, json: object) {
  const response = await opened.fetch("/v1/completions", { json });
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
}

describe("a legacy completion", () => {
  for (const model of ["chat/m", "claude/m", "ollama/llama3.2:1b", "openai/gpt-5.4-nano"]) {
    test(`of ${model}, which only chats, is its answer to the prompt`, async () => {
      const { opened, last } = await everything();
      const { status, body } = await complete(opened, { model, prompt: "Once upon", max_tokens: 20, stop: ["\n"] });
      expect([status, body]).toMatchObject([
        200,
        {
          id: expect.any(String),
          object: "text_completion",
          model,
          choices: [{ text: "spoken", index: 0, logprobs: null, finish_reason: "stop" }],
          usage: { prompt_tokens: 10, completion_tokens: 5 },
        },
      ]);
      expect(last().body.messages).toMatchObject([{ role: "user" }]);
      expect(JSON.stringify(last().body)).toContain("Once upon");
      expect(last().body).not.toHaveProperty("prompt");
      expect(await opened.rows()).toMatchObject([{ endpoint: "completions", state: "final" }]);
    });
  }

  test.each([
    ["infill: suffix", "/v1/completions", { prompt: "a", suffix: "b" }],
    ["infill: fim, path: /fim/completions", "/v1/fim/completions", { prompt: "a", suffix: "b" }],
    [
      "infill: template, models: [qwen*]",
      "/v1/completions",
      { prompt: "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>" },
    ],
  ])("of a provider of one's own with completions (%s) is asked there", async (block, path, sent) => {
    const { upstream } = await everything();
    const opened = await gateway(
      `providers: { lab: { baseUrl: "${upstream.url}/v1", local: true, models: [qwen2.5-coder, other], completions: { ${block} } } }`,
    );
    const { status } = await complete(opened, { model: "lab/qwen2.5-coder", prompt: "a", suffix: "b" });
    const call = upstream.calls.at(-1);
    expect([status, call?.path]).toEqual([200, path]);
    expect(JSON.parse(call?.body ?? "{}")).toMatchObject(sent);
    if (!block.includes("models")) return;
    expect((await complete(opened, { model: "lab/other", prompt: "a" })).status).toBe(200);
    expect(upstream.calls.at(-1)?.path).toBe("/v1/chat/completions");
  });

  test("is streamed as text to the official OpenAI client, with the cost on the finish chunk", async () => {
    const { opened } = await everything();
    const client = clientOf(opened);
    let text = "";
    const chunks = [];
    for await (const chunk of await client.completions.create({ model: "chat/m", prompt: "x", stream: true })) {
      chunks.push(chunk);
      text += chunk.choices[0]?.text ?? "";
    }
    expect(text).toBe("spoken");
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: { total_tokens: 15, cost: 0 } });
    expect(chunks.filter((chunk) => chunk.usage).length).toBe(1);
  });

  test("has its usage in a chunk of its own where the client asks for it", async () => {
    const { opened } = await everything();
    const json = { model: "chat/m", prompt: "x", stream: true, stream_options: { include_usage: true } };
    const wire = await (await opened.fetch("/v1/completions", { json })).text();
    expect(eventsOf(wire).at(-1)).toMatchObject({ choices: [], usage: { cost: 0 } });
    expect(wire.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test.each([false, true])("begins with the prompt where `echo` asks for it (streamed: %p)", async (stream) => {
    const { opened, last } = await everything();
    const client = clientOf(opened);
    let text = "";
    const ask = { model: "chat/m", prompt: "Say: ", echo: true };
    if (stream) {
      for await (const chunk of await client.completions.create({ ...ask, stream: true }))
        text += chunk.choices[0]?.text;
    } else text = (await client.completions.create(ask)).choices[0]?.text ?? "";
    expect(text).toBe("Say: spoken");
    expect(last().body).not.toHaveProperty("echo");
  });

  test("says what a chat cannot honour, and is refused for it in strict mode", async () => {
    const { opened, last } = await everything();
    const json = { model: "chat/m", prompt: "x", logprobs: 3, best_of: 2 };
    const { headers } = await complete(opened, json);
    expect(headers.get("x-lodestar-params")).toContain("best_of");
    expect(headers.get("x-lodestar-params")).not.toContain("logprobs");
    expect(last().body).toMatchObject({ logprobs: true, top_logprobs: 3 });
    const streamed = await opened.fetch("/v1/completions", { json: { ...json, stream: true } });
    expect(streamed.headers.get("x-lodestar-params")).toContain("logprobs");
    const other = await complete(opened, { ...json, model: "claude/m" });
    expect(other.headers.get("x-lodestar-params")).toContain("logprobs");
    const strict = await opened.fetch("/v1/completions", { json, headers: { "x-lodestar-strict": "1" } });
    expect(strict.status).toBe(400);
  });

  test("reaches a model that has completions byte for byte, and its reply too", async () => {
    const { opened, upstream } = await everything();
    const text = '{ "model":"vllm/other", "prompt": ["a",  "b"], "logprobs": 2, "best_of": 2, "unheard_of": 1 }';
    const response = await opened.fetch("/v1/completions", { method: "POST", body: text });
    expect(upstream.calls.at(-1)).toMatchObject({ path: "/v1/completions", body: text.replace("vllm/other", "other") });
    expect(await response.json()).toMatchObject({
      model: "vllm/other",
      choices: [{ text: "middle", logprobs: { tokens: ["middle"] }, finish_reason: "length" }],
    });
    expect(response.headers.get("x-lodestar-params")).toBeNull();
  });

  test("of OpenAI's instruct model is priced, with `max_tokens` as it wants it", async () => {
    const { opened, last } = await everything();
    const model = "openai/gpt-3.5-turbo-instruct";
    const { body } = await complete(opened, { model, prompt: "x", max_tokens: 5 });
    expect(body).toMatchObject({
      choices: [{ text: "middle", logprobs: { tokens: ["middle"] } }],
      usage: { cost: 0.00002 },
    });
    expect(last()).toEqual({
      path: "/v1/completions",
      body: { model: "gpt-3.5-turbo-instruct", prompt: "x", max_tokens: 5 },
    });
  });

  test("is relayed as it streams from a model that has completions", async () => {
    const { opened } = await everything();
    const wire = await (
      await opened.fetch("/v1/completions", { json: { model: "vllm/other", prompt: "x", stream: true } })
    ).text();
    expect(eventsOf(wire).map((event) => (event as { choices: { text?: string }[] }).choices[0]?.text)).toEqual([
      "mid",
      "dle",
      "",
    ]);
    expect(wire).toContain('"model":"vllm/other"');
    expect(eventsOf(wire).at(-1)).toMatchObject({ usage: { cost: 0 } });
  });

  test.each([
    [{ prompt: [1, 2, 3] }, "prompt", "tokens are not taken"],
    [{ prompt: [[1], [2]] }, "prompt", "tokens are not taken"],
    [{ prompt: [] }, "prompt", "list of strings"],
    [{}, "prompt", "must be a string"],
    [{ prompt: "x", suffix: 3 }, "suffix", "a string"],
    [{ prompt: "x", echo: "yes" }, "echo", "true or false"],
  ])("of %j is refused by name, before any call", async (wrong, param, words) => {
    const { opened } = await everything();
    const { status, body } = await complete(opened, { model: "chat/m", ...wrong });
    expect([status, body]).toMatchObject([400, { error: { param, message: expect.stringContaining(words) } }]);
    expect(await opened.rows()).toEqual([]);
  });

  test("with several prompts needs a model that takes them", async () => {
    const { opened } = await everything();
    const { status, body } = await complete(opened, { model: "chat/m", prompt: ["a", "b"] });
    expect([status, body]).toMatchObject([
      400,
      { error: { message: expect.stringContaining("one prompt a request") } },
    ]);
  });

  test("of an upstream that breaks off ends in an error event", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a"]).slice(0, 2), ending: "cut" }));
    const opened = await gateway(
      `providers: { chat: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const wire = await (
      await opened.fetch("/v1/completions", { json: { model: "chat/m", prompt: "x", stream: true } })
    ).text();
    expect(eventsOf(wire).at(-1)).toMatchObject({ error: { type: "upstream_error" } });
    expect(wire).not.toContain("[DONE]");
  });
});

describe("filling in the middle", () => {
  const BETWEEN = { prompt: "def f():\n", suffix: "\n    return x" };

  test("is asked of Ollama itself where the model can insert", async () => {
    const { opened, last } = await everything();
    const { body } = await complete(opened, { model: "ollama/qwen2.5-coder:1.5b", ...BETWEEN, max_tokens: 9 });
    expect(body).toMatchObject({ object: "text_completion", choices: [{ text: "middle" }], usage: { cost: 0 } });
    expect(last()).toMatchObject({ path: "/api/generate", body: { ...BETWEEN, options: { num_predict: 9 } } });
    expect(last().body).not.toHaveProperty("raw");
  });

  test("is written in the tokens of its family where Ollama does not know how, and streams", async () => {
    const { opened, last } = await everything();
    const json = { model: "ollama/starcoder2:3b", ...BETWEEN, stop: "\n\n", stream: true };
    const wire = await (await opened.fetch("/v1/completions", { json })).text();
    const text = eventsOf(wire)
      .map((event) => (event as { choices: { text?: string }[] }).choices[0]?.text ?? "")
      .join("");
    expect(text).toBe("middle");
    expect(last()).toMatchObject({
      path: "/api/generate",
      body: {
        raw: true,
        prompt: "<fim_prefix>def f():\n<fim_suffix>\n    return x<fim_middle>",
        options: { stop: expect.arrayContaining(["\n\n", "<|endoftext|>"]) },
      },
    });
    expect(last().body).not.toHaveProperty("suffix");
  });

  test("reaches a local model raw where the client wrote the tokens itself", async () => {
    const { opened, last } = await everything();
    const prompt = "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>";
    await complete(opened, { model: "ollama/qwen2.5-coder:1.5b", prompt });
    expect(last()).toMatchObject({ path: "/api/generate", body: { raw: true, prompt } });
  });

  test.each([
    ["vllm/Qwen/Qwen2.5-Coder-7B", "<|fim_prefix|>def f():\n<|fim_suffix|>\n    return x<|fim_middle|>"],
    ["vllm/codellama-7b", "<PRE> def f():\n <SUF>\n    return x <MID>"],
  ])("is put into the prompt for servers that pass it on as it is (%s)", async (model, prompt) => {
    const { opened, last } = await everything();
    const { body } = await complete(opened, { model, ...BETWEEN, echo: true });
    expect(body).toMatchObject({ choices: [{ text: `${BETWEEN.prompt}middle` }] });
    expect(last()).toMatchObject({ path: "/v1/completions", body: { prompt } });
    expect(last().body).not.toHaveProperty("suffix");
    expect(last().body).not.toHaveProperty("echo");
  });

  test("goes to DeepSeek's beta endpoint with `suffix` as it came", async () => {
    const { opened, last } = await everything();
    await complete(opened, { model: "deepseek/deepseek-v4-flash", ...BETWEEN });
    expect(last()).toEqual({ path: "/beta/completions", body: { model: "deepseek-v4-flash", ...BETWEEN } });
  });

  test.each([false, true])(
    "goes to Codestral's own call, whose chat reply becomes text (streamed: %p)",
    async (stream) => {
      const { opened, last } = await everything();
      const json = { model: "mistral/codestral-latest", ...BETWEEN, stream, logprobs: 1 };
      const wire = await (await opened.fetch("/v1/completions", { json })).text();
      expect(wire).toContain('"object":"text_completion"');
      expect(wire).not.toContain('"delta"');
      expect(last()).toEqual({
        path: "/v1/fim/completions",
        body: { model: "codestral-latest", ...BETWEEN, ...(stream ? { stream } : {}) },
      });
    },
  );

  for (const model of [
    "chat/m",
    "claude/m",
    "ollama/llama3.2:1b",
    "vllm/other",
    "openai/gpt-5.4-nano",
    "mistral/mistral-small-latest",
  ]) {
    test(`is refused for ${model}, which cannot, naming those that can`, async () => {
      const { opened, upstream } = await everything();
      const before = upstream.calls.filter(({ method }) => method === "POST").length;
      const { status, body } = await complete(opened, { model, ...BETWEEN });
      const message = expect.stringMatching(/cannot fill in the middle.*qwen2\.5-coder.*codestral.*DeepSeek/);
      expect([status, body]).toMatchObject([400, { error: { code: "unsupported_feature", message } }]);
      expect(upstream.calls.filter(({ method }) => method === "POST").length).toBe(before);
    });
  }

  test("falls back from a model that cannot to one that can", async () => {
    const { opened, last } = await everything();
    const { status } = await complete(opened, { model: "filling", ...BETWEEN });
    expect([status, last().path]).toEqual([200, "/beta/completions"]);
  });
});
