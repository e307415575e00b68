import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LodestarEvent } from "../../src/core/event.ts";
import { chatChunks, chatReply, contentOf, eventsOf } from "../support/chat-chunks.ts";
import { type Behaviour, startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo, gateway } = createWorld();

const MESSAGES = [{ role: "user", content: "hello" }];

/** What a provider may do with one call. Each call is answered with headers, so that its log is exact. */
const BEHAVIOURS: Readonly<Record<string, (isStream: boolean) => Behaviour>> = {
  answers: (isStream) =>
    isStream ? { kind: "stream", chunks: chatChunks(["a", "b"]) } : { kind: "json", body: chatReply("a") },
  "answers without usage": (isStream) =>
    isStream
      ? { kind: "stream", chunks: chatChunks(["a"], null) }
      : { kind: "json", body: { ...chatReply("a"), usage: null } },
  breaks: () => ({ kind: "json", status: 500, body: { error: { message: "boom" } } }),
  "is busy": () => ({ kind: "json", status: 503, headers: { "retry-after": "0" }, body: {} }),
  "limits the rate": () => ({ kind: "json", status: 429, headers: { "retry-after": "0" }, body: {} }),
  refuses: () => ({ kind: "json", status: 400, body: { error: { message: "no" } } }),
  "talks nonsense": () => ({ kind: "text", body: "<html>" }),
  "talks nonsense in a stream": () => ({ kind: "stream", chunks: ["data: {nonsense\n\n"] }),
  "cuts before content": () => ({ kind: "stream", chunks: chatChunks(["a"]).slice(0, 1), ending: "cut" }),
  "cuts in the middle": () => ({ kind: "stream", chunks: chatChunks(["a", "b"]).slice(0, 2), ending: "cut" }),
  "ends without an end": () => ({ kind: "stream", chunks: chatChunks(["a", "b"]).slice(0, 2) }),
  "falls silent": () => ({ kind: "stream", chunks: chatChunks(["a"]).slice(0, 2), ending: "hang" }),
};

interface Step {
  readonly isStream: boolean;
  /** The client goes away after the first bytes of the answer. */
  readonly leaves: boolean;
}

interface Script {
  readonly first: readonly string[];
  readonly second: readonly string[];
  readonly requests: readonly Step[];
}

const behaviours = fc.array(fc.constantFrom(...Object.keys(BEHAVIOURS)), { minLength: 1, maxLength: 6 });
const scripts: fc.Arbitrary<Script> = fc.record({
  first: behaviours,
  second: behaviours,
  requests: fc.array(fc.record({ isStream: fc.boolean(), leaves: fc.boolean() }), { minLength: 1, maxLength: 6 }),
});

async function ask(opened: TestGateway, { isStream, leaves }: Step): Promise<void> {
  const json = { model: "duo", stream: isStream, messages: MESSAGES };
  const response = await opened.fetch("/v1/chat/completions", { json });
  if (!leaves) {
    await response.text();
    return;
  }
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
}

async function closedRows(opened: TestGateway) {
  for (let tries = 0; tries < 300; tries++) {
    const rows = await opened.rows();
    if (rows.every((row) => row.endedAt !== null)) return rows;
    await Bun.sleep(5);
  }
  throw new Error("an attempt stayed open");
}

const CONFIG = `retries: { attempts: 2, base: 0ms, max: 1ms }
breaker: { off: true }
deadlines: { firstToken: 120ms, idle: 120ms }`;

/** Runs a script against a fresh gateway, and hands what came of it to `check`. */
async function play(script: Script, check: (opened: TestGateway, calls: number) => Promise<void>): Promise<void> {
  const answer = (names: readonly string[]) => (call: { body: string }, index: number) => {
    const behaviour = BEHAVIOURS[names[index % names.length] ?? ""];
    if (behaviour === undefined) throw new Error("no such behaviour");
    return behaviour(JSON.parse(call.body).stream === true);
  };
  const [first, second] = await Promise.all(
    [script.first, script.second].map((names) => startFakeUpstream(answer(names))),
  );
  if (first === undefined || second === undefined) throw new Error("two providers were started");
  const opened = await openTestGateway(
    `providers:
  first: { dialect: openai-chat, baseUrl: "${first.url}/v1", models: [one], accounts: [{ key: env:A_KEY }] }
  second: { dialect: openai-chat, baseUrl: "${second.url}/v1", models: [two], accounts: [{ key: env:A_KEY }] }
chains: { duo: [first/one, second/two] }
prices: { overrides: { first/one: { input: 1, output: 1 }, second/two: { input: 2, output: 3 } } }
${CONFIG}`,
    { A_KEY: "a-key-0123456789" },
  );
  try {
    await Promise.all(script.requests.map((step) => ask(opened, step)));
    await check(opened, first.calls.length + second.calls.length);
  } finally {
    await opened.close();
    await Promise.all([first.stop(), second.stop()]);
  }
}

