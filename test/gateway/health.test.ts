import { describe, expect, test } from "bun:test";
import type { LodestarEvent } from "../../src/core/event.ts";
import type { Fault } from "../../src/core/fault.ts";
import { createBus } from "../../src/gateway/bus.ts";
import { createHealthBook } from "../../src/gateway/health.ts";
import { createFakeClock } from "../stores/fake-clock.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { later } from "../support/later.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway, duo } = createWorld();

const A = { provider: "p", account: "a", model: "m" };
const B = { provider: "p", account: "b", model: "m" };
const BROKEN: Fault = { kind: "upstream-error", message: "boom" };
const LIMITED: Fault = { kind: "rate-limited", message: "slow down", retryAfterMs: 30_000 };

function book(groups: Readonly<Record<string, string>> = {}) {
  const fakeClock = createFakeClock(1_000_000);
  const clock = { ...fakeClock, monotonic: fakeClock.now, random: () => 0 };
  const bus = createBus();
  const events: LodestarEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const policy = { failures: 2, windowMs: 60_000, isOff: false };
  const health = createHealthBook(
    clock,
    bus,
    () => policy,
    (_, account) => groups[account] ?? account,
    (provider, { kind }) => provider === "local" && kind === "upstream-error",
  );
  return { clock, health, events };
}

