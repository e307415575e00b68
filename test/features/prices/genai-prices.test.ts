import { describe, expect, test } from "bun:test";
import { readGenaiPrices } from "../../../src/features/prices/genai-prices.ts";
import { BUNDLED_TABLES } from "../../../src/host/prices/tables.ts";
import { publishedPrices } from "./kit.ts";

function model(prices: unknown, more: object = {}) {
  return [{ id: "acme", name: "Acme", models: [{ id: "m", match: { equals: "m" }, prices, ...more }] }];
}

describe("the file of genai-prices", () => {
  test("gives the bundled table when it is that of the pinned package", () => {
    const read = readGenaiPrices(publishedPrices());
    if (!read.ok) throw new Error(read.error);
    for (const [id, provider] of Object.entries(BUNDLED_TABLES.data().providers)) {
      if (provider.models.length > 0) expect(read.value[id]?.models).toEqual(provider.models);
    }
  });

  test("may have members that no price follows from, and units that Lodestar does not know", () => {
    const read = readGenaiPrices(model({ input_mtok: 1, storage_searches_kcount: 5 }, { deprecated: true, name: "M" }));
    expect(read).toEqual({
      ok: true,
      value: { acme: { models: [{ id: "m", cards: [{ rates: { input: 1 } }] }] } },
    });
  });

  test("reads steps by size, days and hours", () => {
    const tiers = [
      { start: 200, price: 4 },
      { start: 100, price: 3 },
    ];
    const read = readGenaiPrices(
      model([
        { prices: { input_mtok: { base: 2, tiers } } },
        { prices: { input_mtok: 1 }, constraint: { start_date: "2026-08-17", type: "start_date" } },
        { prices: { input_mtok: 2 }, constraint: { start_time: "23:30:00Z", end_time: "01:00:00Z" } },
      ]),
    );
    expect(read.ok && read.value.acme?.models[0]?.cards).toEqual([
      {
        rates: {
          input: {
            base: 2,
            tiers: [
              { above: 100, price: 3 },
              { above: 200, price: 4 },
            ],
          },
        },
      },
      { rates: { input: 1 }, from: "2026-08-17" },
      { rates: { input: 2 }, window: [84_600, 3_600] },
    ]);
  });

  test("leaves out what is not sold by the token, and never calls it free", () => {
    expect(readGenaiPrices(model({ requests_kcount: 5 }))).toEqual({ ok: true, value: { acme: { models: [] } } });
    expect(readGenaiPrices(model({ input_mtok: null }))).toEqual({ ok: true, value: { acme: { models: [] } } });
  });

  test.each([
    ["no list", { providers: [] }, "the whole"],
    ["an error page", "<html>", "the whole"],
    ["a negative price", model({ input_mtok: -1 }), "is negative"],
    ["a price per token instead of a million", model({ input_mtok: 2_500_000 }), "is above 20000 USD"],
    ["a price that is no number", model({ input_mtok: "2.5" }), "0.models.0.prices"],
    ["a model without a name", model({ input_mtok: 1 }, { id: "" }), "0.models.0.id is empty"],
    ["a name that steers a terminal", model({ input_mtok: 1 }, { id: "m\u001b[2J" }), "has control characters"],
    ["a rule of an unknown kind", model({ input_mtok: 1 }, { match: { glob: "*" } }), "0.models.0.match"],
    ["an expression that is none", model({ input_mtok: 1 }, { match: { regex: "(" } }), "not a regular expression"],
    ["an expression that takes for ever", model({ input_mtok: 1 }, { match: { regex: "^(a+)+$" } }), "safe to use"],
    ["a day that is none", model([{ prices: {}, constraint: { start_date: "soon" } }]), "0.models.0.prices"],
    ["an hour that is none", model([{ prices: {}, constraint: { start_time: "25:00", end_time: "01:00" } }]), "prices"],
    ["a context of nobody's size", model({ input_mtok: 1 }, { context_window: 1e12 }), "is above 1000000000 tokens"],
  ])("is refused whole with %s", (_, json, reason) => {
    const read = readGenaiPrices(json);
    expect(read.ok ? "taken" : read.error).toContain(reason);
  });
});
