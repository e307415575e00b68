import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BackendInputs, Daemon } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import { NANO_PER_USD } from "../../src/core/money.ts";
import { verifierOfDocs } from "../features/alerts/verifier.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { loopMs } from "../support/own-time.ts";
import { createWorld } from "../support/world.ts";
import { createInputs } from "./inputs.ts";

const verify = await verifierOfDocs();
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const inputsFor = createInputs();
const { fake } = createWorld();
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(inputs: BackendInputs): Promise<Daemon> {
  const started = await backend.startDaemon(inputs);
  if (!started.ok) throw new Error(started.error.message);
  const daemon = started.value;
  open.push(async () => {
    daemon.abort();
    await daemon.closed;
  });
  return daemon;
}

interface Received {
  readonly id: string;
  readonly body: { readonly event: string; readonly step?: string; readonly percent?: number };
  readonly isGenuine: boolean;
  readonly status: number;
}

/** A receiver that answers 500 to its first `failures` posts, and checks each as the documentation says. */
function receiver(failures: number): { readonly url: string; readonly posts: readonly Received[] } {
  const posts: Received[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const text = await request.text();
      const headers = Object.fromEntries(request.headers.entries());
      const status = posts.length < failures ? 500 : 204;
      posts.push({
        id: headers["webhook-id"] ?? "",
        body: JSON.parse(text),
        isGenuine: verify(headers, text, SECRET),
        status,
      });
      return new Response(null, { status });
    },
  });
  open.push(() => server.stop(true));
  return { url: `http://127.0.0.1:${server.port}/hook/private-path`, posts };
}

/** 10 tokens in and 5 out at 1,000 USD a million: 0.015 USD a call. */
const CALL_USD = 0.015;

async function setUp(budget: string, failures = 0) {
  const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
  const hook = receiver(failures);
  const inputs = await inputsFor(
    `
providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], key: env:UP_KEY } }
prices: { overrides: { up/m: { input: 1000, output: 1000 } } }
budgets: [${budget}]
webhooks: [{ url: "${hook.url}", secret: env:HOOK_SECRET }]
`,
    { UP_KEY: "up-key-0123456789", HOOK_SECRET: SECRET },
  );
  return { upstream, hook, inputs };
}

function chat(daemon: Daemon, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ model: "up/m", max_tokens: 5, messages: [{ role: "user", content: "hello" }] });
  return fetch(`${daemon.apiUrl}/v1/chat/completions`, { method: "POST", headers, body });
}

async function spend(daemon: Daemon, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) expect((await chat(daemon)).status).toBe(200);
}

/** The percentages that the receiver took as told, in order. */
function told(posts: readonly Received[]): readonly (number | undefined)[] {
  return posts.filter(({ status, body }) => status === 204 && body.event === "budget").map(({ body }) => body.percent);
}

function admin(daemon: Daemon, inputs: BackendInputs, path: string, init: RequestInit = {}): Promise<Response> {
  const token = readFileSync(join(inputs.flags.stateDir ?? "", "admin.token"), "utf8").trim();
  return fetch(daemon.adminUrl + path, { ...init, headers: { authorization: `Bearer ${token}` } });
}

