import { afterAll, describe, expect, test } from "bun:test";
import { targetName } from "../../src/core/target.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { later } from "../support/later.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

const HEALTHY: Behaviour = { kind: "json", body: chatReply("first") };
const SECOND: Behaviour = { kind: "json", body: chatReply("second") };
const MODELS: Behaviour = { kind: "json", body: { data: [] } };
const IS_DOWN: Behaviour = { kind: "json", status: 503, body: { error: { message: "down" } } };
const ASK = { model: "duo", messages: [{ role: "user", content: "hello" }] };
const RULES = "retries: { attempts: 1 }\nbreaker: { failures: 3, window: 60s }\n";

const figures: string[] = [];
afterAll(() => console.log(figures.join("\n")));

/** A provider that does as it is told from call to call; what it lists is as dead as itself. */
async function switchable() {
  let now: Behaviour = HEALTHY;
  const upstream = await fake((call) => (call.method === "POST" || now !== HEALTHY ? now : MODELS));
  const asked = (method: string): number => upstream.calls.filter((call) => call.method === method).length;
  return { url: upstream.url, asked, become: (behaviour: Behaviour) => (now = behaviour) };
}

interface Told {
  readonly status: number;
  readonly provider: string | null;
  readonly tookMs: number;
}

async function ask(gateway: TestGateway): Promise<Told> {
  const startedAt = performance.now();
  const response = await gateway.fetch("/v1/chat/completions", { json: ASK });
  await response.text();
  const provider = response.headers.get("x-lodestar-provider");
  return { status: response.status, provider, tookMs: performance.now() - startedAt };
}

async function askTimes(gateway: TestGateway, times: number): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let time = 0; time < times; time += 1) told.push(await ask(gateway));
  return told;
}

function stateOf({ opening }: TestGateway, provider: string) {
  return opening.runtime.services.health.snapshot().find((health) => health.provider === provider);
}

describe("a provider that dies in the middle of a day's work", () => {
  const deaths: readonly (readonly [how: string, behaviour: Behaviour])[] = [
    ["answers 503", IS_DOWN],
    ["cuts every connection", { kind: "reset" }],
    ["answers pages of HTML", { kind: "text", body: "<h1>bad gateway</h1>", status: 502 }],
    ["hangs", { kind: "hang" }],
  ];
  test.each(deaths)(
    "and %s is routed around: no client sees an error, and three requests are late at most",
    async (how, death) => {
      const first = await switchable();
      const second = await fake(() => SECOND);
      const gateway = await duo(first.url, second.url, `${RULES}deadlines: { headers: 150ms }`);
      expect((await askTimes(gateway, 5)).every(({ provider }) => provider === "first")).toBe(true);
      first.become(death);
      const told = await askTimes(gateway, 20);
      const isLate = ({ provider, state }: { provider: string; state: string }) =>
        provider === "first" && state === "failed";
      const suffered = (await gateway.rows()).filter(isLate).length;
      figures.push(`${how}: of 20 requests 0 failed, ${suffered} were tried at the dead provider first`);
      expect(told.map(({ status, provider }) => `${status} ${provider}`)).toEqual(Array(20).fill("200 second"));
      expect(suffered).toBe(3);
      expect(stateOf(gateway, "first")?.state).toBe("open");
    },
  );

  test("is found again by a free probe before any request is risked, and then used again", async () => {
    const first = await switchable();
    const second = await fake(() => SECOND);
    const gateway = await duo(first.url, second.url, RULES);
    const { prober } = gateway.opening.runtime.healthSide;
    first.become({ kind: "reset" });
    await askTimes(gateway, 4);
    const trials = first.asked("POST");
    for (const seconds of [4, 12, 40, 100, 250]) {
      await later(seconds * 1_000, async () => {
        await prober.probeDue();
        expect((await ask(gateway)).provider).toBe("second");
      });
    }
    expect(first.asked("POST")).toBe(trials);
    first.become(HEALTHY);
    await later(280_000, async () => {
      await prober.probeDue();
      expect((await ask(gateway)).provider).toBe("first");
    });
    expect(stateOf(gateway, "first")?.state).toBe("closed");
    figures.push(`recovery: ${first.asked("GET")} free probes, 0 requests risked before it answered again`);
  });
});

