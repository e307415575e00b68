import { describe, expect, test } from "bun:test";
import { chatChunks } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";
import { ask, bodyOf, greedy, MESSAGES, steps } from "./budget-world.ts";

const { fake, gateway, duo } = createWorld();

describe("a call that fits its budgets", () => {
  test("goes out byte for byte, and what is left stands in a header", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url, "budgets: [{ scope: global, period: day, limitUsd: 1 }]");
    const text = `{ "model": "first/one",  "max_tokens": 100, "messages": [{"role":"user","content":"hello"}] }`;
    const response = await opened.fetch("/v1/chat/completions", { method: "POST", body: text });
    expect(response.status).toBe(200);
    expect(upstream.calls[0]?.body).toBe(text.replace("first/one", "one"));
    expect(response.headers.get("x-lodestar-budget-remaining")).toBe("0.99989");
    expect(response.headers.get("x-lodestar-params")).toBeNull();
    const [row] = await opened.rows();
    expect(row).toMatchObject({ state: "final", costNanoUsd: 110_000 });
    expect(row?.reservedNanoUsd).toBeGreaterThanOrEqual(110_000);
    expect(row?.reservedNanoUsd).toBeLessThan(1_000_000);
  });

  test("holds its worst case while it streams", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url, "budgets: [{ scope: global, period: day, limitUsd: 1 }]");
    const response = await ask(opened, "first/one", { max_tokens: 100, stream: true });
    const atStart = Number(response.headers.get("x-lodestar-budget-remaining"));
    expect(atStart).toBeLessThan(0.9999);
    await response.text();
    const [state] = opened.opening.runtime.services.budgets.states();
    expect(state).toMatchObject({ spentNanoUsd: 110_000, reservedNanoUsd: 0 });
  });

  test("is told nothing of budgets where none is configured, and reserves nothing", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url);
    const response = await ask(opened, "first/one");
    expect(response.headers.get("x-lodestar-budget-remaining")).toBeNull();
    expect(await opened.rows()).toMatchObject([{ reservedNanoUsd: null }]);
    expect(bodyOf(upstream.calls[0])).not.toHaveProperty("max_tokens");
  });
});

