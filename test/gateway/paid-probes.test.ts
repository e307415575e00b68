import { afterEach, describe, expect, test } from "bun:test";
import { createPaidProber } from "../../src/gateway/paid-probes.ts";
import { intentOf, outcomeOf } from "../stores/attempts.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { later } from "../support/later.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway, duo } = createWorld();

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OK: Behaviour = {
  kind: "json",
  body: {
    id: "x",
    object: "chat.completion",
    created: 1,
    model: "one",
    choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 8, completion_tokens: 1, total_tokens: 9 },
  },
};
/** 9 tokens at 1 USD a million. */
const COST = 9_000;
const ASK = { model: "first/one", messages: [{ role: "user", content: "Hello" }] };

function paid(more = ""): string {
  return `retries: { attempts: 1 }\nhealth: { paid: { models: [first/one]${more} } }\n`;
}

/** A gateway whose prober moves only when a test says so. */
function watch(opened: TestGateway) {
  let count = 0;
  const prober = createPaidProber(opened.opening.runtime.services, () => `req_probe${++count}`);
  ends.push(prober.stop);
  return { ...opened, prober, probe: (afterMs = 0) => later(afterMs, prober.probeDue), view: prober.view };
}

async function open(more: string, answer: () => Behaviour = () => OK) {
  const upstream = await fake(answer);
  return { ...watch(await duo(upstream.url, upstream.url, more)), upstream };
}

