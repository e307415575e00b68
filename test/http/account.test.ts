import { describe, expect, test } from "bun:test";
import { chatReply } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

const ASK = { model: "duo", messages: [{ role: "user", content: "hello" }] };
const KEY = { name: "me", project: "atlas", expiresAt: null, models: ["first/*", "second/*"] };

async function world(more = "") {
  const bad = await fake(() => ({ kind: "json", status: 500, body: {} }));
  const good = await fake(() => ({ kind: "json", body: chatReply("ok") }));
  const opened = await duo(bad.url, good.url, `retries: { attempts: 1 }\n${more}`);
  const send = (headers: Record<string, string>) => opened.fetch("/v1/chat/completions", { json: ASK, headers });
  const ask = async (headers: Record<string, string> = {}) =>
    (await send(headers)).headers.get("x-lodestar-request-id") ?? "";
  return { opened, ask, send };
}

describe("GET /v1/generation", () => {
  test("tells every attempt of a request, in order, as soon as it was answered", async () => {
    const { opened, ask } = await world();
    const id = await ask({ "x-session-id": "s1", "x-lodestar-project": "atlas" });
    const response = await opened.fetch(`/v1/generation?id=${id}`);
    expect(await response.json()).toMatchObject({
      data: {
        id,
        attempts: [
          {
            attempt: 1,
            state: "failed",
            provider: "first",
            model: "one",
            requested_model: "duo",
            route_reason: "chain:duo",
            cost: 0,
            fault: { kind: "upstream-error" },
          },
          {
            attempt: 2,
            state: "final",
            provider: "second",
            cost: 0.00003,
            cost_reason: null,
            usage_source: "provider",
            usage: { input: { uncached: 10 }, output: { text: 5 } },
          },
        ],
      },
    });
    expect(await opened.rows()).toMatchObject([
      { session: "s1", project: "atlas" },
      { session: "s1", project: "atlas" },
    ]);
  });

  test("tells the price row and the formula of every number, who asked, and the cost of all attempts", async () => {
    const { opened, ask } = await world();
    const id = await ask({ "x-lodestar-tag": "nightly", "user-agent": "tool/1" });
    const { data } = (await (await opened.fetch(`/v1/generation?id=${id}`)).json()) as {
      data: { attempts: { bill: { price: { id: string } } | null; price_id: string }[] };
    };
    expect(data).toMatchObject({ cost: 0.00003, tag: "nightly", client: "tool/1", project: null });
    const [failed, answered] = data.attempts;
    expect(failed).toMatchObject({
      bill: null,
      upstream_status: 500,
      notes: ["No tokens were used, so it costs nothing."],
    });
    expect(answered).toMatchObject({
      account: expect.any(String),
      endpoint: "chat",
      dialect: "openai-chat",
      streamed: false,
      upstream_status: 200,
      duration_ms: expect.any(Number),
      saved: null,
      notes: [],
      bill: {
        price: { provider: "second", model: "two", source: "override", condition: null },
        lines: [
          { class: "input", count: 10, usd_per_million: "2", usd: "0.00002", formula: "10 × $2 / 1M = $0.00002" },
          { class: "output", count: 5, above_tokens: null, usd: "0.00001" },
        ],
        exact: "0.00003",
        rounded: 0.00003,
      },
    });
    expect(answered?.bill?.price.id).toBe(answered?.price_id ?? "");
  });

  test("asks for an id, and knows no other", async () => {
    const { opened } = await world();
    const missing = await opened.fetch("/v1/generation");
    expect(missing.status).toBe(400);
    expect(await missing.json()).toMatchObject({ error: { code: "missing_id", param: "id" } });
    const unknown = await opened.fetch("/v1/generation?id=req_none");
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: "generation_not_found" } });
  });

  test("tells a key about its own requests only", async () => {
    const { opened, ask } = await world();
    const before = await ask();
    const mine = opened.opening.keyring.mint(KEY);
    const other = opened.opening.keyring.mint({ ...KEY, name: "other" });
    const id = await ask({ "x-api-key": mine.secret });
    const look = async (secret: string, which: string) =>
      (await opened.fetch(`/v1/generation?id=${which}`, { headers: { "x-api-key": secret } })).status;
    expect(await look(mine.secret, id)).toBe(200);
    expect(await look(other.secret, id)).toBe(404);
    expect(await look(mine.secret, before)).toBe(404);
  });
});