describe("a call that does not fit", () => {
  test("is capped at what the budget affords, told so, and leaves the budget unbroken", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url, "budgets: [{ scope: global, period: day, limitUsd: 0.005 }]");
    const response = await ask(opened, "first/one", { max_tokens: 100_000 });
    expect(response.status).toBe(200);
    const sent = Number(bodyOf(upstream.calls[0]).max_tokens);
    expect(sent).toBeGreaterThan(4_500);
    expect(sent).toBeLessThan(5_000);
    expect(response.headers.get("x-lodestar-params")).toBe(`changed max_tokens (budget: ${sent})`);
    expect(steps(opened)).toEqual([
      expect.stringMatching(/^warning day 50$/),
      expect.stringMatching(/^warning day 80$/),
      expect.stringMatching(/^capped day 9\d$/),
    ]);
    const refused = await ask(opened, "first/one", { max_tokens: 100_000 });
    expect(refused.status).toBe(429);
    const [state] = opened.opening.runtime.services.budgets.states();
    expect(state?.spentNanoUsd).toBeLessThanOrEqual(5_000_000);
  });

  test("without a limit of its own gets one, also in a stream and in strict mode", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url, "budgets: [{ scope: global, period: day, limitUsd: 0.004 }]");
    const response = await ask(opened, "first/one", { stream: true }, { "x-lodestar-strict": "1" });
    expect(response.status).toBe(200);
    await response.text();
    expect(Number(bodyOf(upstream.calls[0]).max_tokens)).toBeGreaterThan(3_500);
    expect(steps(opened).at(-1)).toMatch(/^capped day/);
  });

  test("is refused as clients understand: 429, what is spent, when it begins again, what to do, and no second try", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(
      upstream.url,
      upstream.url,
      "timeZone: UTC\nbudgets: [{ scope: provider, name: first, period: day, limitUsd: 0, over: deny }]",
    );
    const response = await ask(opened, "first/one");
    expect(response.status).toBe(429);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(response.headers.get("x-lodestar-budget-remaining")).toBe("0");
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: "insufficient_quota", code: "budget_exceeded" });
    expect(String(error.message)).toMatch(
      /The budget of the provider "first" does not allow this call: \$0 of \$0 is spent today.*begins again at \d{4}-.*raise `limitUsd` of "day:provider:first"/,
    );
    expect(upstream.calls).toHaveLength(0);
    expect(await opened.rows()).toMatchObject([
      { state: "refused", costNanoUsd: 0, reservedNanoUsd: null, fault: { kind: "over-budget" } },
    ]);
    expect(steps(opened)).toEqual(["refused day:provider:first 0"]);
  });

  test("is refused in each dialect's own words", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(
      upstream.url,
      upstream.url,
      "budgets: [{ scope: global, period: day, limitUsd: 0, over: deny }]",
    );
    const cases = [
      [
        "/v1/responses",
        { model: "first/one", input: "hi" },
        { error: { type: "usage_limit_reached", resets_at: expect.any(Number) } },
      ],
      [
        "/v1/messages",
        { model: "first/one", max_tokens: 10, messages: MESSAGES },
        { type: "error", error: { type: "billing_error" } },
      ],
      [
        "/v1beta/models/first/one:generateContent",
        { contents: [{ parts: [{ text: "hi" }] }] },
        { error: { status: "RESOURCE_EXHAUSTED" } },
      ],
      [
        "/api/chat",
        { model: "first/one", messages: MESSAGES },
        { error: expect.stringContaining("does not allow this call") },
      ],
      ["/v1/embeddings", { model: "first/one", input: "hi" }, { error: { code: "budget_exceeded" } }],
      ["/v1/completions", { model: "first/one", prompt: "hi" }, { error: { code: "budget_exceeded" } }],
      ["/v1/images/generations", { model: "first/one", prompt: "hi" }, { error: { code: "budget_exceeded" } }],
    ] as const;
    for (const [path, json, body] of cases) {
      const response = await opened.fetch(path, { json });
      expect([path, response.status]).toEqual([path, 429]);
      expect(await response.json()).toMatchObject(body);
    }
    expect(upstream.calls).toHaveLength(0);
  });

  test("is asked to come again where open calls hold the budget, and then fits", async () => {
    const upstream = await fake((call, index) =>
      index === 0 ? { kind: "stream", chunks: chatChunks(["a"]).slice(0, 2), ending: "hang" } : greedy(call),
    );
    const opened = await duo(upstream.url, upstream.url, "budgets: [{ scope: global, period: day, limitUsd: 0.005 }]");
    const leaving = new AbortController();
    const first = await opened.fetch("/v1/chat/completions", {
      json: { model: "first/one", messages: MESSAGES, max_tokens: 4_500, stream: true },
      signal: leaving.signal,
    });
    const second = await ask(opened, "first/one", { max_tokens: 4_500 });
    expect(second.status).toBe(429);
    expect([second.headers.get("retry-after"), second.headers.get("x-should-retry")]).toEqual(["2", null]);
    expect(await second.json()).toMatchObject({ error: { type: "rate_limit_error", code: "budget_held" } });
    expect(steps(opened)).toEqual([]);
    expect((await opened.rows()).at(-1)).toMatchObject({ state: "refused", fault: { kind: "budget-held" } });
    await first.body?.cancel();
    expect((await ask(opened, "first/one", { max_tokens: 4_500 })).status).toBe(200);
  });

  test("falls back to a target that its own budgets let through", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(
      upstream.url,
      upstream.url,
      "budgets: [{ scope: model, name: first/*, period: total, limitUsd: 0, over: deny }]",
    );
    const response = await ask(opened, "duo", { max_tokens: 10 });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-model")).toBe("two");
    expect((await opened.rows()).map(({ state }) => state)).toEqual(["refused", "final"]);
    expect(steps(opened)).toEqual([]);
  });

  test("passes where the budget only warns, and is told", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(
      upstream.url,
      upstream.url,
      "budgets: [{ scope: global, period: month, limitUsd: 0.0001, warnAt: [50], over: warn }]",
    );
    const response = await ask(opened, "first/one");
    expect(response.status).toBe(200);
    expect(bodyOf(upstream.calls[0])).not.toHaveProperty("max_tokens");
    expect(steps(opened)).toEqual(["warning month 50", "exceeded month 100"]);
    await ask(opened, "first/one");
    expect(steps(opened)).toHaveLength(2);
  });
});

