import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply, contentOf, eventsOf } from "../support/chat-chunks.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

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
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      model: "duo",
      choices: [{ message: { content: "hello there" } }],
      usage: { cost: 0.00003 },
    });
    expect(response.headers.get("x-lodestar-provider")).toBe("second");
    expect(response.headers.get("x-lodestar-attempts")).toBe("2");
    expect(response.headers.get("x-litellm-attempted-fallbacks")).toBe("1");
    expect(shape(await gateway.rows())).toEqual([
      { attempt: 1, at: "first/one", state: "failed", fault: "connect", costNanoUsd: 0 },
      { attempt: 2, at: "second/two", state: "final", fault: null, costNanoUsd: 30_000 },
    ]);
    expect(gateway.events.map((event) => event.event)).toEqual(["settled", "fallback", "settled"]);
  });

  test("a chain that is spent says in its headers who was asked last, and how often", async () => {
    const gateway = await duo("http://127.0.0.1:9", "http://127.0.0.1:9");
    const response = await gateway.fetch("/v1/chat/completions", { json: ASK });
    expect(response.status).toBe(502);
    expect(response.headers.get("x-lodestar-provider")).toBe("second");
    expect(response.headers.get("x-lodestar-model")).toBe("two");
    expect(response.headers.get("x-lodestar-attempts")).toBe(String((await gateway.rows()).length));
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
      expect(await response.json()).toMatchObject({ choices: [{ message: { content: "saved" } }] });
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
    const before = await fake(() => ({ kind: "stream", chunks: chatChunks([]).slice(0, 1), ending: "cut" }));
    const good = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]) }));
    const gateway = await duo(before.url, good.url, "retries: { attempts: 1 }");
    const saved = await (await gateway.fetch("/v1/chat/completions", { json: { ...ASK, stream: true } })).text();
    expect(contentOf(saved)).toBe("ab");

    const after = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]).slice(0, 2), ending: "cut" }));
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
    expect(await response.json()).toMatchObject({
      error: {
        message: expect.stringContaining("first/one (connect), second/two (rate-limited)"),
        lodestar_metadata: { attempts: [{ outcome: "connect" }, { outcome: "rate-limited" }] },
      },
    });
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
