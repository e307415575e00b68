import { afterEach, describe, expect, test } from "bun:test";
import { chatChunks, chatReply, contentOf, eventsOf } from "../support/chat-chunks.ts";
import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function fake(script: Parameters<typeof startFakeUpstream>[0]): Promise<FakeUpstream> {
  const upstream = await startFakeUpstream(script);
  open.push({ close: upstream.stop });
  return upstream;
}

/** Two providers, `first` and `second`, priced at 1 and 2 USD per million tokens in and out, behind the alias chain `duo`. */
async function duo(first: string, second: string, more = ""): Promise<TestGateway> {
  const gateway = await openTestGateway(
    `
providers:
  first: { dialect: openai-chat, baseUrl: "${first}/v1", models: [one], accounts: [{ key: env:FIRST_KEY }] }
  second: { dialect: openai-chat, baseUrl: "${second}/v1", models: [two], accounts: [{ key: env:SECOND_KEY }] }
chains: { duo: [first/one, second/two] }
prices:
  overrides:
    first/one: { input: 1, output: 1 }
    second/two: { input: 2, output: 2 }
${more}`,
    { FIRST_KEY: "first-key-0123456789", SECOND_KEY: "second-key-0123456789" },
  );
  open.push(gateway);
  return gateway;
}

const ASK = { model: "duo", messages: [{ role: "user", content: "hello" }] };

function shape(rows: Awaited<ReturnType<TestGateway["rows"]>>) {
  return rows.map(({ attempt, provider, model, state, fault, costNanoUsd }) => ({
    attempt,
    at: `${provider}/${model}`,
    state,
    fault: fault?.kind ?? null,
    costNanoUsd,
  }));
}

