import { describe, expect, test } from "bun:test";
import { type KeyLimits, NO_LIMITS } from "../../src/core/key-limits.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

/** Every way in which a client may send its key. */
const CARRIERS: readonly (readonly [
  string,
  (secret: string) => { path?: string; headers?: Record<string, string> },
])[] = [
  ["Authorization", (secret) => ({ headers: { authorization: `Bearer ${secret}` } })],
  ["x-api-key", (secret) => ({ headers: { "x-api-key": secret } })],
  ["x-goog-api-key", (secret) => ({ headers: { "x-goog-api-key": secret } })],
  ["?key=", (secret) => ({ path: `?key=${secret}` })],
  [
    "x-api-key beside another credential",
    (secret) => ({ headers: { authorization: "Bearer sk-of-someone", "x-api-key": secret } }),
  ],
];

/** What keeps a key from asking, and how it is told. The first call of a rate passes: by the first carrier. */
const RESTRICTIONS: readonly (readonly [string, Partial<KeyLimits>, readonly string[], number, string])[] = [
  ["models", {}, ["other/*"], 403, "model_not_allowed"],
  ["a budget", { budget: { limitNanoUsd: 0, period: "total", over: "deny" } }, [], 429, "insufficient_quota"],
  ["a rate", { requestsPerMinute: 1 }, [], 429, "key_rate_exceeded"],
];

async function open() {
  const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
  const opened = await gateway(
    `
providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], key: env:UP_KEY } }
prices: { overrides: { up/m: { input: 1, output: 1 } } }`,
    { UP_KEY: "up-key-0123456789" },
  );
  return { upstream, opened };
}

describe("what a key may not do", () => {
  test.each(RESTRICTIONS)("because of %s, it may not by any carrier", async (_what, limits, models, status, code) => {
    const { upstream, opened } = await open();
    const wish = { name: "me", project: null, expiresAt: null, models, limits: { ...NO_LIMITS, ...limits } };
    const { secret } = opened.opening.keyring.mint(wish);
    const json = { model: "up/m", max_tokens: 5, messages: [{ role: "user", content: "hello" }] };
    const hasRate = limits.requestsPerMinute !== undefined;
    if (hasRate) {
      const headers = { authorization: `Bearer ${secret}` };
      expect((await opened.fetch("/v1/chat/completions", { headers, json })).status).toBe(200);
    }
    for (const [carrier, carry] of CARRIERS) {
      const { path = "", headers = {} } = carry(secret);
      const answer = await opened.fetch(`/v1/chat/completions${path}`, { headers, json });
      expect([carrier, answer.status]).toEqual([carrier, status]);
      expect(await answer.text()).toContain(code);
    }
    expect(upstream.calls).toHaveLength(hasRate ? 1 : 0);
  });
});