describe("the health book", () => {
  test("lets everything through that it knows nothing of", () => {
    const { health } = book();
    expect(health.coolingUntil("p", "a")).toBeNull();
    expect(health.snapshot()).toEqual([]);
  });

  test("pauses every account of a group, used before or not, and no other", () => {
    const { clock, health } = book({ a: "g", b: "g" });
    health.failed(A, LIMITED);
    expect(health.coolingUntil("p", "a")).toBe(clock.now() + 30_000);
    expect(health.coolingUntil("p", "b")).toBe(clock.now() + 30_000);
    expect(health.coolingUntil("p", "c")).toBeNull();
    expect(health.coolingUntil("q", "a")).toBeNull();
  });

  test("leaves out a model that cannot be loaded, and no other of the same server", () => {
    const { clock, health, events } = book();
    const broken = { provider: "local", account: "default", model: "broken:1b" };
    const until = (model: string): number | null => health.coolingUntil("local", "default", model);
    for (let fault = 0; fault < 2; fault += 1) health.failed(broken, BROKEN);
    expect([until("broken:1b"), until("fine:1b"), health.coolingUntil("local", "default")]).toEqual([
      clock.now() + 5_000,
      null,
      null,
    ]);
    expect(health.snapshot()).toMatchObject([
      {
        state: "closed",
        failures: 2,
        lastError: "upstream-error: boom",
        models: [{ model: "broken:1b", reason: "upstream-error: boom", untilMs: clock.now() + 5_000 }],
      },
    ]);
    health.succeeded({ ...broken, model: "fine:1b" });
    expect(until("broken:1b")).not.toBeNull();
    clock.advance(5_000);
    expect(until("broken:1b")).toBeNull();
    health.asked(broken);
    expect(until("broken:1b")).toBe(clock.now() + 30_000);
    health.succeeded(broken);
    expect([until("broken:1b"), health.snapshot()[0]?.models]).toEqual([null, []]);
    const told = { event: "health", provider: "local", account: "default", model: "broken:1b" };
    expect(events).toEqual([
      { ...told, at: 1_000_000, state: "open", reason: "boom" },
      { ...told, at: 1_005_000, state: "closed", reason: "answered" },
    ] as LodestarEvent[]);
  });

  describe("of a server whose models fail one by one", () => {
    type Turn = readonly [model: string, outcome: "fails" | "answers" | "wait"];
    const cases: readonly { readonly title: string; readonly turns: readonly Turn[]; readonly isOut: boolean }[] = [
      { title: "is in where one fails ever again", turns: Array(9).fill(["a", "fails"]), isOut: false },
      {
        title: "is out where two fail and none answers",
        turns: [
          ["a", "fails"],
          ["b", "fails"],
          ["a", "fails"],
        ],
        isOut: true,
      },
      {
        title: "is out where one after the other fails",
        turns: [
          ["a", "fails"],
          ["a", "fails"],
          ["b", "fails"],
          ["b", "fails"],
        ],
        isOut: true,
      },
      {
        title: "is in where a third answers in between",
        turns: [
          ["a", "fails"],
          ["b", "fails"],
          ["c", "answers"],
          ["a", "fails"],
          ["a", "fails"],
        ],
        isOut: false,
      },
      {
        title: "is in where the other failed longer ago than the window",
        turns: [
          ["a", "fails"],
          ["a", "wait"],
          ["b", "fails"],
          ["b", "fails"],
        ],
        isOut: false,
      },
    ];
    for (const { title, turns, isOut } of cases) {
      test(title, () => {
        const { clock, health, events } = book();
        for (const [model, outcome] of turns) {
          const target = { provider: "local", account: "default", model };
          if (outcome === "wait") clock.advance(60_001);
          else if (outcome === "answers") health.succeeded(target);
          else health.failed(target, { ...BROKEN, message: "out of memory" });
        }
        expect(health.coolingUntil("local", "default") !== null).toBe(isOut);
        const told = events.filter((event) => event.event === "health" && event.model === undefined);
        const reason = `no model answers there; ${turns.at(-1)?.[0]}: out of memory`;
        expect(told).toMatchObject(isOut ? [{ state: "open", reason }] : []);
        if (isOut) expect(health.snapshot()[0]?.coolingReason).toBe(`upstream-error: ${reason}`);
      });
    }

    test("comes back with the first answer of any of its models", () => {
      const { clock, health } = book();
      const of = (model: string) => ({ provider: "local", account: "default", model });
      for (const model of ["a", "b", "a"]) health.failed(of(model), BROKEN);
      clock.advance(5_000);
      health.asked(of("c"));
      expect(health.coolingUntil("local", "default", "d")).not.toBeNull();
      health.succeeded(of("c"));
      expect([health.coolingUntil("local", "default", "d"), health.snapshot()[0]?.state]).toEqual([null, "closed"]);
    });

    test("is out again, and for longer, where the trial fails too", () => {
      const { clock, health } = book();
      const of = (model: string) => ({ provider: "local", account: "default", model });
      for (const model of ["a", "b", "a"]) health.failed(of(model), BROKEN);
      clock.advance(5_000);
      health.failed(of("b"), BROKEN);
      expect(health.coolingUntil("local", "default")).toBe(clock.now() + 10_000);
    });
  });

  test("takes the whole server out where nobody answers there, whichever model was asked for", () => {
    const { health } = book();
    const gone: Fault = { kind: "connect", message: "refused" };
    for (const model of ["a:1b", "b:1b"]) health.failed({ provider: "local", account: "default", model }, gone);
    expect(health.coolingUntil("local", "default", "c:1b")).not.toBeNull();
  });

  test("pauses one account alone where its key is wrong", () => {
    const { health } = book({ a: "g", b: "g" });
    health.failed(A, { kind: "auth", message: "bad key" });
    expect(health.coolingUntil("p", "a")).not.toBeNull();
    expect(health.coolingUntil("p", "b")).toBeNull();
  });

  test("does not end a pause for an answer that was under way when it began", () => {
    const { clock, health } = book({ a: "g", b: "g" });
    health.failed(A, LIMITED);
    health.succeeded(B);
    health.succeeded(A);
    expect(health.coolingUntil("p", "a")).toBe(clock.now() + 30_000);
    clock.advance(30_000);
    expect(health.coolingUntil("p", "a")).toBeNull();
  });

  test("a shorter pause does not cut a longer one", () => {
    const { clock, health } = book();
    health.failed(A, LIMITED);
    health.failed(A, { ...LIMITED, retryAfterMs: 10 });
    expect(health.coolingUntil("p", "a")).toBe(clock.now() + 30_000);
  });

  test("looking does not use up the trial of a half-open breaker, asking does, for half a minute at most", () => {
    const { clock, health } = book();
    health.failed(A, BROKEN);
    health.failed(A, BROKEN);
    expect(health.coolingUntil("p", "a")).toBe(clock.now() + 5_000);
    clock.advance(5_000);
    expect(health.coolingUntil("p", "a")).toBeNull();
    expect(health.coolingUntil("p", "a")).toBeNull();
    health.asked(A);
    expect(health.coolingUntil("p", "a")).toBe(clock.now() + 30_000);
    clock.advance(30_000);
    expect(health.coolingUntil("p", "a")).toBeNull();
  });

  test("says once when a breaker opens and once when it closes", () => {
    const { clock, health, events } = book();
    health.failed(A, BROKEN);
    health.failed(A, BROKEN);
    health.failed(A, BROKEN);
    clock.advance(5_000);
    health.asked(A);
    health.succeeded(A);
    health.succeeded(A);
    expect(events).toMatchObject([
      { event: "health", provider: "p", account: "a", state: "open", reason: "boom" },
      { event: "health", provider: "p", account: "a", state: "closed", reason: "answered" },
    ]);
  });

  test("shows what it knows, and forgets it at a reset", () => {
    const { clock, health } = book({ a: "g", b: "g" });
    health.succeeded(B);
    health.failed(A, LIMITED);
    expect(health.snapshot()).toMatchObject([
      { provider: "p", account: "b", state: "closed", successes: 1, failures: 0, coolingUntil: clock.now() + 30_000 },
      { provider: "p", account: "a", state: "closed", failures: 0, lastError: "rate-limited: slow down" },
    ]);
    health.reset();
    expect(health.snapshot()).toEqual([]);
    expect(health.coolingUntil("p", "a")).toBeNull();
  });
});

