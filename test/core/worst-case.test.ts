import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addDecimal, decimalOf, toNanoUsd } from "../../src/core/money.ts";
import { affordableOutput, costOf, explainCost, type Rate, type RateCard, worstCase } from "../../src/core/price.ts";
import { totalInput, totalOutput } from "../../src/core/usage.ts";
import { anyRates, anyUsage } from "./priced.ts";

const SONNET: RateCard = { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 };
const PLAIN: RateCard = { input: 1, output: 2 };
const FALLING: Rate = { base: 4, tiers: [{ above: 100, price: 1 }] };

describe("the worst case of a call", () => {
  test.each([
    ["plain input and output", PLAIN, { inputTokens: 100, outputTokens: 10, hasMedia: false }, 120_000],
    ["all input as the dearest cache write", SONNET, { inputTokens: 100, outputTokens: 0, hasMedia: false }, 600_000],
    [
      "reasoning dearer than text",
      { ...PLAIN, outputReasoning: 8 },
      { inputTokens: 0, outputTokens: 10, hasMedia: false },
      80_000,
    ],
    [
      "audio only where there may be some",
      { ...PLAIN, inputAudio: 10 },
      { inputTokens: 10, outputTokens: 0, hasMedia: false },
      10_000,
    ],
    [
      "audio where there may be some",
      { ...PLAIN, inputAudio: 10 },
      { inputTokens: 10, outputTokens: 0, hasMedia: true },
      100_000,
    ],
    [
      "images out, which a text can ask for",
      { ...PLAIN, outputImage: 30 },
      { inputTokens: 0, outputTokens: 10, hasMedia: false },
      300_000,
    ],
    [
      "the fee of the call",
      { ...PLAIN, requestsPerThousand: 5 },
      { inputTokens: 0, outputTokens: 0, hasMedia: false },
      5_000_000,
    ],
    [
      "a price that falls with the size at its highest",
      { input: FALLING },
      { inputTokens: 101, outputTokens: 0, hasMedia: false },
      404_000,
    ],
    ["nothing without rates", {}, { inputTokens: 10, outputTokens: 10, hasMedia: true }, 0],
  ] as const)("counts %s", (_, rates, size, nanoUsd) => {
    expect(worstCase(rates, size)).toBe(nanoUsd);
  });

  test("is never below what any usage within the size costs", () => {
    fc.assert(
      fc.property(anyRates, anyUsage, fc.nat(1_000), (rates, usage, more) => {
        const size = { inputTokens: totalInput(usage) + more, outputTokens: totalOutput(usage), hasMedia: true };
        expect(worstCase(rates, size)).toBeGreaterThanOrEqual(costOf(usage, rates).nanoUsd);
      }),
    );
  });
});

describe("the output that a budget affords", () => {
  test.each([
    ["what is left after the input", PLAIN, 100, 120_000, 10],
    ["a token whose half rounds down", { output: 0.0005 }, 0, 0, 0],
    ["-1 when not even the input is", PLAIN, 100, 99_999, -1],
    ["0 when just the input is", PLAIN, 100, 100_000, 0],
    ["no end where output is free", { input: 1 }, 100, 100_000, Number.MAX_SAFE_INTEGER],
    ["nothing of a budget that is overdrawn", PLAIN, 0, -1, -1],
  ] as const)("is %s", (_, rates, inputTokens, nanoUsd, tokens) => {
    expect(affordableOutput(rates, { inputTokens, hasMedia: false }, nanoUsd)).toBe(tokens);
  });

  const size = fc.record({ inputTokens: fc.nat(2_000_000), hasMedia: fc.boolean() });

  test("fits the budget, and one token more does not", () => {
    fc.assert(
      fc.property(anyRates, size, fc.nat(10_000_000_000), (rates, input, nanoUsd) => {
        const outputTokens = affordableOutput(rates, input, nanoUsd);
        if (outputTokens >= 0) expect(worstCase(rates, { ...input, outputTokens })).toBeLessThanOrEqual(nanoUsd);
        if (outputTokens === Number.MAX_SAFE_INTEGER) return;
        expect(worstCase(rates, { ...input, outputTokens: outputTokens + 1 })).toBeGreaterThan(nanoUsd);
      }),
    );
  });
});

describe("the explanation of a cost", () => {
  test("names what was used, at which rate and tier", () => {
    const rates: RateCard = {
      input: { base: 2, tiers: [{ above: 200_000, price: 4 }] },
      cacheRead: 0.2,
      output: 12,
      webSearchesPerThousand: 10,
    };
    const lines = explainCost(
      {
        input: { uncached: 150_000, cacheRead: 100_000, cacheWrite5m: 0, cacheWrite1h: 0 },
        output: { text: 10, reasoning: 0 },
        units: { webSearches: 2 },
        raw: null,
      },
      rates,
    );
    expect(lines.map(({ usd, ...line }) => ({ ...line, nanoUsd: toNanoUsd(usd) }))).toEqual([
      { label: "input", tokens: 150_000, usdPerMillion: 4, tier: { above: 200_000 }, nanoUsd: 600_000_000 },
      { label: "cacheRead", tokens: 100_000, usdPerMillion: 0.2, nanoUsd: 20_000_000 },
      { label: "output", tokens: 10, usdPerMillion: 12, nanoUsd: 120_000 },
      { label: "webSearches", tokens: 2, usdPerMillion: 10_000, nanoUsd: 20_000_000 },
    ]);
  });

  test("adds up to the cost exactly, and every line to its tokens at its rate", () => {
    fc.assert(
      fc.property(anyRates, anyUsage, fc.nat(20), (rates, counts, webSearches) => {
        const usage = { ...counts, units: { webSearches } };
        const lines = explainCost(usage, rates);
        const total = lines.map(({ usd }) => usd).reduce(addDecimal, decimalOf(0));
        const { inputUsd, outputUsd, otherUsd } = costOf(usage, rates);
        const parts = [inputUsd, outputUsd, otherUsd].reduce(addDecimal);
        const scale = Math.max(total.scale, parts.scale);
        expect(total.mantissa * 10n ** BigInt(scale - total.scale)).toBe(
          parts.mantissa * 10n ** BigInt(scale - parts.scale),
        );
        expect(toNanoUsd(total)).toBe(costOf(usage, rates).nanoUsd);
        for (const { tokens, usdPerMillion, usd } of lines) {
          const again = costOf(
            {
              input: { uncached: tokens, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
              output: { text: 0, reasoning: 0 },
              raw: null,
            },
            { input: usdPerMillion },
          );
          expect(again.nanoUsd).toBe(toNanoUsd(usd));
        }
      }),
    );
  });
});