/** What `/v1/key` says where neither the key nor any budget limits it. */
const UNLIMITED = {
  limits: { requests_per_minute: null, tokens_per_minute: null, concurrent: null },
  remaining: null,
  budgets: [],
};

describe("GET /v1/key", () => {
  test("without keys tells what this daemon spent", async () => {
    const { opened, ask } = await world();
    await ask();
    expect(await (await opened.fetch("/v1/key")).json()).toEqual({
      data: {
        id: null,
        keyless: true,
        project: null,
        models: null,
        ...UNLIMITED,
        usage: { requests: 1, cost: 0.00003, unpriced: 0 },
      },
    });
  });

  test("tells a key its project, its models and its own spending, and nothing of its secret", async () => {
    const { opened, ask } = await world();
    await ask();
    const mine = opened.opening.keyring.mint(KEY);
    await ask({ authorization: `Bearer ${mine.secret}` });
    await ask({ authorization: `Bearer ${mine.secret}` });
    const text = await (await opened.fetch("/v1/key", { headers: { "x-api-key": mine.secret } })).text();
    expect(JSON.parse(text)).toEqual({
      data: {
        id: mine.key.id,
        keyless: false,
        project: "atlas",
        models: ["first/*", "second/*"],
        ...UNLIMITED,
        usage: { requests: 2, cost: 0.00006, unpriced: 0 },
      },
    });
    expect(text).not.toContain(mine.secret);
  });
});

describe("GET /v1/key under budgets", () => {
  test("tells what is left of each that counts the key, and every answer tells the tightest", async () => {
    const { opened, send } = await world(`timeZone: UTC
budgets:
  - { scope: global, period: month, limitUsd: 1 }
  - { scope: key, name: "*", period: total, limitUsd: 0.5, over: deny }
  - { scope: project, name: other, period: day, limitUsd: 0 }`);
    const { key, secret } = opened.opening.keyring.mint(KEY);
    const headers = { "x-api-key": secret };
    const response = await send(headers);
    expect(response.headers.get("x-lodestar-budget-remaining")).toBe("0.49997");
    expect(response.headers.get("x-litellm-key-spend")).toBe("0.00003");
    expect((await send(headers)).headers.get("x-litellm-key-spend")).toBe("0.00006");
    const { data } = (await (await opened.fetch("/v1/key", { headers })).json()) as { data: object };
    expect(data).toMatchObject({
      remaining: 0.49994,
      budgets: [
        {
          id: "month",
          scope: "global",
          name: null,
          limit: 1,
          spent: 0.00006,
          reserved: 0,
          resets_at: expect.any(Number),
        },
        { scope: "key", name: key.name, period: "total", over: "deny", remaining: 0.49994, resets_at: null },
      ],
    });
  });
});

describe("who asks", () => {
  test("is in every row: key, project of the key before that of a header, session, program", async () => {
    const { opened, ask } = await world();
    const { key, secret } = opened.opening.keyring.mint(KEY);
    await ask({
      "x-api-key": secret,
      "x-lodestar-project": "not-this",
      "session-id": "s-9",
      "user-agent": "tool/1.0 \u00e9",
      "x-lodestar-tag": "nightly",
      "x-lodestar-task": "bug_fix",
      "x-lodestar-file": "src/caf\u00e9.ts",
    });
    expect((await opened.rows()).at(-1)).toMatchObject({
      keyId: key.id,
      project: "atlas",
      session: "s-9",
      client: "tool/1.0 ?",
      tag: "nightly",
      task: "bug_fix",
      file: "src/caf?.ts",
    });
  });

  test("may say so at length, of which a bounded part is kept", async () => {
    const { opened, ask } = await world();
    await ask({
      "x-lodestar-project": "p".repeat(500),
      "x-session-id": "s".repeat(500),
      "user-agent": "u".repeat(500),
      "x-lodestar-tag": "t".repeat(500),
      "x-lodestar-task": "t".repeat(500),
      "x-lodestar-file": "f".repeat(500),
    });
    const row = (await opened.rows()).at(-1);
    expect([row?.project?.length, row?.session?.length, row?.client?.length]).toEqual([100, 200, 100]);
    expect([row?.tag?.length, row?.task, row?.file?.length]).toEqual([200, null, 200]);
  });
});
