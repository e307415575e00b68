import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply, contentOf } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import type { FakeUpstream } from "../support/fake-upstream.ts";
import { messagesEvents, ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import { loopMs } from "../support/own-time.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const MESSAGES = [{ role: "user", content: "hello" }];

function single(dialect: string, url: string, more: string) {
  return gateway(
    `providers: { up: { dialect: ${dialect}, baseUrl: "${url}/v1", models: [m], accounts: [{ key: env:UP_KEY }] } }
prices: { overrides: { up/m: { input: 1, output: 1 } } }
retries: { attempts: 1 }
${more}`,
    { UP_KEY: "up-key-0123456789" },
  );
}

/** What the headers of an answer say of the plan, and whether both names of the request's id agree. */
function plannedIn({ headers }: Response) {
  const names = ["x-lodestar-provider", "x-lodestar-model", "x-lodestar-route-reason", "x-litellm-model-id"];
  const id = headers.get("x-lodestar-request-id");
  return [...names.map((name) => headers.get(name)), id !== null && headers.get("x-litellm-call-id") === id];
}

describe("a client that waits", () => {
  test("for the first content gets comments meanwhile, and then the answer", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["late"]), everyMs: 120 }));
    const opened = await single("openai-chat", upstream.url, "server: { heartbeat: 50ms }");
    const response = await opened.fetch("/v1/chat/completions", {
      json: { model: "up/m", stream: true, messages: MESSAGES },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    expect(response.headers.get("x-lodestar-provider")).toBe("up");
    expect(plannedIn(response)).toEqual(["up", "m", "explicit", "up/m", true]);
    const wire = await response.text();
    expect(wire.startsWith(": waiting\n\n")).toBe(true);
    expect(contentOf(wire)).toBe("late");
    expect(await opened.rows()).toMatchObject([{ state: "final" }]);
  });

  test("in the middle of a stream gets them between whole events", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: messagesEvents(["a", "b"]), everyMs: 160 }));
    const opened = await single("anthropic", upstream.url, "server: { heartbeat: 50ms }");
    const json = { model: "up/m", max_tokens: 9, stream: true, messages: MESSAGES };
    const wire = await (await opened.fetch("/v1/messages", { json })).text();
    const names = wire
      .split("\n\n")
      .filter((event) => event !== "")
      .map((event) => event.split("\n")[0]?.slice(7));
    expect(names.filter((name) => name === "ping").length).toBeGreaterThan(2);
    expect(names.filter((name) => name !== "ping")).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    const first = names.indexOf("content_block_delta");
    expect(names.slice(first, names.lastIndexOf("content_block_delta"))).toContain("ping");
  });

  test("for a fallback gets them too: they are no content", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = await fake(() => ({ kind: "hang" }));
    const good = await fake(() => ({ kind: "stream", chunks: chatChunks(["saved"]) }));
    const opened = await gateway(
      `providers:
  slow: { dialect: openai-chat, baseUrl: "${slow.url}/v1", models: [m], local: true }
  good: { dialect: openai-chat, baseUrl: "${good.url}/v1", models: [m], local: true }
chains: { duo: [slow/m, good/m] }
deadlines: { connect: 200ms, headers: 200ms }
server: { heartbeat: 50ms }`,
    );
    const pending = opened.fetch("/v1/chat/completions", { json: { model: "duo", stream: true, messages: MESSAGES } });
    await slow.seen(1);
    const response = await pending;
    release();
    await gate;
    const wire = await response.text();
    expect(wire).toStartWith(": waiting");
    expect(contentOf(wire)).toBe("saved");
    const rows = await opened.rows();
    expect(rows.map((row) => row.fault?.kind ?? row.state)).toEqual(["timeout", "final"]);
    // It had the prompt when we hung up.
    expect(rows[0]).toMatchObject({ state: "failed", usageSource: "estimated", usage: { output: { text: 0 } } });
    expect(rows[0]?.usage.input.uncached).toBeGreaterThan(0);
  });

  test("corner case 15: for a local model's whole answer gets white space, which JSON allows in front", async () => {
    const upstream = await fake(({ path }) => {
      const known = ollamaCatalogue(path, [{ name: "m" }]);
      return known === null
        ? { kind: "stream", chunks: ["", JSON.stringify(ollamaReply("slow"))], everyMs: 90, type: "application/json" }
        : { kind: "json", body: known };
    });
    const opened = await gateway("server: { heartbeat: 50ms }", { OLLAMA_HOST: upstream.url });
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "ollama/m", messages: MESSAGES } });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(plannedIn(response)).toEqual(["ollama", "m", "explicit", "ollama/m", true]);
    const text = await response.text();
    expect(text).toStartWith("\n");
    expect(JSON.parse(text)).toMatchObject({ choices: [{ message: { content: "slow" } }], usage: { cost: 0 } });
  });

  test("for a paid provider's whole answer gets its true status instead", async () => {
    const upstream = await fake(() => ({
      kind: "stream",
      chunks: ["", '{"error":{"message":"boom"}}'],
      everyMs: 90,
      type: "application/json",
    }));
    const opened = await single("openai-chat", upstream.url, "server: { heartbeat: 50ms }");
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: MESSAGES } });
    expect(response.status).toBe(502);
  });

  test("gets an error that comes late as an event of its dialect", async () => {
    const upstream = await fake(() => ({ kind: "hang" }));
    const opened = await single(
      "anthropic",
      upstream.url,
      "server: { heartbeat: 50ms }\ndeadlines: { connect: 200ms, headers: 200ms }",
    );
    const json = { model: "up/m", max_tokens: 9, stream: true, messages: MESSAGES };
    const response = await opened.fetch("/v1/messages", { json });
    expect(response.status).toBe(200);
    const wire = await response.text();
    expect(wire).toContain("event: ping");
    expect(wire).toContain("event: error");
    expect(wire).toContain("timeout_error");
  });
});

