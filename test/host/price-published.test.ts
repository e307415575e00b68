import { describe, expect, test } from "bun:test";
import { costOf } from "../../src/core/price.ts";
import type { Usage } from "../../src/core/usage.ts";
import { createPriceBook } from "../../src/host/prices/book.ts";

interface Counts {
  readonly input?: Partial<Usage["input"]>;
  readonly output?: Partial<Usage["output"]>;
  readonly webSearches?: number;
}

function usageOf({ input = {}, output = {}, webSearches = 0 }: Counts): Usage {
  return {
    input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, ...input },
    output: { text: 0, reasoning: 0, ...output },
    units: { webSearches },
    raw: null,
  };
}

/** Examples from the providers' own price pages, worked out by hand: what is charged, and how many dollars. */
const EXAMPLES: readonly [name: string, target: string, at: string, counts: Counts, usd: number][] = [
  [
    "Gemini 3.1 Pro up to 200,000 tokens: $2 and $12",
    "google/gemini-3.1-pro-preview",
    "2026-11-20T12:00Z",
    { input: { uncached: 200_000 }, output: { text: 1_000 } },
    0.4 + 0.012,
  ],
  [
    "Gemini 3.1 Pro above: the whole request at $4 and $18, cached tokens at $0.40",
    "google/gemini-3.1-pro-preview",
    "2026-11-20T12:00Z",
    { input: { uncached: 100_000, cacheRead: 100_001 }, output: { text: 600, reasoning: 400 } },
    0.4 + 0.0400004 + 0.018,
  ],
  [
    "GPT-5.4 from 272,000 tokens on: $5 and $22.50",
    "openai/gpt-5.4",
    "2026-11-20T12:00Z",
    { input: { uncached: 272_000 }, output: { text: 1_000 } },
    1.36 + 0.0225,
  ],
  [
    "DeepSeek at noon",
    "deepseek/deepseek-v4-flash",
    "2026-11-20T12:00Z",
    { input: { uncached: 1_000_000 }, output: { text: 1_000_000 } },
    0.22 + 0.66,
  ],
  [
    "DeepSeek at its peak, twice as much",
    "deepseek/deepseek-v4-flash",
    "2026-11-20T02:00Z",
    { input: { uncached: 1_000_000 }, output: { text: 1_000_000 } },
    0.44 + 1.32,
  ],
  [
    "DeepSeek before its new list of 2026-08-17",
    "deepseek/deepseek-v4-flash",
    "2026-08-16T12:00Z",
    { input: { uncached: 1_000_000 }, output: { text: 1_000_000 } },
    0.14 + 0.28,
  ],
  ["o3 before it cost a fifth", "openai/o3", "2025-06-09T12:00Z", { output: { reasoning: 1_000_000 } }, 40],
  ["o3 since, reasoning as output", "openai/o3", "2025-06-10T00:00Z", { output: { reasoning: 1_000_000 } }, 8],
  [
    "Claude's cache: written for 5 minutes x1.25, for an hour x2, read x0.1",
    "anthropic/claude-opus-5",
    "2026-11-20T12:00Z",
    { input: { uncached: 1_000, cacheWrite5m: 10_000, cacheWrite1h: 10_000, cacheRead: 10_000 } },
    0.005 + 0.0625 + 0.1 + 0.005,
  ],
  [
    "Claude's searches: $10 a thousand",
    "anthropic/claude-opus-5",
    "2026-11-20T12:00Z",
    { input: { uncached: 1_000 }, webSearches: 3 },
    0.005 + 0.03,
  ],
  [
    "Sonar: $12 a thousand calls",
    "perplexity/sonar",
    "2026-11-20T12:00Z",
    { input: { uncached: 1_000 } },
    0.001 + 0.012,
  ],
  [
    "Gemini 2.5 Flash: audio at $1, cached audio at $0.10, text at $0.30",
    "google/gemini-2.5-flash",
    "2026-11-20T12:00Z",
    { input: { uncached: 3_000, cacheRead: 1_000, audio: 2_000, cacheReadAudio: 1_000 } },
    0.0006 + 0.001 + 0.0001,
  ],
  [
    "a spoken answer of GPT Realtime: $64",
    "openai/gpt-realtime",
    "2026-11-20T12:00Z",
    { input: { uncached: 1_000, audio: 400 }, output: { text: 1_000, audio: 900 } },
    0.0024 + 0.0128 + 0.0016 + 0.0576,
  ],
  [
    "an image of Gemini 2.5 Flash Image: 1,290 tokens at $30",
    "google/gemini-2.5-flash-image",
    "2026-11-20T12:00Z",
    { input: { uncached: 10 }, output: { text: 1_290, image: 1_290 } },
    0.000003 + 0.0387,
  ],
  [
    "an image read by GPT Image: $10",
    "openai/gpt-image-1",
    "2026-11-20T12:00Z",
    { input: { uncached: 300, image: 200 } },
    0.0005 + 0.002,
  ],
  [
    "Sonar Deep Research: reasoning at $3, the answer at $8",
    "openrouter/perplexity/sonar-deep-research",
    "2026-11-20T12:00Z",
    { output: { text: 1_000, reasoning: 1_000 } },
    0.008 + 0.003,
  ],
];