describe("a paid probe", () => {
  test.each(["", "health: { paid: { every: 1m } }\n", "health: { paid: { models: [] } }\n"])(
    "is off unless models are named: %j",
    async (config) => {
      const { probe, view, upstream } = await open(config);
      await probe(100 * HOUR_MS);
      expect([upstream.calls.length, view()]).toEqual([0, null]);
    },
  );

  test("asks for one token with the account's key, and is a row of its own tag that costs what it cost", async () => {
    const { probe, view, rows, upstream } = await open(paid());
    await probe();
    expect(upstream.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/chat/completions"]);
    expect(JSON.parse(upstream.calls[0]?.body ?? "")).toMatchObject({ model: "one", max_tokens: 1 });
    expect(upstream.calls[0]?.headers.authorization).toBe("Bearer first-key-0123456789");
    expect(await rows()).toMatchObject([
      { tag: "health-probe", client: "lodestar-health", state: "final", costNanoUsd: COST, keyId: null },
    ]);
    expect(view()).toMatchObject({
      everyMs: HOUR_MS,
      capNanoUsd: 50_000_000,
      spentNanoUsd: COST,
      models: [{ model: "first/one", costNanoUsd: COST, error: null }],
    });
  });

  test("comes once in its interval, and not to a model that answered somebody meanwhile", async () => {
    const { probe, fetch, upstream } = await open(paid(", every: 10m"));
    const calls = async (minutes: number): Promise<number> => {
      await probe(minutes * 60_000);
      return upstream.calls.length;
    };
    expect([await calls(0), await calls(7), await calls(12.1)]).toEqual([1, 1, 2]);
    await later(20 * 60_000, async () => (await fetch("/v1/chat/completions", { json: ASK })).text());
    expect([await calls(25), await calls(40)]).toEqual([3, 4]);
  });

  test("waits for one whole interval after the start, so that restarts cost nothing", async () => {
    const { prober, probe, upstream } = await open(paid());
    const from = Date.now();
    prober.start();
    await probe(HOUR_MS - 1 - (Date.now() - from));
    expect(upstream.calls.length).toBe(0);
    await probe(HOUR_MS);
    expect(upstream.calls.length).toBe(1);
  });

  test("counts for the model's availability and for its breaker, as any request does", async () => {
    const down: Behaviour = { kind: "json", status: 503, body: { error: { message: "out of order" } } };
    const { probe, view, opening } = await open(`breaker: { failures: 1, window: 60s }\n${paid()}`, () => down);
    await probe();
    expect(view()?.models[0]?.error).toContain("out of order");
    expect(opening.runtime.services.health.snapshot()).toMatchObject([{ provider: "first", state: "open" }]);
    const buckets = opening.runtime.healthSide.buckets({ width: "minute", from: 0, to: Number.MAX_SAFE_INTEGER });
    expect(buckets).toMatchObject([{ provider: "first", model: "one", tally: { answered: 0 } }]);
  });

  test("is not answered from the cache", async () => {
    const { probe, fetch, upstream } = await open(paid());
    const same = { model: "first/one", temperature: 0, max_tokens: 1, messages: [{ role: "user", content: "Hi" }] };
    for (const _ of [1, 2]) await (await fetch("/v1/chat/completions", { json: same })).text();
    expect(upstream.calls.length).toBe(1);
    await probe(2 * HOUR_MS);
    expect(upstream.calls.length).toBe(2);
  });
});

describe("the cap of a day", () => {
  // At 1 USD a million tokens "Hi" is taken for 82 tokens at most, and 1 token of answer: 83,000 nano-dollars.
  const config = (attempts: number) =>
    `timeZone: UTC\nretries: { attempts: ${attempts} }\nhealth: { paid: { models: [first/one], every: 1m, capUsdPerDay: 0.00012 } }\n`;
  const untilMidnight = (): number => DAY_MS - (Date.now() % DAY_MS);

  test.each([
    [1, 5],
    [2, 0],
  ])("is never crossed: at %i attempts, all that a probe may cost must fit (%i probes)", async (attempts, probes) => {
    const { probe, view, rows, upstream } = await open(config(attempts));
    const midnight = untilMidnight();
    for (let round = 1; round <= 12; round += 1) await probe(midnight + round * 120_000);
    expect(upstream.calls.length).toBe(probes);
    expect((await rows()).map(({ costNanoUsd }) => costNanoUsd)).toEqual(Array(probes).fill(COST));
    await later(midnight + HOUR_MS, async () => {
      const models = [{ error: "not asked: the day's cap is used up" }];
      expect(view()).toMatchObject({ spentNanoUsd: probes * COST, capNanoUsd: 120_000, models });
    });
    await probe(midnight + 25 * HOUR_MS);
    expect(upstream.calls.length).toBe(probes === 0 ? 0 : probes + 1);
  });

  test("counts what the ledger has from before a restart, and neither yesterday nor what others spent", async () => {
    const { probe, view, opening, upstream } = await open(config(1));
    const { ledger } = opening.stores;
    const wait = untilMidnight();
    const midnight = Math.round((Date.now() + wait) / DAY_MS) * DAY_MS;
    for (const [requestId, startedAt, tag] of [
      ["yesterday", midnight - 1, "health-probe"],
      ["other", midnight, "mine"],
      ["today", midnight, "health-probe"],
    ] as const) {
      ledger.reserve(intentOf({ requestId, startedAt, tag }));
      ledger.settle(outcomeOf({ requestId, endedAt: startedAt, costNanoUsd: 60_000 }), null);
    }
    await ledger.flush();
    await probe(wait + HOUR_MS);
    expect(upstream.calls.length).toBe(0);
    await later(wait + HOUR_MS, async () => expect(view()?.spentNanoUsd).toBe(60_000));
  });

  test("a model without a known price is never asked, since no cap could hold", async () => {
    const upstream = await fake(() => OK);
    const lab = `{ dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], key: env:KEY }`;
    const opened = await gateway(`health: { paid: { models: [lab/m] } }\nproviders: { lab: ${lab} }\n`, {
      KEY: "probe-key-0123456789",
    });
    const { probe, view } = watch(opened);
    await probe();
    expect(upstream.calls.length).toBe(0);
    expect(view()?.models).toMatchObject([{ at: null, error: expect.stringContaining("no price is known") }]);
  });

  test("a budget that refuses stops it too", async () => {
    const { probe, view, upstream } = await open(`budgets: [{ scope: global, period: day, limitUsd: 0 }]\n${paid()}`);
    await probe();
    expect(upstream.calls.length).toBe(0);
    expect(view()).toMatchObject({ spentNanoUsd: 0, models: [{ error: expect.stringContaining("budget") }] });
  });
});
