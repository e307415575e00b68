import { describe, expect, test } from "bun:test";
import { createKeyGate, formatReset } from "../../src/compose/key-gate.ts";
import { type KeyLimits, NO_LIMITS } from "../../src/core/key-limits.ts";
import { createBus } from "../../src/gateway/bus.ts";
import type { Clock } from "../../src/host/clock.ts";
import { intentOf, outcomeOf } from "../stores/attempts.ts";

function world() {
  let now = 5_000;
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => undefined, random: () => 0.5 };
  const bus = createBus();
  const gate = createKeyGate(clock, bus);
  return {
    enter: (limits: Partial<KeyLimits>, keyId: string | null = "key_1", address = "10.0.0.1") =>
      gate.enter({ keyId, limits: { ...NO_LIMITS, ...limits } }, address),
    advance: (ms: number) => {
      now += ms;
    },
    settle: (keyId: string | null, uncached: number, text: number) => {
      const outcome = outcomeOf();
      const usage = {
        ...outcome.usage,
        input: { uncached, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
        output: { text, reasoning: 0 },
      };
      bus.emit({ event: "settled", at: now, intent: { ...intentOf(), keyId }, outcome: { ...outcome, usage } });
    },
  };
}

describe("requests a minute", () => {
  test("are let through as a burst, then evenly, with what is left in OpenAI's headers", () => {
    const { enter, advance } = world();
    const limits = { requestsPerMinute: 60, burst: 2 };
    expect(enter(limits)).toMatchObject({
      outcome: { ok: true },
      headers: {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "1",
        "x-ratelimit-reset-requests": "1s",
      },
    });
    expect(enter(limits).headers).toMatchObject({ "x-ratelimit-remaining-requests": "0" });
    const refused = enter(limits);
    expect(refused.headers).toMatchObject({
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "2s",
    });
    expect(refused.outcome).toMatchObject({
      ok: false,
      error: {
        status: 429,
        type: "rate_limit_error",
        code: "key_rate_exceeded",
        retryAfterMs: 1_000,
        shouldRetry: true,
        message: "This key may use 60 requests a minute, and has; try again in 1s. `lodestar keys limit` changes that.",
      },
    });
    advance(999);
    expect(enter(limits).outcome.ok).toBe(false);
    advance(1);
    expect(enter(limits).outcome.ok).toBe(true);
  });

  test("may all come at once where no burst is named", () => {
    const { enter } = world();
    const passed = Array.from({ length: 12 }, () => enter({ requestsPerMinute: 10 }).outcome.ok);
    expect(passed.filter((ok) => ok)).toHaveLength(10);
  });

  test("are counted for each key apart, and anew where the limit changes", () => {
    const { enter } = world();
    expect(enter({ requestsPerMinute: 1 }).outcome.ok).toBe(true);
    expect(enter({ requestsPerMinute: 1 }, "key_2").outcome.ok).toBe(true);
    expect(enter({ requestsPerMinute: 1 }).outcome.ok).toBe(false);
    expect(enter({ requestsPerMinute: 2 }).outcome.ok).toBe(true);
  });

  test("are not used up by what is refused for another reason", () => {
    const { enter } = world();
    const limits = { requestsPerMinute: 2, concurrent: 1 };
    const first = enter(limits).outcome;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(enter(limits).outcome).toMatchObject({ error: { code: "too_many_requests_in_flight" } });
    }
    if (first.ok) first.value();
    expect(enter(limits).outcome.ok).toBe(true);
  });
});

describe("tokens a minute", () => {
  test("are counted when a call settles: the last may go over, and the next waits for it", () => {
    const { enter, settle, advance } = world();
    const limits = { tokensPerMinute: 60_000 };
    expect(enter(limits).headers).toEqual({
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-tokens": "60000",
      "x-ratelimit-reset-tokens": "0ms",
    });
    settle("key_2", 1_000_000, 0);
    settle(null, 1_000_000, 0);
    expect(enter(limits).headers).toMatchObject({ "x-ratelimit-remaining-tokens": "60000" });
    settle("key_1", 60_000, 1_000);
    expect(enter(limits)).toMatchObject({
      outcome: { error: { code: "key_token_rate_exceeded", retryAfterMs: 1_001 } },
      headers: { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m1s" },
    });
    advance(1_001);
    expect(enter(limits).outcome.ok).toBe(true);
  });
});

describe("requests in flight", () => {
  test("are held to what the key may have", () => {
    const { enter } = world();
    const places = [enter({ concurrent: 2 }), enter({ concurrent: 2 })];
    const refused = enter({ concurrent: 2 });
    expect(refused.outcome).toMatchObject({
      error: { status: 429, code: "too_many_requests_in_flight", message: expect.stringContaining("2 in flight") },
    });
    for (const { outcome } of places) if (outcome.ok) outcome.value();
    expect(enter({ concurrent: 2 }).outcome.ok).toBe(true);
  });

  test("count on where the limit changes, and so do rates that stay", () => {
    const { enter } = world();
    const rate = { requestsPerMinute: 3 };
    for (let place = 0; place < 2; place += 1) enter({ ...rate, concurrent: 2 });
    expect(enter({ ...rate, concurrent: 2 }).outcome.ok).toBe(false);
    expect(enter({ ...rate, concurrent: 3 }).outcome.ok).toBe(true);
    expect(enter({ ...rate, concurrent: 3 }).outcome).toMatchObject({ error: { code: "key_rate_exceeded" } });
    expect(enter({ concurrent: 3 }).outcome).toMatchObject({ error: { code: "too_many_requests_in_flight" } });
  });

  test("of an address without a key are bounded too, each address apart", () => {
    const { enter } = world();
    for (let place = 0; place < 2_000; place += 1) expect(enter({}, null).outcome.ok).toBe(true);
    expect(enter({}, null)).toMatchObject({ outcome: { error: { status: 429 } }, headers: {} });
    expect(enter({}, null, "10.0.0.2").outcome.ok).toBe(true);
  });
});

test.each([
  [0, "0ms"],
  [16.2, "17ms"],
  [999, "999ms"],
  [1_000, "1s"],
  [1_520, "1.6s"],
  [59_899, "59.9s"],
  [59_901, "1m0s"],
  [119_500, "2m0s"],
  [60_000, "1m0s"],
  [361_000, "6m1s"],
])("%p ms are written as OpenAI does: %p", (ms, text) => {
  expect(formatReset(ms)).toBe(text);
});