function settledEvents(events: readonly LodestarEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.event === "settled" ? [`${event.intent.requestId}#${event.intent.attempt}`] : [],
  );
}

describe("whatever the providers and the clients do", () => {
  test("every call is one row, every row ends once, and the totals are the sum of the rows", async () => {
    await fc.assert(
      fc.asyncProperty(scripts, (script) =>
        play(script, async (opened, calls) => {
          const rows = await closedRows(opened);
          const ids = rows.map((row) => `${row.requestId}#${row.attempt}`);
          expect(new Set(ids).size).toBe(ids.length);
          expect([...settledEvents(opened.events)].sort()).toEqual([...ids].sort());
          expect(rows.length).toBe(calls);
          expect(new Set(rows.map((row) => row.requestId)).size).toBe(script.requests.length);

          const totals = opened.opening.stores.ledger.totals({});
          const costNanoUsd = rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
          expect(totals).toMatchObject({
            attempts: rows.length,
            costNanoUsd,
            requests: script.requests.length,
            unpriced: 0,
          });
          const byProvider = opened.opening.stores.ledger.groups({}, "provider");
          expect(byProvider.reduce((sum, group) => sum + group.costNanoUsd, 0)).toBe(costNanoUsd);
        }),
      ),
      { numRuns: 12, endOnFailure: true },
    );
  }, 60_000);

  test("attempts of one request are numbered without a gap, and only its last one may have answered", async () => {
    await fc.assert(
      fc.asyncProperty(scripts, (script) =>
        play(script, async (opened) => {
          const byRequest = Map.groupBy(await closedRows(opened), (row) => row.requestId);
          for (const rows of byRequest.values()) {
            const inOrder = rows.toSorted((a, b) => a.attempt - b.attempt);
            expect(inOrder.map((row) => row.attempt)).toEqual(inOrder.map((_, index) => index + 1));
            for (const row of inOrder.slice(0, -1)) expect(row.state).toBe("failed");
            for (const row of inOrder)
              expect(row.fault === null).toBe(row.state === "final" || row.state === "estimated");
          }
        }),
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 60_000);
});

describe("a ledger that can take no more", () => {
  test("means that no model is asked, and the client is told why", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("never") }));
    const opened = await duo(upstream.url, upstream.url);
    const { ledger } = opened.opening.stores;
    Object.assign(ledger, {
      reserve: () => false,
      health: () => ({ ...ledger.health, lastError: "database or disk is full" }),
    });
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "duo", messages: MESSAGES } });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("disk is full") } });
    expect(upstream.calls.length).toBe(0);
  });
});

describe("a bug of ours", () => {
  function brokenBooking(opened: TestGateway): void {
    Object.assign(opened.opening.stores.ledger, {
      settle: () => {
        throw new Error("a bug that a test put here");
      },
    });
  }

  test("gives a 500 with the id of the request, and no word of the bug itself", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("x") }));
    const opened = await duo(upstream.url, upstream.url);
    brokenBooking(opened);
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "duo", messages: MESSAGES } });
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(body).not.toContain("a bug that a test put here");
    expect(JSON.parse(body)).toMatchObject({
      error: { type: "internal_error" },
      request_id: response.headers.get("x-lodestar-request-id"),
    });
    const [row] = await opened.rows();
    expect(row?.requestId).toBe(response.headers.get("x-lodestar-request-id") ?? "none");
    expect(upstream.calls.length).toBe(1);
  });

  test("in the middle of a stream ends it in an error event, lets the upstream go and is not held against it", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]), everyMs: 5 }));
    const opened = await duo(upstream.url, upstream.url, "retries: { attempts: 1 }");
    brokenBooking(opened);
    const json = { model: "duo", stream: true, messages: MESSAGES };
    const wire = await (await opened.fetch("/v1/chat/completions", { json })).text();
    expect(contentOf(wire)).toBe("ab");
    expect(eventsOf(wire).at(-1)).toMatchObject({ error: { type: "internal_error" } });
    expect(opened.opening.runtime.services.health.snapshot().filter((entry) => entry.failures > 0)).toEqual([]);
  });
});