describe("a published price", () => {
  const book = createPriceBook({ overrides: {}, isLocalProvider: () => false });

  test.each(EXAMPLES)("%s", (_, target, at, counts, usd) => {
    const [provider = "", ...model] = target.split("/");
    const row = book.priceOf(provider, model.join("/"), Date.parse(at));
    expect(costOf(usageOf(counts), row?.rates ?? {}).nanoUsd).toBe(Math.round(usd * 1e9));
  });
});

describe("a service tier", () => {
  // OpenAI's page of priority prices: GPT-5.4 $5, cached $0.50, $30, against $2.50, $0.25 and $15.
  const priority = { input: 5, cacheRead: 0.5, output: 30 };
  const facts = { contextTokens: null, maxOutputTokens: null, canUseTools: true, canReadImages: true, canReason: true };
  const section = {
    source: "models.dev",
    date: "2026-07-02",
    models: new Map([
      ["gpt-5.4", { ...facts, id: "gpt-5.4", rates: { input: 2.5, output: 15, serviceTiers: { priority } } }],
    ]),
  };
  const at = Date.UTC(2026, 10, 20, 12);
  const book = createPriceBook({
    overrides: { "lab/m": { input: 1, serviceTiers: { flex: { input: 0.5 } } } },
    isLocalProvider: (provider) => provider === "ollama",
    catalogue: (provider) => (provider === "openai" ? section : undefined),
  });

  test("has its own row, from the source that knows it, with its own id and condition", () => {
    const row = book.priceOf("openai", "gpt-5.4", at, "priority");
    expect(row).toMatchObject({ rates: priority, source: "models.dev", condition: "priority tier" });
    expect(row?.id).not.toBe(book.priceOf("openai", "gpt-5.4", at)?.id);
    expect(book.priceOf("openai", "gpt-5.4", at, "priority")).toBe(row);
  });

  test("that nobody has a price of is unknown, never the standard price", () => {
    expect(book.priceOf("openai", "gpt-5.4", at, "flex")).toBeNull();
    expect(book.priceOf("anthropic", "claude-opus-5", at, "priority")).toBeNull();
    expect(book.priceOf("openai", "gpt-5.4", at, "constructor")).toBeNull();
  });

  test("can be given in an override, whose standard row says nothing of it", () => {
    expect(book.priceOf("lab", "m", at, "flex")).toMatchObject({ rates: { input: 0.5 }, source: "override" });
    expect(book.priceOf("lab", "m", at)?.rates).toEqual({ input: 1 });
    expect(book.priceOf("lab", "m", at, "priority")).toBeNull();
    expect(book.rowsOf("lab", "m").map(({ condition }) => condition)).toEqual([undefined, "flex tier"]);
  });

  test("means nothing on the user's own machine", () => {
    expect(book.priceOf("ollama", "qwen", at, "flex")).toMatchObject({ source: "local" });
  });
});