describe("falling back", () => {
  test("a dead provider is left for the next one at once, and the ledger shows both attempts exactly", async () => {
    const alive = await fake(() => ({ kind: "json", body: chatReply("hello there") }));
    const gateway = await duo("http://127.0.0.1:9", alive.url);
    const response = await gateway.fetch("/v1/chat/completions", { json: ASK });
    const body = await response.json();
    expect(response.status).toBe(200);
    expect(body.model).toBe("duo");
    expect(body.choices[0].message.content).toBe("hello there");
    expect(body.usage.cost).toBe(0.00003);
    expect(response.headers.get("x-lodestar-provider")).toBe("second");
    expect(response.headers.get("x-lodestar-attempts")).toBe("2");
    expect(response.headers.get("x-litellm-attempted-fallbacks")).toBe("1");
    expect(shape(await gateway.rows())).toEqual([
      { attempt: 1, at: "first/one", state: "failed", fault: "connect", costNanoUsd: 0 },
      { attempt: 2, at: "second/two", state: "final", fault: null, costNanoUsd: 30_000 },
    ]);
    expect(gateway.events.map((event) => event.event)).toEqual(["settled", "fallback", "settled"]);
  });

  const faults: readonly (readonly [title: string, behaviour: Behaviour, kind: string, calls: number])[] = [
    ["500", { kind: "json", status: 500, body: { error: { message: "boom" } } }, "upstream-error", 2],
    ["503", { kind: "json", status: 503, body: { error: { message: "busy" } } }, "overloaded", 2],
    [
      "429 with a long pause",
      { kind: "json", status: 429, headers: { "retry-after": "60" }, body: { error: { message: "slow down" } } },
      "rate-limited",
      1,
    ],
    ["401", { kind: "json", status: 401, body: { error: { message: "bad key" } } }, "auth", 1],
    [
      "an unknown model",
      {
        kind: "json",
        status: 404,
        body: { error: { message: "The model `one` does not exist", code: "model_not_found" } },
      },
      "model-not-found",
      1,
    ],
    [
      "a prompt that is too long there",
      {
        kind: "json",
        status: 400,
        body: { error: { message: "maximum context length is 10 tokens", code: "context_length_exceeded" } },
      },
      "context-length",
      1,
    ],
    ["no JSON at all", { kind: "text", body: "<html>gateway</html>" }, "garbage", 2],
    ["a cut connection before the headers", { kind: "reset" }, "connect", 1],
  ];
  for (const [title, behaviour, kind, calls] of faults) {
    test(`${title} leads to the next target, after ${calls} call(s)`, async () => {
      const bad = await fake(() => behaviour);
      const good = await fake(() => ({ kind: "json", body: chatReply("saved") }));
      const gateway = await duo(bad.url, good.url, "retries: { attempts: 2, base: 1ms, max: 10ms }");
      const response = await gateway.fetch("/v1/chat/completions", { json: ASK });
      expect((await response.json()).choices[0].message.content).toBe("saved");
      expect(bad.calls.length).toBe(calls);
      const rows = shape(await gateway.rows());
      expect(rows.map((row) => row.fault)).toEqual([...Array(calls).fill(kind), null]);
    });
  }

  test("a refused request is not carried to another provider", async () => {
    const bad = await fake(() => ({
      kind: "json",
      status: 422,
      body: { error: { message: "temperature must be a number", param: "temperature" } },
    }));
    const good = await fake(() => ({ kind: "json", body: chatReply("never") }));
    const gateway = await duo(bad.url, good.url);
    const response = await gateway.fetch("/v1/chat/completions", { json: ASK });
    expect(response.status).toBe(422);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(good.calls.length).toBe(0);
  });

  test("a stream that breaks before any content falls back, one that breaks after it ends in an error event", async () => {
    const before = await fake(() => ({ kind: "stream", chunks: chatChunks([]).slice(0, 1), then: "cut" }));
    const good = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]) }));
    const gateway = await duo(before.url, good.url, "retries: { attempts: 1 }");
    const saved = await (await gateway.fetch("/v1/chat/completions", { json: { ...ASK, stream: true } })).text();
    expect(contentOf(saved)).toBe("ab");

    const after = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]).slice(0, 2), then: "cut" }));
    const other = await duo(after.url, good.url);
    const broken = await (await other.fetch("/v1/chat/completions", { json: { ...ASK, stream: true } })).text();
    expect(contentOf(broken)).toBe("a");
    expect(eventsOf(broken).at(-1)).toMatchObject({ error: { type: "upstream_error", code: "upstream_truncated" } });
    const [row] = await other.rows();
    expect(row).toMatchObject({ state: "failed", usageSource: "estimated", fault: { kind: "truncated" } });
    expect(row?.usage.output.text).toBeGreaterThan(0);
    expect(row?.costNanoUsd).toBeGreaterThan(0);
  });

  test("when the chain is spent the last fault is told with every target that was tried", async () => {
    const bad = await fake(() => ({
      kind: "json",
      status: 429,
      headers: { "retry-after": "7" },
      body: { error: { message: "slow down" } },
    }));
    const gateway = await duo("http://127.0.0.1:9", bad.url);
    const response = await gateway.fetch("/v1/chat/completions", {
      json: ASK,
      headers: { "x-lodestar-metadata": "1" },
    });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(response.headers.get("x-should-retry")).toBeNull();
    const { error } = await response.json();
    expect(error.message).toContain("first/one (connect), second/two (rate-limited)");
    expect(error.lodestar_metadata.attempts.map((attempt: { outcome: string }) => attempt.outcome)).toEqual([
      "connect",
      "rate-limited",
    ]);
  });

  test("after faults the breaker opens, the next request goes straight to the next target, and a health event says so", async () => {
    const bad = await fake(() => ({ kind: "json", status: 500, body: {} }));
    const good = await fake(() => ({ kind: "json", body: chatReply("ok") }));
    const gateway = await duo(bad.url, good.url, "breaker: { failures: 2, window: 60s }\nretries: { attempts: 1 }");
    for (let index = 0; index < 3; index++) await (await gateway.fetch("/v1/chat/completions", { json: ASK })).text();
    expect(bad.calls.length).toBe(2);
    expect(gateway.events.filter((event) => event.event === "health")).toMatchObject([
      { provider: "first", state: "open" },
    ]);
  });

  test("each provider gets its own key and no other", async () => {
    const first = await fake(() => ({ kind: "json", status: 500, body: {} }));
    const second = await fake(() => ({ kind: "json", body: chatReply("ok") }));
    const gateway = await duo(first.url, second.url, "retries: { attempts: 1 }");
    await (
      await gateway.fetch("/v1/chat/completions", { json: ASK, headers: { authorization: "Bearer the-clients-own" } })
    ).text();
    expect(first.calls[0]?.headers.authorization).toBe("Bearer first-key-0123456789");
    expect(second.calls[0]?.headers.authorization).toBe("Bearer second-key-0123456789");
  });
});
