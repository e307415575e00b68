import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { generatePrices } from "../../scripts/generate/prices.ts";
import type { Rate } from "../../src/core/price.ts";
import { createPriceBook, type PriceBookOptions } from "../../src/host/prices/book.ts";
import type { CatalogueSection } from "../../src/host/prices/catalogue.ts";
import { bundledPrices, type PriceData, type PricedModel } from "../../src/host/prices/data.ts";
import { PROVIDERS } from "../../src/providers/_all.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

function bookOf(more: Partial<PriceBookOptions> = {}) {
  return createPriceBook({ overrides: {}, isLocalProvider: (provider) => provider === "ollama", ...more });
}

function dataOf(models: readonly PricedModel[], more: PriceData["providers"] = {}): () => PriceData {
  return () => ({ source: "table 1", date: "2026-01-01", providers: { acme: { models }, ...more } });
}

function inputRateAt(book: ReturnType<typeof bookOf>, model: string, at: number): unknown {
  return book.priceOf("acme", model, at)?.rates.input;
}

describe("finding a model", () => {
  const models: readonly PricedModel[] = [
    { id: "plain", cards: [{ rates: { input: 1 } }] },
    { id: "start", match: { starts_with: "gpt-" }, cards: [{ rates: { input: 2 } }] },
    { id: "end", match: { ends_with: ":mini" }, cards: [{ rates: { input: 3 } }] },
    { id: "middle", match: { contains: "Sonnet" }, cards: [{ rates: { input: 4 } }] },
    { id: "expression", match: { regex: "^o[134]$" }, cards: [{ rates: { input: 5 } }] },
    { id: "both", match: { and: [{ starts_with: "a" }, { ends_with: "z" }] }, cards: [{ rates: { input: 6 } }] },
    { id: "either", match: { or: [{ equals: "x" }, { equals: "y" }] }, cards: [{ rates: { input: 7 } }] },
    { id: "dated", match: { equals: "late-2025-08-07" }, cards: [{ rates: { input: 8 } }] },
  ];
  test.each([
    ["plain", 1],
    ["PLAIN", 1],
    [" plain ", 1],
    ["plainer", undefined],
    ["gpt-9", 2],
    ["gpt-9:mini", 2],
    ["other:mini", 3],
    ["claude-sonnet-4", 4],
    ["O3", 5],
    ["o3-mini", undefined],
    ["a to z", 6],
    ["a to y", undefined],
    ["y", 7],
    ["late-20250807", 8],
    ["late-20251399", undefined],
    ["", undefined],
    ["__proto__", undefined],
  ] as const)("%p has the input rate %p", (model, rate) => {
    expect(inputRateAt(bookOf({ data: dataOf(models) }), model, NOON)).toBe(rate);
  });

  test("an unknown provider or model has no price, never a zero", () => {
    const book = bookOf({ data: dataOf(models) });
    expect(book.priceOf("nobody", "plain", NOON)).toBeNull();
    expect(book.priceOf("constructor", "plain", NOON)).toBeNull();
    expect(book.priceOf("acme", "unheard-of", NOON)).toBeNull();
  });

  test("a provider's own rule wins over those of its fallbacks", () => {
    const other: PricedModel[] = [
      { id: "plain", cards: [{ rates: { input: 50 } }] },
      { id: "borrowed", cards: [{ rates: { input: 60 } }] },
    ];
    const data = dataOf([], { acme: { models, fallbacks: ["missing", "other"] }, other: { models: other } });
    expect(inputRateAt(bookOf({ data }), "plain", NOON)).toBe(1);
    expect(inputRateAt(bookOf({ data }), "borrowed", NOON)).toBe(60);
  });
});

const DATED: PricedModel = {
  id: "dated",
  cards: [
    { rates: { input: 1 } },
    { rates: { input: 2 }, from: "2026-08-17" },
    { rates: { input: 4 }, window: [3_600, 14_400] },
    { rates: { input: 8 }, window: [84_600, 1_800] },
  ],
};