describe("what budgets count", () => {
  const DAY = (usd: number): string => `budgets: [{ scope: global, period: day, limitUsd: ${usd}, over: deny }]`;

  test("is never the counting of tokens", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url, DAY(0));
    const response = await opened.fetch("/v1/messages/count_tokens", {
      json: { model: "first/one", messages: MESSAGES },
    });
    expect(response.status).toBe(200);
    expect(await opened.rows()).toMatchObject([{ reservedNanoUsd: null }]);
  });

  test("is every answer that is asked for at once", async () => {
    const upstream = await fake(greedy);
    const opened = await duo(upstream.url, upstream.url, DAY(0.01));
    await ask(opened, "first/one", { n: 3 });
    expect(Number(bodyOf(upstream.calls[0]).max_tokens)).toBeLessThan(3_334);
    const prompts = await opened.fetch("/v1/completions", {
      json: { model: "first/one", prompt: ["a", "b"], best_of: 5 },
    });
    expect(prompts.status).toBe(429);
  });

  test("is the input alone where nothing is written", async () => {
    const vectors = {
      data: [{ index: 0, embedding: [0.5] }],
      model: "e",
      usage: { prompt_tokens: 50, total_tokens: 50 },
    };
    const upstream = await fake(() => ({ kind: "json", body: { object: "list", ...vectors } }));
    const opened = await duo(upstream.url, upstream.url, DAY(0.0002));
    const embed = () =>
      opened.fetch("/v1/embeddings", {
        json: { model: "first/one", input: "some words to embed" },
        headers: { "x-lodestar-cache": "off" },
      });
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await embed()).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(upstream.calls).toHaveLength(3);
  });

  test("is what a client that left had streamed, and no more", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]).slice(0, 3), ending: "hang" }));
    const opened = await duo(upstream.url, upstream.url, DAY(1));
    const response = await ask(opened, "first/one", { stream: true, max_tokens: 100_000 });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const [row] = await opened.rows();
    const [state] = opened.opening.runtime.services.budgets.states();
    expect(row?.state).toBe("aborted");
    expect(state).toMatchObject({ spentNanoUsd: row?.costNanoUsd, reservedNanoUsd: 0 });
  });

  test("is told as well while a client still waits", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["late"]), headersAfterMs: 120 }));
    const opened = await duo(upstream.url, upstream.url, `${DAY(1)}\nserver: { heartbeat: 50ms }`);
    const response = await ask(opened, "first/one", { stream: true, max_tokens: 1_000 });
    expect(Number(response.headers.get("x-lodestar-budget-remaining"))).toBeLessThan(0.9991);
    await response.text();
  });
});

describe("the limit that goes out", () => {
  const cases = [
    ["openai-chat", "/v1/chat/completions", { messages: MESSAGES }, (body: Record<string, unknown>) => body.max_tokens],
    ["openai-chat", "/v1/completions", { prompt: "hello" }, (body: Record<string, unknown>) => body.max_tokens],
    [
      "anthropic",
      "/v1/messages",
      { messages: MESSAGES, max_tokens: 64_000 },
      (body: Record<string, unknown>) => body.max_tokens,
    ],
    [
      "openai-responses",
      "/v1/responses",
      { input: "hello", max_output_tokens: 64_000 },
      (body: Record<string, unknown>) => body.max_output_tokens,
    ],
    [
      "gemini",
      "/v1beta/models/lab/m:generateContent",
      { contents: [{ parts: [{ text: "hello" }] }], generationConfig: { maxOutputTokens: 64_000 } },
      (body: Record<string, unknown>) => (body.generationConfig as Record<string, unknown>).maxOutputTokens,
    ],
    [
      "ollama",
      "/api/chat",
      { messages: MESSAGES, options: { num_predict: 64_000 } },
      (body: Record<string, unknown>) => (body.options as Record<string, unknown>).num_predict,
    ],
  ] as const;
  for (const [dialect, path, json, read] of cases) {
    test(`stands where ${dialect} has it (${path})`, async () => {
      const upstream = await fake(() => ({ kind: "json", status: 400, body: { error: { message: "seen" } } }));
      const opened = await gateway(
        `
providers:
  lab: { dialect: ${dialect}, baseUrl: "${upstream.url}/v1", models: [m], accounts: [{ key: env:A_KEY }] }
prices: { overrides: { lab/m: { input: 1, output: 1 } } }
budgets: [{ scope: global, period: day, limitUsd: 0.005 }]`,
        { A_KEY: "a-key-0123456789" },
      );
      await (await opened.fetch(path, { json: { model: "lab/m", ...json } })).text();
      const limit = Number(read(bodyOf(upstream.calls[0])));
      expect(limit).toBeGreaterThan(4_000);
      expect(limit).toBeLessThanOrEqual(5_000);
      const [row] = await opened.rows();
      expect(row?.reservedNanoUsd).toBeLessThanOrEqual(5_000_000);
      const [state] = opened.opening.runtime.services.budgets.states();
      expect(state).toMatchObject({ spentNanoUsd: 0, reservedNanoUsd: 0 });
    });
  }
});
