import { describe, expect, test } from "bun:test";
import { cardsAt, cataloguedCards, compareTables } from "../../../src/features/prices/compare.ts";
import { readGenaiPrices } from "../../../src/features/prices/genai-prices.ts";
import { readModelsDev } from "../../../src/features/prices/models-dev.ts";
import { type PriceReportParts, reportDifferences, reportTables } from "../../../src/features/prices/report.ts";
import { showPrices } from "../../../src/features/prices/show.ts";
import { NO_UPDATE, newestTables, type StateTables, type UpdatedPrices } from "../../../src/host/prices/tables.ts";
import { hasRecorded, readRecorded } from "./kit.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

const UPDATE: UpdatedPrices = {
  table: {
    source: "genai-prices via test",
    date: "2026-11-19",
    providers: {
      deepseek: {
        models: [
          {
            id: "deepseek-v4-flash",
            cards: [{ rates: { input: 1, output: 2 } }, { rates: { input: 2, output: 4 }, window: [3_600, 14_400] }],
          },
          { id: "brand-new", cards: [{ rates: { input: 9 } }] },
        ],
      },
    },
  },
  catalogue: {
    source: "models.dev via test",
    date: "2026-11-19",
    providers: {
      deepseek: [
        {
          id: "deepseek-v4-flash",
          contextTokens: null,
          maxOutputTokens: null,
          canUseTools: true,
          canReadImages: false,
          canReason: true,
          rates: { input: 1, output: 3, cacheRead: 0.1 },
        },
      ],
    },
  },
};

function partsOf(update: UpdatedPrices, more: Partial<PriceReportParts> = {}): PriceReportParts {
  const tables: StateTables = { ...newestTables(update), updated: () => update, problem: () => null };
  return {
    tables,
    previous: NO_UPDATE,
    pricing: { overrides: {}, isLocalProvider: (provider) => provider === "ollama" },
    providers: ["deepseek", "openai", "ollama"],
    now: NOON,
    ...more,
  };
}

describe("prices show", () => {
  test("lists every price in the order in which they win, and marks the one of now", () => {
    const { candidates, disagreements } = showPrices("deepseek/deepseek-v4-flash", partsOf(UPDATE));
    const shown = candidates.map(({ row, origin, isUsed, why }) => [
      origin,
      row.rates.input,
      row.condition,
      isUsed,
      why,
    ]);
    expect(shown.slice(0, 2)).toEqual([
      ["updated", 1, undefined, true, "the newest table that has it"],
      ["updated", 2, "01:00-04:00 UTC", false, "holds only: 01:00-04:00 UTC"],
    ]);
    expect(shown[2]).toEqual(["bundled", 0.14, undefined, false, "older than genai-prices via test, 2026-11-19"]);
    expect(shown.filter(([, , , isUsed]) => isUsed).length).toBe(1);
    expect(disagreements).toEqual([
      { provider: "deepseek", model: "deepseek-v4-flash", rate: "output", before: "2", after: "3" },
    ]);
  });

  test("follows the hour", () => {
    const { candidates } = showPrices(
      "deepseek/deepseek-v4-flash",
      partsOf(UPDATE, { now: Date.UTC(2026, 10, 20, 2) }),
    );
    expect(candidates.find(({ isUsed }) => isUsed)?.row.rates.input).toBe(2);
  });

  test("says that an override wins, and that a local model costs nothing", () => {
    const pricing = {
      overrides: { "deepseek/*": { input: 5 } },
      isLocalProvider: (provider: string) => provider === "ollama",
    };
    const own = showPrices("deepseek/deepseek-v4-flash", partsOf(UPDATE, { pricing })).candidates;
    expect(own.map(({ origin, isUsed, why }) => [origin, isUsed, why]).slice(0, 2)).toEqual([
      ["override", true, "your own price in the configuration"],
      ["updated", false, "an override wins"],
    ]);
    const local = showPrices("ollama/qwen2.5", partsOf(UPDATE)).candidates;
    expect(local.map(({ origin, why }) => [origin, why])).toEqual([["local", "runs on your own machine"]]);
  });

  test("finds a bare name wherever it is sold, but not on every local server", () => {
    const { candidates } = showPrices("gpt-4o", partsOf(NO_UPDATE));
    expect(new Set(candidates.map(({ row }) => row.provider))).toEqual(new Set(["openai"]));
  });

  test("has names like an unknown one", () => {
    expect(showPrices("deepseek/deepsek-v4-pro", partsOf(NO_UPDATE)).similar).toContain("deepseek/deepseek-v4-pro");
    expect(showPrices("", partsOf(NO_UPDATE)).candidates).toEqual([]);
  });
});