describe("the price of a moment", () => {
  const book = bookOf({ data: dataOf([DATED]) });
  test.each([
    ["2026-08-16T23:00:00Z", 1],
    ["2026-08-17T00:45:00Z", 2],
    ["2026-11-20T00:59:59.999Z", 2],
    ["2026-11-20T01:00:00Z", 4],
    ["2026-11-20T03:59:59.999Z", 4],
    ["2026-11-20T04:00:00Z", 2],
    ["2026-11-20T23:29:59Z", 2],
    ["2026-11-20T23:30:00Z", 8],
    ["2026-11-21T00:00:00Z", 8],
    ["2026-11-21T00:29:59Z", 8],
    ["2026-11-21T00:30:00Z", 2],
  ] as const)("at %s the input rate is %d", (time, rate) => {
    expect(inputRateAt(book, "dated", Date.parse(time))).toBe(rate);
  });

  test("is named on the row, and rows of one card are the same row", () => {
    const [early, late, peak, night] = [
      "2026-08-01T12:00",
      "2026-11-20T12:00",
      "2026-11-20T02:00",
      "2026-11-20T23:45",
    ].map((time) => book.priceOf("acme", "dated", Date.parse(`${time}Z`)));
    const conditions = [early, late, peak, night].map((row) => row?.condition);
    expect(conditions).toEqual([undefined, "from 2026-08-17", "01:00-04:00 UTC", "23:30-00:30 UTC"]);
    expect(new Set([early, late, peak, night].map((row) => row?.id)).size).toBe(4);
    expect(book.priceOf("acme", "dated", Date.parse("2026-11-22T02:30Z"))).toBe(peak ?? null);
  });
});

describe("where a price comes from", () => {
  const data = dataOf([{ id: "first", cards: [{ rates: { input: 1 } }] }]);
  const known = { contextTokens: 1_000, maxOutputTokens: null, canUseTools: true, canReadImages: false };
  const section: CatalogueSection = {
    source: "catalogue 2",
    date: "2025-01-01",
    models: new Map([
      ["first", { ...known, id: "first", canReason: true, rates: { input: 9, output: 9 } }],
      ["second", { ...known, id: "Second", canReason: false, rates: { input: 2, output: 3 } }],
      ["plan", { ...known, id: "plan", canReason: false }],
    ]),
  };
  const catalogue = (provider: string) => (provider === "acme" ? section : undefined);

  test("source and day are on the row", () => {
    const book = bookOf({ data, catalogue });
    expect(book.priceOf("acme", "first", NOON)).toMatchObject({
      source: "table 1",
      date: "2026-01-01",
      provider: "acme",
    });
    expect(book.priceOf("acme", "second", NOON)).toMatchObject({ source: "catalogue 2", date: "2025-01-01" });
    expect([book.source, book.date]).toEqual(["table 1", "2026-01-01"]);
  });

  test("the table wins where both have one, and the catalogue's own limits and abilities stand beside it", () => {
    const book = bookOf({ data, catalogue });
    expect(book.priceOf("acme", "first", NOON)?.rates).toEqual({ input: 1 });
    expect(book.factsOf("acme", "first")).toEqual({ ...known, canReason: true });
    expect(book.modelsOf("acme")).toEqual(["first", "Second", "plan"]);
  });

  test("a model that the catalogue lists without a price has facts and no price", () => {
    const book = bookOf({ data, catalogue });
    expect(book.priceOf("acme", "plan", NOON)).toBeNull();
    expect(book.factsOf("acme", "PLAN").contextTokens).toBe(1_000);
  });

  test("overrides win: the exact name, then the longest pattern", () => {
    const overrides = {
      "acme/first": { input: 10 },
      "acme/*": { input: 20 },
      "acme/sec*": { input: 30 },
      "*": { input: 40 },
    };
    const book = bookOf({ data, catalogue, overrides });
    const rates = ["acme/first", "acme/second", "acme/third", "ollama/llama"].map((name) => {
      const [provider = "", model = ""] = name.split("/");
      return book.priceOf(provider, model, NOON)?.rates.input;
    });
    expect(rates).toEqual([10, 30, 20, 40]);
    expect(book.priceOf("acme", "first", NOON)).toMatchObject({ source: "override", model: "first" });
  });

  test("local models cost nothing, and the table is not even read for them", () => {
    const unread = (): PriceData => {
      throw new Error("read");
    };
    const book = bookOf({ data: unread });
    expect(book.priceOf("ollama", "llama3.2:3b", NOON)).toMatchObject({
      source: "local",
      rates: { input: 0, output: 0 },
    });
    expect(book.factsOf("ollama", "llama3.2:3b").contextTokens).toBeNull();
    expect(() => book.source).toThrow("read");
  });

  test("the id follows from the content alone", () => {
    const row = bookOf({ data }).priceOf("acme", "first", NOON);
    expect(row?.id).toMatch(/^price_[0-9a-f]{16}$/);
    expect(bookOf({ data }).priceOf("acme", "first", NOON + 1)).toEqual(row);
    expect(bookOf({ data, catalogue }).priceOf("acme", "second", NOON)?.id).not.toBe(row?.id);
  });

  test("thousands of invented model names are forgotten again", () => {
    const book = bookOf({ data });
    for (let number = 0; number < 12_000; number += 1)
      expect(book.priceOf("acme", `invented-${number}`, NOON)).toBeNull();
    expect(book.priceOf("acme", "first", NOON)?.rates.input).toBe(1);
  });
});