describe("a provider that falls silent while its deadline is far away", () => {
  test("is left out by probes long before, so that only those suffer that were asked meanwhile", async () => {
    const first = await switchable();
    const second = await fake(() => SECOND);
    const gateway = await duo(first.url, second.url, RULES);
    const { prober } = gateway.opening.runtime.healthSide;
    await ask(gateway);
    first.become({ kind: "hang" });
    const leaving = new AbortController();
    const waiting = gateway.fetch("/v1/chat/completions", { json: ASK, signal: leaving.signal });
    await eventually("the call is out", () => first.asked("POST") === 2);
    first.become({ kind: "reset" });
    for (const seconds of [11, 14, 17]) await later(seconds * 1_000, prober.probeDue);
    expect(stateOf(gateway, "first")?.state).toBe("open");
    expect((await ask(gateway)).provider).toBe("second");
    expect(first.asked("POST")).toBe(2);
    figures.push(
      "silence: 1 request waits, the next one is answered elsewhere after 3 probes (17 s, where the deadline is 600 s)",
    );
    leaving.abort();
    await waiting.then(
      (response) => response.text(),
      () => "",
    );
  });
});

describe("a provider that limits its rate", () => {
  test("costs one request, and is asked again when its own time is over and not before", async () => {
    const first = await switchable();
    const second = await fake(() => SECOND);
    const gateway = await duo(first.url, second.url, RULES);
    first.become({ kind: "json", status: 429, headers: { "retry-after": "30" }, body: { error: { message: "slow" } } });
    const told = await askTimes(gateway, 10);
    expect(told.every(({ status, provider }) => status === 200 && provider === "second")).toBe(true);
    expect(first.asked("POST")).toBe(1);
    const health = stateOf(gateway, "first");
    expect(health).toMatchObject({ state: "closed", failures: 0, coolingReason: "rate-limited: slow" });
    first.become(HEALTHY);
    await later(29_000, async () => expect((await ask(gateway)).provider).toBe("second"));
    await later(31_000, async () => expect((await ask(gateway)).provider).toBe("first"));
    figures.push("429 with Retry-After 30: of 10 requests 0 failed, 1 was tried there first");
  });

  test("or is too busy for the time it names is not asked meanwhile, though nothing is wrong with it", async () => {
    const first = await switchable();
    const second = await fake(() => SECOND);
    const gateway = await duo(first.url, second.url, RULES);
    first.become({ kind: "json", status: 503, headers: { "retry-after": "20" }, body: { error: { message: "busy" } } });
    await askTimes(gateway, 5);
    expect(first.asked("POST")).toBe(1);
    expect(stateOf(gateway, "first")).toMatchObject({ state: "closed", coolingReason: "overloaded: busy" });
  });
});

describe("a half-open provider under a crowd", () => {
  test("gets one trial, however many requests come at once", async () => {
    const first = await switchable();
    const second = await fake(() => SECOND);
    const gateway = await duo(first.url, second.url, RULES);
    first.become({ kind: "reset" });
    await askTimes(gateway, 4);
    const before = first.asked("POST");
    first.become({
      kind: "stream",
      chunks: [JSON.stringify(chatReply("first"))],
      type: "application/json",
      headersAfterMs: 100,
    });
    const told = await later(6_000, () => Promise.all(Array.from({ length: 50 }, () => ask(gateway))));
    figures.push(`half-open: 50 requests at once, ${first.asked("POST") - before} of them a trial`);
    expect(first.asked("POST") - before).toBe(1);
    expect(told.filter(({ provider }) => provider === "first").length).toBe(1);
    expect(told.every(({ status }) => status === 200)).toBe(true);
  });
});

describe("what clients do wrong", () => {
  test("never counts: refused requests, unknown models and clients that leave make no provider less available", async () => {
    const refusals = [400, 404, 413, 422];
    const first = await fake((_, index) => {
      if (index < refusals.length)
        return { kind: "json", status: refusals[index] ?? 400, body: { error: { message: "no" } } };
      return index === refusals.length ? { kind: "hang" } : HEALTHY;
    });
    const second = await fake(() => SECOND);
    const gateway = await duo(first.url, second.url, RULES);
    const json = { ...ASK, model: "first/one" };
    for (const _ of refusals) await (await gateway.fetch("/v1/chat/completions", { json })).text();
    const leaving = new AbortController();
    const left = gateway.fetch("/v1/chat/completions", { json, signal: leaving.signal }).catch(() => null);
    await first.seen(refusals.length + 1);
    leaving.abort();
    await left;
    await eventually("the one that left is settled", async () => (await gateway.rows()).at(-1)?.state === "aborted");
    await (await gateway.fetch("/v1/chat/completions", { json })).text();
    const now = Date.now();
    const buckets = gateway.opening.runtime.healthSide.buckets({ width: "hour", from: 0, to: now + 3_600_000 });
    expect(buckets.map((bucket) => `${targetName(bucket)} ${bucket.tally.answered}`)).toEqual(["first/one 1"]);
    expect(buckets[0]?.tally.faults).toEqual({});
    expect(stateOf(gateway, "first")).toMatchObject({ state: "closed", failures: 0, coolingUntil: null });
  });
});
