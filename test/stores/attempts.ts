import type { AttemptIntent, AttemptOutcome } from "../../src/core/ledger.ts";
import type { PriceRow } from "../../src/core/price.ts";
import type { Usage } from "../../src/core/usage.ts";

/** Noon of 2026-11-20, UTC. */
export const NOON = Date.UTC(2026, 10, 20, 12);
export const DAY = 86_400_000;

/** An intent with everything set; override what a test is about. */
export function intentOf(more: Partial<AttemptIntent> = {}): AttemptIntent {
  return {
    requestId: "req_1",
    attempt: 1,
    provider: "deepseek",
    account: "default",
    model: "deepseek-v4-flash",
    requestedModel: "cheap",
    endpoint: "chat",
    clientDialect: "openai-chat",
    isStream: true,
    keyId: "key_1",
    project: "lodestar",
    session: "session_1",
    client: "aider",
    tag: "nightly",
    task: "bug_fix",
    file: "src/main.ts",
    routeReason: "alias:cheap",
    startedAt: NOON,
    reservedNanoUsd: null,
    ...more,
  };
}

/** A usage of `uncached` input and `text` output tokens. */
export function usageOf(uncached: number, text: number, more: Partial<Usage["input"]> = {}): Usage {
  return {
    input: { uncached, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, ...more },
    output: { text, reasoning: 0 },
    raw: { prompt_tokens: uncached },
  };
}

/** A good ending with a cost; override what a test is about. */
export function outcomeOf(more: Partial<AttemptOutcome> = {}): AttemptOutcome {
  return {
    requestId: "req_1",
    attempt: 1,
    state: "final",
    usage: usageOf(100, 20, { cacheRead: 50 }),
    usageSource: "provider",
    costNanoUsd: 12_345,
    costReason: null,
    priceId: "price_1",
    savedNanoUsd: 1_000,
    savedKind: "routing",
    savedPriceId: "price_1",
    endedAt: NOON + 900,
    firstTokenMs: 120.5,
    fault: null,
    upstreamStatus: 200,
    ...more,
  };
}

export const PRICE: PriceRow = {
  id: "price_1",
  provider: "deepseek",
  model: "deepseek-v4-flash",
  rates: { input: 0.14, output: { base: 0.28, tiers: [{ above: 200_000, price: 0.56 }] } },
  source: "genai-prices 0.1.8",
  date: "2026-09-23",
  condition: "01:00-04:00 UTC",
};