const PRICE_IDS = new Map(PROVIDERS.map(({ id, priceId }) => [id, priceId]));

describe("the bundled table", () => {
  const book = bookOf({ priceIdOf: (provider) => PRICE_IDS.get(provider) });

  test("is what the generator makes of the pinned packages, byte for byte", async () => {
    for (const { path, text } of generatePrices()) {
      expect(await Bun.file(resolve(import.meta.dir, "../..", path)).text()).toBe(text);
    }
  });

  test.each([
    ["deepseek", "deepseek-v4-pro"],
    ["openai", "gpt-5.4-nano"],
    ["anthropic", "claude-opus-5"],
    ["google", "gemini-3.1-pro-preview"],
    ["xai", "grok-4.5"],
    ["mistral", "mistral-small-latest"],
    ["groq", "openai/gpt-oss-120b"],
    ["cerebras", "gpt-oss-120b"],
    ["openrouter", "anthropic/claude-sonnet-4.5"],
    ["moonshot", "kimi-k3"],
    ["zai", "glm-5.2"],
    ["minimax", "MiniMax-M3"],
    ["huggingface", "openai/gpt-oss-120b:groq"],
    ["perplexity", "sonar"],
    ["cohere", "command-r"],
    ["bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ])("prices %s/%s from the first source", (provider, model) => {
    const row = book.priceOf(provider, model, NOON);
    expect(row).toMatchObject({
      provider,
      model,
      source: expect.stringContaining("genai-prices"),
      date: expect.any(String),
    });
  });

  test.each([
    ["alibaba", "qwen3.7-max", { input: 2.5, output: 7.5 }],
    ["zai", "glm-4.7-flash", { input: 0, output: 0 }],
    ["siliconflow", "deepseek-ai/DeepSeek-V3.1", null],
  ])("prices %s/%s from the catalogue", (provider, model, rates) => {
    const row = book.priceOf(provider, model, NOON);
    expect(row).toMatchObject({ source: expect.stringMatching(/^(?:cline|tokenlens)/), date: expect.any(String) });
    if (rates !== null) expect(row?.rates).toMatchObject(rates);
  });

  test("doubles DeepSeek in its two peak windows and not beside them", () => {
    const rateAt = (hour: number) =>
      book.priceOf("deepseek", "deepseek-v4-flash", Date.UTC(2026, 10, 20, hour))?.rates.output;
    const rates = Array.from({ length: 24 }, (_, hour) => rateAt(hour));
    expect(rates.map((rate) => (rate === 1.32 ? "peak" : "low")).join(" ")).toBe(
      "low peak peak peak low low peak peak peak peak low low low low low low low low low low low low low low",
    );
  });

  test("reprices long requests, and one-hour cache writes cost double", () => {
    expect(book.priceOf("google", "gemini-3.1-pro-preview", NOON)?.rates.input).toEqual({
      base: 2,
      tiers: [{ above: 200_000, price: 4 }],
    });
    expect(book.priceOf("anthropic", "claude-opus-5", NOON)?.rates).toMatchObject({
      input: 5,
      cacheWrite5m: 6.25,
      cacheWrite1h: 10,
    });
  });

  test("knows limits and capabilities where either source has them", () => {
    expect(book.factsOf("openai", "gpt-4o")).toEqual({
      contextTokens: 128_000,
      maxOutputTokens: 16_384,
      canUseTools: true,
      canReadImages: true,
      canReason: false,
    });
    expect(book.factsOf("deepseek", "deepseek-v4-pro").contextTokens).toBe(1_000_000);
    expect(book.factsOf("nobody", "nothing").contextTokens).toBeNull();
  });

  test("lists the models of a provider", () => {
    expect(book.modelsOf("xai")).toContain("grok-4.5");
    expect(book.modelsOf("openai").length).toBeGreaterThan(20);
    expect(book.modelsOf("openai")).not.toContain("davinci");
    expect(book.modelsOf("nobody")).toEqual([]);
  });

  test("has rates that are numbers or rising tiers, and no card without a token rate", () => {
    const cards = Object.values(bundledPrices().providers).flatMap(({ models }) =>
      models.flatMap((model) => model.cards),
    );
    expect(cards.length).toBeGreaterThan(1_300);
    for (const { rates } of cards) {
      expect(rates.input ?? rates.output).toBeDefined();
      for (const rate of Object.values(rates) as Rate[]) {
        const tiers = typeof rate === "number" ? [{ above: 0, price: rate }] : rate.tiers;
        const starts = tiers.map(({ above }) => above);
        expect(starts).toEqual(starts.toSorted((left, right) => left - right));
        expect(tiers.every(({ price }) => Number.isFinite(price) && price >= 0)).toBe(true);
      }
    }
  });
});