describe("deadlines", () => {
  const cases: readonly (readonly [
    title: string,
    deadlines: string,
    ending: "hang" | "end",
    words: readonly string[],
    phase: RegExp,
  ])[] = [
    ["until the first content", "firstToken: 150ms", "hang", [], /sent no content/],
    ["of silence between events", "idle: 150ms", "hang", ["a", "b"], /fell silent/],
    ["of the whole", "total: 250ms", "hang", ["a"], /did not finish/],
  ];
  for (const [title, deadlines, ending, words, phase] of cases) {
    test(`${title} ends the stream in a typed error, and the upstream is let go`, async () => {
      const chunks = chatChunks(words).slice(0, words.length + 1);
      const upstream = await fake(() => ({ kind: "stream", chunks, ending }));
      const opened = await single("openai-chat", upstream.url, `deadlines: { ${deadlines} }`);
      const response = await opened.fetch("/v1/chat/completions", {
        json: { model: "up/m", stream: true, messages: MESSAGES },
      });
      const text = await response.text();
      expect(text).toMatch(phase);
      expect(text).toContain("upstream_timeout");
      expect(response.status).toBe(words.length === 0 ? 504 : 200);
      await gone(upstream);
      expect(await opened.rows()).toMatchObject([{ state: "failed", fault: { kind: "timeout" } }]);
      expect(opened.opening.runtime.services.health.snapshot()).toMatchObject([{ failures: 1 }]);
    });
  }

  test("until the first content run from the headers: a model that loads for long is not given up as it begins", async () => {
    const upstream = await fake(() => ({
      kind: "stream",
      chunks: chatChunks(["late"]),
      headersAfterMs: 500,
      everyMs: 90,
    }));
    const opened = await single("openai-chat", upstream.url, "deadlines: { firstToken: 450ms }");
    const json = { model: "up/m", stream: true, messages: MESSAGES };
    expect(contentOf(await (await opened.fetch("/v1/chat/completions", { json })).text())).toBe("late");
  });

  test("hold for whole replies too: one that falls silent in the middle is given up", async () => {
    for (const [deadlines, words] of [
      ["idle: 150ms", /fell silent within 150 ms/],
      ["total: 250ms", /did not finish within 250 ms/],
    ] as const) {
      const upstream = await fake(() => ({
        kind: "stream",
        chunks: ['{"id":"x",'],
        type: "application/json",
        ending: "hang",
      }));
      const opened = await single("openai-chat", upstream.url, `deadlines: { ${deadlines} }`);
      const response = await opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: MESSAGES } });
      expect(response.status).toBe(504);
      expect(await response.text()).toMatch(words);
      await gone(upstream);
    }
  });

  test("for a whole reply's body start anew with every piece of it", async () => {
    const text = JSON.stringify(chatReply("slowly"));
    const chunks = Array.from({ length: 8 }, (_, index) =>
      text.slice((index * text.length) / 8, ((index + 1) * text.length) / 8),
    );
    const upstream = await fake(() => ({ kind: "stream", chunks, everyMs: 60, type: "application/json" }));
    const opened = await single("openai-chat", upstream.url, "deadlines: { idle: 250ms }");
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: MESSAGES } });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "slowly" } }] });
  });

  test("of the whole holds before the headers too", async () => {
    const upstream = await fake(() => ({ kind: "hang" }));
    const opened = await single("openai-chat", upstream.url, "deadlines: { total: 150ms }");
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: MESSAGES } });
    expect(response.status).toBe(504);
  });

  test("of silence do not count the time in which the client itself does not read", async () => {
    const words = Array.from({ length: 40 }, (_, index) => `word-${index} ${"x".repeat(20_000)} `);
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(words) }));
    const opened = await single("openai-chat", upstream.url, "deadlines: { idle: 150ms }");
    const response = await opened.fetch("/v1/chat/completions", {
      json: { model: "up/m", stream: true, messages: MESSAGES },
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    const pausedUntil = performance.now() + 600;
    while (performance.now() < pausedUntil) await Bun.sleep(20);
    let wire = new TextDecoder().decode(first?.value);
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      wire += new TextDecoder().decode(chunk.value);
    }
    expect(contentOf(wire)).toBe(words.join(""));
    expect(await opened.rows()).toMatchObject([{ state: "final" }]);
  });
});

