import { describe, expect, test } from "bun:test";
import type { LodestarEvent } from "../../src/core/event.ts";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour, SeenCall } from "../support/fake-upstream.ts";
import { ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway, duo } = createWorld();

const MESSAGES = [{ role: "user", content: "hello" }];

function bodyOf(call: SeenCall | undefined): Record<string, unknown> {
  return JSON.parse(call?.body ?? "{}") as Record<string, unknown>;
}

/** A provider that writes as much as it was allowed to (1,000 tokens where nothing limits it), and bills that. */
function greedy(call: SeenCall): Behaviour {
  const { max_tokens: most = 1_000, stream } = bodyOf(call);
  const usage = { prompt_tokens: 10, completion_tokens: Number(most), total_tokens: 10 + Number(most) };
  if (stream === true) {
    const chunks = chatChunks(["hi"], usage).map((chunk) =>
      chunk.replace('"finish_reason":"stop"', '"finish_reason":"length"'),
    );
    return { kind: "stream", chunks };
  }
  const reply = chatReply("hi", usage) as { choices: object[] };
  const choices = reply.choices.map((choice) => ({ ...choice, finish_reason: "length" }));
  return { kind: "json", body: { ...reply, choices } };
}

function ask(opened: TestGateway, model: string, more: object = {}, headers: Record<string, string> = {}) {
  return opened.fetch("/v1/chat/completions", { json: { model, messages: MESSAGES, ...more }, headers });
}

type BudgetEvent = Extract<LodestarEvent, { event: "budget" }>;

function steps(opened: TestGateway): readonly string[] {
  return opened.events
    .filter((event): event is BudgetEvent => event.event === "budget")
    .map(({ step, budget, percent }) => `${step} ${budget} ${percent}`);
}

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

describe("a paid model without a price", () => {
  const lab = (url: string, budgets: string): string => `
providers:
  lab: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], accounts: [{ key: env:A_KEY }] }
budgets: [${budgets}]`;
  const KEY = { A_KEY: "a-key-0123456789" };

  test("is refused under a budget, with the fix", async () => {
    const upstream = await fake(greedy);
    const opened = await gateway(lab(upstream.url, "{ scope: global, period: day, limitUsd: 5 }"), KEY);
    const response = await ask(opened, "lab/m");
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error.code).toBe("model_unpriced");
    expect(String(error.message)).toContain("unpriced: allow");
    expect(String(error.message)).toContain('"lab/m": { input: 1, output: 2 }');
    expect(await opened.rows()).toMatchObject([{ state: "refused", fault: { kind: "unpriced" } }]);
  });

  test("is asked where the budget allows it, uncounted, unless nothing is left", async () => {
    const upstream = await fake(greedy);
    const budgets = "{ scope: global, period: day, limitUsd: 5, unpriced: allow }";
    const opened = await gateway(lab(upstream.url, budgets), KEY);
    expect((await ask(opened, "lab/m")).status).toBe(200);
    const none = await gateway(lab(upstream.url, budgets.replace("5", "0")), KEY);
    expect((await ask(none, "lab/m")).status).toBe(429);
  });

  test("is asked where no budget counts it", async () => {
    const upstream = await fake(greedy);
    const opened = await gateway(lab(upstream.url, "{ scope: provider, name: other, period: day, limitUsd: 5 }"), KEY);
    expect((await ask(opened, "lab/m")).status).toBe(200);
  });
});

describe("degrading to a free model", () => {
  async function withOllama(models: Parameters<typeof ollamaCatalogue>[1], budget: string) {
    const paid = await fake(greedy);
    const local = await fake(({ path }) => {
      const known = ollamaCatalogue(path, models);
      return { kind: "json", body: known ?? ollamaReply("from home") };
    });
    const opened = await gateway(
      `
providers:
  lab: { dialect: openai-chat, baseUrl: "${paid.url}/v1", models: [m], accounts: [{ key: env:A_KEY }] }
aliases: { coder: lab/m }
prices: { overrides: { lab/m: { input: 1, output: 1 } } }
budgets: [${budget}]`,
      { A_KEY: "a-key-0123456789", OLLAMA_HOST: local.url },
    );
    return { paid, local, opened };
  }
  const SPENT = "{ scope: global, period: day, limitUsd: 0, over: degrade }";
  const TOOLS = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];

  test("answers an alias from home, and says so", async () => {
    const { paid, opened } = await withOllama([{ name: "tiny", capabilities: ["completion"] }], SPENT);
    const response = await ask(opened, "coder");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-route-reason")).toBe("alias:coder>degraded");
    expect(response.headers.get("x-lodestar-provider")).toBe("ollama");
    expect(response.headers.get("x-lodestar-budget-remaining")).toBe("0");
    expect(paid.calls).toHaveLength(0);
    expect(steps(opened)).toEqual(["degraded day 0"]);
    expect((await opened.rows()).map(({ state, provider }) => [state, provider])).toEqual([
      ["refused", "lab"],
      ["final", "ollama"],
    ]);
  });

  const denied: readonly (readonly [title: string, model: string, more: object, budget: string])[] = [
    ["a model that was named", "lab/m", {}, SPENT],
    ["a model named without its provider", "m", {}, SPENT],
    ["a request whose tools no local model can use", "coder", { tools: TOOLS }, SPENT],
    ["an alias under a budget that denies", "coder", {}, SPENT.replace("degrade", "deny")],
  ];
  for (const [title, model, more, budget] of denied) {
    test(`denies ${title}`, async () => {
      const { opened } = await withOllama([{ name: "tiny", capabilities: ["completion"] }], budget);
      const response = await ask(opened, model, more);
      expect(response.status).toBe(429);
      expect(steps(opened)).toEqual(["refused day 0"]);
    });
  }

  test("never stands in the way of a free model, nor counts it", async () => {
    const { opened } = await withOllama(
      [{ name: "tiny", capabilities: ["completion"] }],
      SPENT.replace("degrade", "deny"),
    );
    const response = await ask(opened, "ollama/tiny");
    expect(response.status).toBe(200);
    expect(steps(opened)).toEqual([]);
    expect(await opened.rows()).toMatchObject([{ reservedNanoUsd: null, costNanoUsd: 0 }]);
  });
});