describe("a daemon with a budget and a webhook", () => {
  test("tells each threshold once, signed, also when the receiver fails at first, and also over a restart", async () => {
    const limit = CALL_USD * 10;
    const { hook, inputs } = await setUp(
      `{ scope: global, period: total, limitUsd: ${limit}, warnAt: [20, 50], over: warn }`,
      2,
    );
    const first = await start(inputs);
    await spend(first, 3);
    await eventually("the first threshold is told", () => told(hook.posts).length === 1);
    expect(hook.posts.map(({ status }) => status)).toEqual([500, 500, 204]);
    expect(new Set(hook.posts.map(({ id }) => id)).size).toBe(1);
    await first.stop("test");
    await first.closed;
    const second = await start(inputs);
    await spend(second, 8);
    await eventually("the others are told", () => told(hook.posts).length >= 3);
    await second.stop("test");
    await second.closed;
    expect(told(hook.posts)).toEqual([20, 50, 100]);
    expect(hook.posts.every(({ isGenuine }) => isGenuine)).toBe(true);
    expect(hook.posts.at(-1)?.body).toMatchObject({
      event: "budget",
      budget: "total",
      scope: "global",
      step: "exceeded",
      limitNanoUsd: limit * NANO_PER_USD,
    });
  });

  test("refuses what does not fit, and the receiver has been told by the time the daemon has ended", async () => {
    const { upstream, hook, inputs } = await setUp(
      `{ scope: global, period: total, limitUsd: ${CALL_USD / 10}, over: deny }`,
    );
    const daemon = await start(inputs);
    const refused = await chat(daemon);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { type: "insufficient_quota" } });
    expect(upstream.calls).toHaveLength(0);
    await daemon.stop("test");
    await daemon.closed;
    expect(hook.posts.map(({ body, isGenuine }) => [body.step, isGenuine])).toEqual([["refused", true]]);
  });

  test("ends within its moment of grace although a receiver never answers, and at once where someone insists", async () => {
    const silent = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => undefined) });
    open.push(() => silent.stop(true));
    const config = `
budgets: [{ scope: global, period: total, limitUsd: 0, over: deny }]
providers: { up: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1", models: [m], key: env:UP_KEY } }
prices: { overrides: { up/m: { input: 1, output: 1 } } }
webhooks: [{ url: "http://127.0.0.1:${silent.port}/" }]`;
    const timed = async (end: (daemon: Daemon) => unknown) => {
      const daemon = await start(await inputsFor(config, { UP_KEY: "up-key-0123456789" }));
      expect((await chat(daemon)).status).toBe(429);
      const from = performance.now();
      end(daemon);
      const ownMs = await loopMs(daemon.closed);
      return { ownMs, tookMs: performance.now() - from };
    };
    const stopped = await timed((daemon) => daemon.stop("test"));
    expect(stopped.tookMs).toBeGreaterThanOrEqual(1_900);
    expect(stopped.ownMs).toBeLessThan(5_000);
    expect((await timed((daemon) => daemon.abort())).ownMs).toBeLessThan(1_500);
  });

  test("shows budgets and deliveries to its admin, and never where the webhook leads", async () => {
    const { hook, inputs } = await setUp(
      '{ scope: global, period: month, limitUsd: 1, warnAt: [1] }, { scope: project, name: "*", period: day, limitUsd: 2 }',
    );
    const daemon = await start(inputs);
    await spend(daemon, 1);
    await eventually("it was told", () => told(hook.posts).length === 1);
    const budgets = await (await admin(daemon, inputs, "/v1/budgets")).json();
    expect(budgets).toMatchObject({
      budgets: [
        { id: "month", spentNanoUsd: CALL_USD * NANO_PER_USD, reservedNanoUsd: 0, over: "degrade" },
        {
          id: "day:project:*",
          name: "*",
          spentNanoUsd: 0,
          leftNanoUsd: 2 * NANO_PER_USD,
          resetsAt: expect.any(Number),
        },
      ],
    });
    const webhooks = await eventually("it is counted", async () => {
      const text = await (await admin(daemon, inputs, "/v1/webhooks")).text();
      return text.includes('"delivered":1') ? text : null;
    });
    const trial = await (await admin(daemon, inputs, "/v1/webhooks/test", { method: "POST" })).text();
    expect(JSON.parse(trial)).toMatchObject({ webhooks: [{ isSigned: true, status: 204, error: null }] });
    expect(webhooks + trial).not.toContain("private-path");
    expect(hook.posts.at(-1)).toMatchObject({ body: { budget: "sample" }, isGenuine: true });
    await daemon.stop("test");
    await daemon.closed;
    const folder = join(inputs.flags.stateDir ?? "", "logs");
    const logs = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
    expect(logs).toContain("budget month: warning");
    expect(logs).not.toContain("private-path");
    expect(logs).not.toContain(SECRET);
  });
});

describe("a key with limits", () => {
  async function keyed(limits: object) {
    const { inputs, upstream } = await setUp("");
    const daemon = await start(inputs);
    const make = async (name: string, more: object = {}): Promise<Record<string, string>> => {
      const body = JSON.stringify({ name, ...more });
      const made = await admin(daemon, inputs, "/v1/keys", { method: "POST", body });
      const { secret } = (await made.json()) as { secret: string };
      return { authorization: `Bearer ${secret}` };
    };
    return { daemon, inputs, upstream, limited: await make("limited", { limits }), free: await make("free") };
  }

  test("spends its own budget and no more, while others go on", async () => {
    const budget = { limitNanoUsd: CALL_USD * 2.5 * NANO_PER_USD, period: "total", over: "deny" };
    const { daemon, inputs, upstream, limited, free } = await keyed({ budget });
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await chat(daemon, limited)).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await chat(daemon, free)).status).toBe(200);
    const passed = statuses.filter((status) => status === 200).length;
    expect(passed).toBeLessThanOrEqual(2);
    expect(upstream.calls).toHaveLength(passed + 1);
    const { budgets } = (await (await admin(daemon, inputs, "/v1/budgets")).json()) as { budgets: readonly object[] };
    expect(budgets).toMatchObject([
      { id: "total:own:limited", name: "limited", origin: "key", spentNanoUsd: passed * CALL_USD * 1e9 },
    ]);
    const more = JSON.stringify({ budget: null });
    await admin(daemon, inputs, "/v1/keys/limited", { method: "PATCH", body: more });
    expect((await chat(daemon, limited)).status).toBe(200);
  });

  test("is told its rate in every answer, and when to come again", async () => {
    const { daemon, limited, free } = await keyed({ requestsPerMinute: 2 });
    const answers = [await chat(daemon, limited), await chat(daemon, limited), await chat(daemon, limited)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get("x-ratelimit-remaining-requests"))).toEqual(["1", "0", "0"]);
    expect(answers.every(({ headers }) => headers.get("x-ratelimit-limit-requests") === "2")).toBe(true);
    const refused = answers[2];
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(20);
    expect(Number(refused?.headers.get("retry-after-ms"))).toBeGreaterThan(20_000);
    expect(await refused?.json()).toMatchObject({ error: { type: "rate_limit_error", code: "key_rate_exceeded" } });
    expect((await chat(daemon, free)).headers.get("x-ratelimit-limit-requests")).toBeNull();
  });
});