describe("prices", () => {
  test("say what is in use, from where, and how old it is", () => {
    const { tables } = reportTables(partsOf(UPDATE));
    expect(tables[0]).toMatchObject({ table: "genai-prices", origin: "updated", ageDays: 1, isOld: false, models: 2 });
    expect(tables[1]).toMatchObject({ table: "models.dev", origin: "updated", date: "2026-11-19" });
  });

  test("are old after 45 days, not before", () => {
    const day = 24 * 3_600_000;
    const at = (days: number) => reportTables(partsOf(UPDATE, { now: Date.UTC(2026, 10, 19) + days * day })).tables[0];
    expect([at(45)?.isOld, at(46)?.isOld]).toEqual([false, true]);
  });
});

describe("prices diff", () => {
  test("tells what the update changed, and what it brought", () => {
    const [updated] = reportDifferences(partsOf(UPDATE)).comparisons;
    expect(updated).toMatchObject({
      name: "updated",
      compared: 1,
      onlyAfter: 1,
      after: "genai-prices via test, 2026-11-19",
    });
    expect(updated?.differences).toContainEqual({
      provider: "deepseek",
      model: "deepseek-v4-flash",
      rate: "output",
      before: "0.66",
      after: "2",
    });
  });

  test("tells what the last update changed of the one before", () => {
    const names = reportDifferences(partsOf(UPDATE, { previous: UPDATE })).comparisons;
    const previous = names.filter(({ name }) => name === "previous");
    expect(previous.map(({ differences }) => differences.length)).toEqual([0, 0]);
  });

  test("tells what overrides change, and which of them no table knows", () => {
    const overrides = {
      "deepseek/deepseek-v4-flash": { input: 7 },
      "deepseek/own": { input: 1 },
      "openai/*": { input: 1 },
    };
    const pricing = { overrides, isLocalProvider: () => false };
    const found = reportDifferences(partsOf(UPDATE, { pricing })).comparisons.find(({ name }) => name === "overrides");
    expect(found).toMatchObject({ compared: 1, onlyAfter: 1 });
    expect(found?.differences.map(({ rate, before, after }) => [rate, before, after])).toEqual([
      ["input", "1", "7"],
      ["output", "2", null],
    ]);
  });
});

describe.skipIf(!hasRecorded)(`the two recorded sources${hasRecorded ? "" : " (no test data)"}`, () => {
  test("disagree where their days are seven weeks apart, rate by rate", () => {
    const table = readGenaiPrices(readRecorded("genai-prices"));
    const catalogue = readModelsDev(readRecorded("models.dev"));
    if (!table.ok || !catalogue.ok) throw new Error("a recorded file is refused");
    const { compared, onlyBefore, onlyAfter, differences } = compareTables(
      cardsAt(table.value, NOON),
      cataloguedCards(Object.entries(catalogue.value.providers)),
      true,
    );
    const byRate = Object.groupBy(differences, ({ rate }) => rate);
    const counts = Object.fromEntries(Object.entries(byRate).map(([rate, list]) => [rate, list.length]));
    const byProvider = Object.groupBy(differences, ({ provider }) => provider);
    console.log({ compared, onlyBefore, onlyAfter, differences: differences.length, ...counts });
    console.log(Object.fromEntries(Object.entries(byProvider).map(([provider, list]) => [provider, list?.length])));
    expect({ compared, onlyBefore, onlyAfter, differences: differences.length, counts }).toMatchInlineSnapshot(`
      {
        "compared": 457,
        "counts": {
          "cacheRead": 37,
          "cacheWrite5m": 17,
          "input": 97,
          "output": 92,
        },
        "differences": 243,
        "onlyAfter": 4065,
        "onlyBefore": 976,
      }
    `);
  });

  test("price the same models alike where both are of the same day: most of them", () => {
    const table = readGenaiPrices(readRecorded("genai-prices"));
    const catalogue = readModelsDev(readRecorded("models.dev"));
    if (!table.ok || !catalogue.ok) throw new Error("a recorded file is refused");
    const { compared, differences } = compareTables(
      cardsAt(table.value, Date.UTC(2026, 6, 2, 12)),
      cataloguedCards(Object.entries(catalogue.value.providers)),
      true,
    );
    const models = new Set(differences.map(({ provider, model }) => `${provider}/${model}`)).size;
    expect(models).toBeLessThan(compared / 2);
  });
});