const ASK = { model: "work/m", messages: [{ role: "user", content: "hello" }] };

describe("accounts of one provider", () => {
  const KEYS = { KEY_A: "key-of-account-a-0123", KEY_B: "key-of-account-b-0123", KEY_C: "key-of-account-c-0123" };

  function threeAccounts(url: string) {
    return gateway(
      `
providers:
  work:
    dialect: openai-chat
    baseUrl: "${url}/v1"
    models: [m]
    accounts:
      - { id: a, key: env:KEY_A, group: team }
      - { id: b, key: env:KEY_B, group: team }
      - { id: c, key: env:KEY_C }
`,
      KEYS,
    );
  }

  test("that share a quota cool down together: the next key asked is one of another group", async () => {
    const upstream = await fake((call) =>
      call.headers.authorization === `Bearer ${KEYS.KEY_C}`
        ? { kind: "json", body: chatReply("from c") }
        : { kind: "json", status: 429, headers: { "retry-after": "60" }, body: { error: { message: "slow down" } } },
    );
    const opened = await threeAccounts(upstream.url);
    const response = await opened.fetch("/v1/chat/completions", { json: ASK });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "from c" } }] });
    expect(upstream.calls.map((call) => call.headers.authorization)).toEqual([
      `Bearer ${KEYS.KEY_A}`,
      `Bearer ${KEYS.KEY_C}`,
    ]);
    await (await opened.fetch("/v1/chat/completions", { json: ASK })).text();
    expect(upstream.calls.at(-1)?.headers.authorization).toBe(`Bearer ${KEYS.KEY_C}`);
    expect((await opened.rows()).map((row) => `${row.account} ${row.state}`)).toEqual([
      "a failed",
      "c final",
      "c final",
    ]);
  });

  test("are tried one after the other when a key is wrong", async () => {
    const upstream = await fake((_, index) =>
      index < 2 ? { kind: "json", status: 401, body: {} } : { kind: "json", body: chatReply("ok") },
    );
    const opened = await threeAccounts(upstream.url);
    expect((await opened.fetch("/v1/chat/completions", { json: ASK })).status).toBe(200);
    expect((await opened.rows()).map((row) => `${row.account} ${row.fault?.kind}`)).toEqual([
      "a auth",
      "b auth",
      "c undefined",
    ]);
  });

  test("that all pause for a rate limit give its 429 with the time to wait, without a call and without a row", async () => {
    const upstream = await fake(() => ({ kind: "json", status: 429, headers: { "retry-after": "60" }, body: {} }));
    const opened = await threeAccounts(upstream.url);
    expect((await opened.fetch("/v1/chat/completions", { json: ASK })).status).toBe(429);
    const calls = upstream.calls.length;
    const refused = await opened.fetch("/v1/chat/completions", { json: ASK });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(await refused.json()).toMatchObject({ error: { type: "rate_limit_error", code: "rate_limited" } });
    expect(upstream.calls.length).toBe(calls);
    expect((await opened.rows()).length).toBe(calls);
  });

  test("that all have nothing left say so again, and not that they are busy: a client would ask and ask", async () => {
    const error = { message: "You exceeded your quota.", type: "insufficient_quota", code: "insufficient_quota" };
    const upstream = await fake(() => ({ kind: "json", status: 429, body: { error } }));
    const opened = await threeAccounts(upstream.url);
    const first = await opened.fetch("/v1/chat/completions", { json: ASK });
    const calls = upstream.calls.length;
    const second = await opened.fetch("/v1/chat/completions", { json: ASK });
    expect([first.status, second.status]).toEqual([429, 429]);
    expect(second.headers.get("x-should-retry")).toBe("false");
    expect(second.headers.get("retry-after")).toBeNull();
    expect(await second.json()).toMatchObject({ error: { type: "insufficient_quota" } });
    expect(upstream.calls.length).toBe(calls);
  });
});

describe("a half-open target further down the chain", () => {
  test("is still there to fall back on", async () => {
    const first = await fake((_, index) =>
      index === 0 ? { kind: "json", body: chatReply("first") } : { kind: "json", status: 500, body: {} },
    );
    const second = await fake(() => ({ kind: "json", body: chatReply("second") }));
    const opened = await duo(first.url, second.url, "retries: { attempts: 1 }\nbreaker: { failures: 1, window: 60s }");
    const { health } = opened.opening.runtime.services;
    const target = { provider: "second", account: "1", model: "two" };
    health.failed(target, BROKEN);
    await later(6_000, async () => {
      const ask = async () =>
        (await opened.fetch("/v1/chat/completions", { json: { ...ASK, model: "duo" } })).headers.get(
          "x-lodestar-provider",
        );
      expect(await ask()).toBe("first");
      expect(await ask()).toBe("second");
    });
  });
});
