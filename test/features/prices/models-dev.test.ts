import { describe, expect, test } from "bun:test";
import { catalogueModel, readModelsDev } from "../../../src/features/prices/models-dev.ts";
import { hasRecorded, readRecorded } from "./kit.ts";

const NOTE = hasRecorded ? "" : " (no test data)";

describe("a model of models.dev", () => {
  test("is priced by steps, with each service tier as a card of its own", () => {
    const model = catalogueModel({
      id: "gpt-5.4",
      reasoning: true,
      tool_call: true,
      modalities: { input: ["text", "image"] },
      limit: { context: 1_050_000, output: 128_000 },
      cost: {
        input: 2.5,
        output: 15,
        cache_read: 0.25,
        tiers: [{ tier: { size: 272_000 }, input: 5, output: 22.5 }],
        context_over_200k: { input: 99, output: 99 },
      },
      experimental: {
        modes: {
          fast: { cost: { input: 5, output: 30, cache_read: 0.5 }, provider: { body: { service_tier: "priority" } } },
          other: { cost: { input: 1, output: 1 } },
        },
      },
    });
    expect(model).toEqual({
      id: "gpt-5.4",
      contextTokens: 1_050_000,
      maxOutputTokens: 128_000,
      canUseTools: true,
      canReadImages: true,
      canReason: true,
      rates: {
        input: { base: 2.5, tiers: [{ above: 272_000, price: 5 }] },
        output: { base: 15, tiers: [{ above: 272_000, price: 22.5 }] },
        cacheRead: 0.25,
        serviceTiers: { priority: { input: 5, output: 30, cacheRead: 0.5 } },
      },
    });
  });

  test.each([
    ["one step, at 200,000 tokens", { input: 1, output: 2, context_over_200k: { input: 2, output: 3 } }, 200_000],
    ["no step", { input: 1, output: 2 }, null],
  ])("has %s", (_, cost, above) => {
    const { rates } = catalogueModel({ id: "m", cost });
    expect(rates?.input).toEqual(above === null ? 1 : { base: 1, tiers: [{ above, price: 2 }] });
  });

  test.each([
    ["nothing, which stands for a plan", "m", { input: 0, output: 0 }, undefined],
    ["nothing, when it is called free", "m:free", { input: 0, output: 0 }, { input: 0, output: 0 }],
    ["input alone", "m", { input: 1 }, undefined],
    ["a misspelt cache price", "m", { input: 2, output: 2, cached_input: 1 }, { input: 2, output: 2, cacheRead: 1 }],
    ["a cached token dearer than a fresh one", "m", { input: 1, output: 2, cache_read: 3 }, { input: 1, output: 2 }],
    ["a misspelt write", "m", { input: 1, output: 2, cached_write: 3 }, { input: 1, output: 2, cacheWrite5m: 3 }],
  ])("that costs %s", (_, id, cost, rates) => {
    expect(catalogueModel({ id, cost }).rates).toEqual(rates);
  });

  test("whose answer is longer than its context has an unknown limit", () => {
    const { contextTokens, maxOutputTokens } = catalogueModel({ id: "m", limit: { context: 10, output: 20 } });
    expect([contextTokens, maxOutputTokens]).toEqual([10, null]);
    expect(catalogueModel({ id: "m", limit: { context: 0, output: 20 } }).contextTokens).toBeNull();
  });

  test("in fast mode is Anthropic's own service tier", () => {
    const modes = { fast: { cost: { input: 30, output: 150 }, provider: { body: { speed: "fast" } } } };
    const { rates } = catalogueModel({ id: "m", cost: { input: 5, output: 25 }, experimental: { modes } });
    expect(rates?.serviceTiers).toEqual({ fast: { input: 30, output: 150 } });
  });
});

describe("the file of models.dev", () => {
  test.each([
    ["an error page", "<html>", "the whole"],
    ["a list", [], "the whole"],
    ["a negative price", { acme: { models: { m: { id: "m", cost: { input: -1, output: 1 } } } } }, "is negative"],
    ["a price as text", { acme: { models: { m: { id: "m", cost: { input: "1" } } } } }, "acme.models.m.cost.input"],
    ["no models", { acme: { name: "Acme" } }, "acme.models"],
  ])("is refused whole with %s", (_, json, reason) => {
    const read = readModelsDev(json);
    expect(read.ok ? "taken" : read.error).toContain(reason);
  });

  test("names providers as the price data does", () => {
    const models = { m: { id: "m", cost: { input: 1, output: 2 } } };
    const read = readModelsDev({ xai: { models }, "amazon-bedrock": { models }, acme: { models } });
    expect(read.ok ? [read.value.date, Object.keys(read.value.providers)] : read.error).toEqual([
      null,
      ["x-ai", "aws", "acme"],
    ]);
  });

  test.skipIf(!hasRecorded)(`of 2026-07-02 has 147 providers, and a price of 4,522 of 5,276 models${NOTE}`, () => {
    const read = readModelsDev(readRecorded("models.dev"));
    if (!read.ok) throw new Error(read.error);
    const models = Object.values(read.value.providers).flat();
    expect(read.value.date).toBe("2026-07-02");
    expect([Object.keys(read.value.providers).length, models.length]).toEqual([147, 5_276]);
    expect(models.filter(({ rates }) => rates !== undefined).length).toBe(4_522);
    expect(models.filter(({ rates }) => rates?.serviceTiers !== undefined).length).toBeGreaterThan(20);
  });
});