describe("a reload while a request is under way", () => {
  test("lets it end under the configuration it began with, also where its next target is gone", async () => {
    let reload = (): void => undefined;
    const first = await fake(() => {
      reload();
      return { kind: "json", status: 500, body: {} };
    });
    const second = await fake(() => ({ kind: "json", body: chatReply("second") }));
    const opened = await duo(first.url, second.url, "retries: { attempts: 1 }");
    const { runtime } = opened.opening;
    const { settings } = runtime.loaded();
    reload = () => {
      const providers = settings.providers.filter((entry) => entry.provider.id !== "second");
      runtime.use({ ...runtime.loaded(), settings: { ...settings, providers, chains: {} } });
    };
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "duo", messages: MESSAGES } });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "second" } }] });
    const later = await opened.fetch("/v1/chat/completions", { json: { model: "duo", messages: MESSAGES } });
    expect(later.status).toBe(404);
  });
});

describe("a saving", () => {
  test("is free tier where the local model was asked for by name, routing where a chain or alias chose it, with its price", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("a") }));
    const opened = await gateway(
      `providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }
aliases: { mine: up/m }
chains: { one: [up/m] }`,
    );
    for (const model of ["up/m", "m", "mine", "one"]) {
      await opened.fetch("/v1/chat/completions", { json: { model, messages: MESSAGES } });
    }
    const rows = await opened.rows();
    expect(rows.map(({ savedKind }) => savedKind)).toEqual(["free-tier", "free-tier", "routing", "routing"]);
    for (const { savedNanoUsd, savedPriceId } of rows) {
      expect(savedNanoUsd).toBeGreaterThan(0);
      expect(opened.opening.stores.ledger.price(savedPriceId ?? "")).toMatchObject({ provider: "anthropic" });
    }
  });
});

describe("a shutdown", () => {
  test("breaks a stream off in an error event and books what was streamed", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["words"]).slice(0, 2), ending: "hang" }));
    const opened = await gateway(
      `providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const json = { model: "up/m", stream: true, messages: MESSAGES };
    const response = await opened.fetch("/v1/chat/completions", { json });
    opened.opening.runtime.abort();
    const wire = await response.text();
    expect(contentOf(wire)).toBe("words");
    expect(eventsOf(wire).at(-1)).toMatchObject({ error: { code: "shutting_down" } });
    expect(await closedRows(opened)).toMatchObject([{ state: "aborted", fault: { kind: "shutdown" } }]);
  });

  test("that closes the client's side in the same breath is not booked as a client that left", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["words"]).slice(0, 2), ending: "hang" }));
    const opened = await gateway(
      `providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const json = { model: "up/m", stream: true, messages: MESSAGES };
    const response = await opened.fetch("/v1/chat/completions", { json });
    opened.opening.runtime.abort();
    await response.body?.cancel();
    expect(await closedRows(opened)).toMatchObject([{ state: "aborted", fault: { kind: "shutdown" } }]);
  });

  test("does not sit out a pause between two tries", async () => {
    const upstream = await fake(() => ({ kind: "json", status: 500, body: {} }));
    const opened = await gateway(
      `providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }
retries: { attempts: 2, base: 60s, max: 60s }`,
    );
    const pending = opened.fetch("/v1/chat/completions", { json: { model: "up/m", messages: MESSAGES } });
    while ((await opened.rows()).length === 0) await Bun.sleep(5);
    opened.opening.runtime.abort();
    expect((await pending).status).toBe(503);
    expect(upstream.calls.length).toBe(1);
  });
});
