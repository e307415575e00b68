import { describe, expect, test } from "bun:test";
import type { AttemptIntent } from "../../src/core/ledger.ts";
import type { Usage } from "../../src/core/usage.ts";
import { checkUsage } from "../../src/core/usage.ts";
import { type PricingParts, priceAttempt } from "../../src/gateway/pricing.ts";
import { createPriceBook } from "../../src/host/prices/book.ts";
import { intentOf, usageOf } from "../stores/attempts.ts";

const RATES = { input: 1, output: 2, serviceTiers: { flex: { input: 0.5, output: 1 } } };

const PARTS: PricingParts = {
  prices: createPriceBook({
    overrides: { "lab/m": RATES },
    isLocalProvider: (provider) => provider === "ollama",
    data: () => ({ source: "none", date: "2026-01-01", providers: {} }),
    catalogue: () => undefined,
  }),
  isLocal: (provider) => provider === "ollama",
  baselineModel: () => "lab/m",
  isSubscription: (provider) => provider === "plan",
};

type Case = [
  name: string,
  intent: Partial<AttemptIntent>,
  usage: Partial<Usage>,
  nanoUsd: number | null,
  reason: string | null,
];

const CASES: readonly Case[] = [
  ["tokens at their price", {}, {}, 1_200_000, null],
  ["a service tier at its own price", {}, { serviceTier: "flex" }, 600_000, null],
  ["a service tier without a price", {}, { serviceTier: "priority" }, null, "no-tier-price"],
  ["a model without a price", { model: "unheard-of" }, {}, null, "no-price"],
  [
    "a model without a price, on a service tier",
    { provider: "nobody" },
    { serviceTier: "flex" },
    null,
    "no-tier-price",
  ],
  ["a local model, whatever tier it names", { provider: "ollama" }, { serviceTier: "priority" }, 0, "local"],
  ["a subscription", { provider: "plan" }, {}, 0, "subscription"],
  [
    "an image without counts",
    { endpoint: "images" },
    { input: usageOf(0, 0).input, output: usageOf(0, 0).output },
    null,
    "paid-by-image",
  ],
];

describe("the price of an attempt", () => {
  test.each(CASES)("is that of %s", (_, intent, usage, nanoUsd, reason) => {
    const attempt = intentOf({ provider: "lab", model: "m", ...intent });
    const priced = priceAttempt(attempt, { ...usageOf(1_000, 100), ...usage }, "final", PARTS);
    expect([priced.cost?.nanoUsd ?? null, priced.reason]).toEqual([nanoUsd, reason]);
  });

  test("names the row of the service tier, so that the ledger keeps it", () => {
    const attempt = intentOf({ provider: "lab", model: "m" });
    const { price } = priceAttempt(attempt, { ...usageOf(1, 1), serviceTier: "flex" }, "final", PARTS);
    expect(price).toMatchObject({ condition: "flex tier", rates: RATES.serviceTiers.flex });
  });

  test.each([
    ["negative", { uncached: -5 }, 200_000],
    ["not a number", { uncached: Number.NaN }, 200_000],
    ["endless", { uncached: Number.POSITIVE_INFINITY }, 1_000_000_200_000],
    ["a fraction", { uncached: 1.4 }, 201_000],
    ["more audio than input", { uncached: 10, audio: 99 }, 210_000],
  ])("is never absurd for counts that are %s", (_, counts, nanoUsd) => {
    const { usage, problems } = checkUsage(usageOf(0, 100, counts));
    expect(problems.length).toBeGreaterThan(0);
    const attempt = intentOf({ provider: "lab", model: "m" });
    expect(priceAttempt(attempt, usage, "final", PARTS).cost?.nanoUsd).toBe(nanoUsd);
  });
});