/** Resolves when the fake provider saw its caller close the connection. */
async function gone(upstream: FakeUpstream): Promise<void> {
  await eventually("the upstream is let go", () => (upstream.calls.at(-1)?.abortedAt ?? null) !== null);
}

/** The rows, once none is open any more. */
async function settled(opened: TestGateway) {
  for (let tries = 0; tries < 200; tries++) {
    const rows = await opened.rows();
    if (rows.length > 0 && rows.every((row) => row.endedAt !== null)) return rows;
    await Bun.sleep(5);
  }
  throw new Error("an attempt stayed open");
}

describe("a client that leaves", () => {
  const ASK = { model: "up/m", messages: MESSAGES };

  function untouched(opened: TestGateway): void {
    const { health } = opened.opening.runtime.services;
    expect(health.snapshot().filter((entry) => entry.failures > 0 || entry.coolingUntil !== null)).toEqual([]);
  }

  for (const stream of [false, true]) {
    test(`before the headers (${stream ? "streamed" : "whole"}) cancels the upstream at once, and is never held against it`, async () => {
      const upstream = await fake(() => ({ kind: "hang" }));
      const opened = await single("openai-chat", upstream.url, "");
      const controller = new AbortController();
      const pending = opened.fetch("/v1/chat/completions", { json: { ...ASK, stream }, signal: controller.signal });
      await upstream.seen(1);
      controller.abort();
      expect(await loopMs(gone(upstream))).toBeLessThan(100);
      await (await pending).text();
      const [row] = await settled(opened);
      expect(row).toMatchObject({ state: "aborted", usageSource: "estimated", fault: { kind: "client-left" } });
      // The provider has the prompt and is at work: that is paid for.
      expect(row?.usage).toMatchObject({ input: { uncached: expect.any(Number) }, output: { text: 0, reasoning: 0 } });
      expect(row?.costNanoUsd).toBeGreaterThan(0);
      untouched(opened);
      expect(upstream.calls.length).toBe(1);
    });
  }

  test("in the middle of a stream cancels the upstream at once, and what was streamed is billed", async () => {
    const upstream = await fake(() => ({
      kind: "stream",
      chunks: chatChunks(["some words", " and more"]).slice(0, 3),
      ending: "hang",
    }));
    const opened = await single("openai-chat", upstream.url, "");
    const response = await opened.fetch("/v1/chat/completions", { json: { ...ASK, stream: true } });
    const reader = response.body?.getReader();
    await reader?.read();
    const cancelled = reader?.cancel();
    expect(await loopMs(gone(upstream))).toBeLessThan(100);
    await cancelled;
    const [row] = await settled(opened);
    expect(row).toMatchObject({ state: "aborted", usageSource: "estimated", fault: { kind: "client-left" } });
    expect(row?.usage.output.text).toBeGreaterThan(0);
    expect(row?.costNanoUsd).toBeGreaterThan(0);
    untouched(opened);
  });

  test("while it is kept waiting leaves no attempt open, even if the answer begins in that very moment", async () => {
    const upstream = await fake(() => ({
      kind: "stream",
      chunks: chatChunks(["late"]).slice(0, 2),
      everyMs: 60,
      ending: "hang",
    }));
    const opened = await single("openai-chat", upstream.url, "server: { heartbeat: 20ms }");
    const response = await opened.fetch("/v1/chat/completions", { json: { ...ASK, stream: true } });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await settled(opened)).toMatchObject([{ state: "aborted" }]);
    await gone(upstream);
    untouched(opened);
  });

  test("between two tries is not asked for again", async () => {
    const upstream = await fake(() => ({ kind: "json", status: 500, body: {} }));
    const opened = await gateway(
      `providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }
retries: { attempts: 3, base: 20s, max: 20s }`,
    );
    const controller = new AbortController();
    const pending = opened.fetch("/v1/chat/completions", { json: ASK, signal: controller.signal });
    while ((await opened.rows()).length === 0) await Bun.sleep(5);
    controller.abort();
    expect((await pending).status).toBe(499);
    expect(upstream.calls.length).toBe(1);
  });
});

describe("a reply that is whole", () => {
  test("comes at once where nobody has to wait", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("x") }));
    const opened = await single("openai-chat", upstream.url, "server: { heartbeat: 5s }");
    const text = await (
      await opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: MESSAGES } })
    ).text();
    expect(text).toStartWith("{");
  });
});
