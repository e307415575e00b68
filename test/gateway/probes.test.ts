import { describe, expect, test } from "bun:test";
import type { LodestarEvent } from "../../src/core/event.ts";
import { targetName } from "../../src/core/target.ts";
import type { Behaviour, SeenCall } from "../support/fake-upstream.ts";
import { later } from "../support/later.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();
const OK: Behaviour = { kind: "json", body: { data: [] } };
const BUSY: Behaviour = { kind: "json", status: 503, body: {} };

function probesOf({ opening }: TestGateway) {
  return opening.runtime.healthSide.prober;
}

function healthOf({ opening }: TestGateway) {
  return opening.runtime.services.health;
}

/** Probes so often, three seconds apart. */
async function probeTimes(opened: TestGateway, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await later(time * 3_000, probesOf(opened).probeDue);
}

const seen = ({ method, path, headers, body }: SeenCall) => ({
  call: `${method} ${path}`,
  key: headers.authorization ?? headers["x-api-key"] ?? null,
  body,
});

describe("a free probe", () => {
  const wires: readonly (readonly [what: string, block: string, calls: readonly string[], key: string | null])[] = [
    [
      "lists models with the key",
      "{ dialect: openai-chat, baseUrl: URL/v1, local: true, accounts: [{ key: env:KEY }] }",
      ["GET /v1/models"],
      "Bearer probe-key-0123456789",
    ],
    [
      "sends the key as the dialect wants it",
      "{ dialect: anthropic, baseUrl: URL, local: true, accounts: [{ key: env:KEY }] }",
      ["GET /v1/models"],
      "probe-key-0123456789",
    ],
    [
      "asks Ollama what is pulled and what runs",
      "{ extends: ollama, baseUrl: URL }",
      ["GET /api/tags", "GET /api/ps"],
      null,
    ],
    [
      "asks LiteLLM whether it lives, and never its /health, which asks models",
      "{ extends: litellm, baseUrl: URL, local: true, accounts: [{ key: env:KEY }] }",
      ["GET /health/liveliness", "GET /health/readiness"],
      "Bearer probe-key-0123456789",
    ],
  ];
  test.each(wires)("%s", async (_what, block, calls, key) => {
    const upstream = await fake(() => OK);
    const opened = await gateway(`providers:\n  lab: ${block.replace("URL", upstream.url)}\n`, {
      KEY: "probe-key-0123456789",
    });
    const before = upstream.calls.length;
    await probesOf(opened).probeDue();
    const probes = upstream.calls.slice(before).map(seen);
    expect(probes.map(({ call }) => call)).toEqual([...calls]);
    expect(new Set(probes.map((probe) => probe.key))).toEqual(new Set([key]));
    expect(probes.every(({ body }) => body === "")).toBe(true);
    expect(
      probesOf(opened)
        .views()
        .filter(({ provider }) => provider === "lab"),
    ).toMatchObject([{ error: null }]);
  });

  test("is not sent where probes are off, nor to a provider far away that nobody uses, nor with a client's own key", async () => {
    const upstream = await fake(() => OK);
    const block = (more: string) =>
      `{ dialect: openai-chat, baseUrl: "${upstream.url}/v1", accounts: [{ key: env:KEY }]${more} }`;
    const configs = [
      `health: { probes: false }\nproviders:\n  lab: ${block(", local: true")}\n`,
      `providers:\n  lab: ${block("")}\n`,
      `providers:\n  lab: { extends: anthropic, baseUrl: "${upstream.url}", auth: client, local: true }\n`,
    ];
    for (const config of configs) await probeTimes(await gateway(config, { KEY: "probe-key-0123456789" }), 3);
    expect(upstream.calls).toEqual([]);
  });

  test("comes once in its interval while all is well", async () => {
    const upstream = await fake(() => OK);
    const opened = await gateway(
      `providers:\n  lab: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", local: true }\n`,
    );
    await probeTimes(opened, 15);
    expect(upstream.calls.length).toBe(1);
    await later(75_000, probesOf(opened).probeDue);
    expect(upstream.calls.length).toBe(2);
  });
});

describe("what a probe finds", () => {
  const breaker = "breaker: { failures: 3, window: 60s }\n";

  test("opens the breaker of a server that was there, before any request is lost", async () => {
    let now: Behaviour = OK;
    const upstream = await fake(() => now);
    const opened = await gateway(
      `${breaker}providers:\n  lab: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", local: true }\n`,
    );
    await probesOf(opened).probeDue();
    now = BUSY;
    for (const seconds of [75, 78, 81]) await later(seconds * 1_000, probesOf(opened).probeDue);
    const events = opened.events.filter(
      (event): event is Extract<LodestarEvent, { event: "health" }> => event.event === "health",
    );
    expect(events.map(({ provider, state }) => `${provider} ${state}`)).toEqual(["lab open"]);
    expect(healthOf(opened).snapshot()).toMatchObject([{ provider: "lab", state: "open", failures: 3 }]);
    expect(
      probesOf(opened)
        .views()
        .find(({ provider }) => provider === "lab")?.error,
    ).toContain("503");
    now = OK;
    expect(await later(200_000, async () => healthOf(opened).coolingUntil("lab", "1"))).toBeNull();
  });

  test("is no alarm where a local server was never there", async () => {
    const opened = await gateway(
      `${breaker}providers:\n  lab: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1", local: true }\n`,
    );
    for (const seconds of [0, 80, 160, 240, 320]) await later(seconds * 1_000, probesOf(opened).probeDue);
    expect(healthOf(opened).snapshot()).toEqual([]);
    expect(
      probesOf(opened)
        .views()
        .find(({ provider }) => provider === "lab")?.error,
    ).not.toBeNull();
  });

  test.each([401, 403, 404, 429, 501])("is life where it answers %d: not every key may list models", async (status) => {
    const upstream = await fake((_, index) => (index === 0 ? OK : { kind: "json", status, body: {} }));
    const opened = await gateway(
      `${breaker}providers:\n  lab: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", local: true }\n`,
    );
    for (const seconds of [0, 80, 160, 240]) await later(seconds * 1_000, probesOf(opened).probeDue);
    expect(upstream.calls.length).toBe(4);
    expect(healthOf(opened).snapshot()).toEqual([]);
  });

  test("never shows the key, and is no call in the ledger", async () => {
    const upstream = await fake(() => BUSY);
    const opened = await gateway(
      `providers:\n  lab: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", local: true, accounts: [{ key: env:KEY }] }\n`,
      { KEY: "probe-key-0123456789" },
    );
    await probeTimes(opened, 2);
    expect(JSON.stringify(probesOf(opened).views())).not.toContain("probe-key");
    expect((await opened.rows()).map(targetName)).toEqual([]);
  });
});
