import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PriceSource } from "../../../src/core/price-view.ts";
import { failure, success } from "../../../src/core/result.ts";
import { updatePrices } from "../../../src/features/prices/update.ts";
import { BUNDLED_TABLES, openTables, readUpdate } from "../../../src/host/prices/tables.ts";
import { hasRecorded, type Published, publishedPrices, RECORDED } from "./kit.ts";

const NOW = Date.UTC(2026, 10, 22);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function stateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-update-"));
  folders.push(folder);
  return folder;
}

/** Updates from texts by their place; a place without a text cannot be read. */
async function update(
  directory: string,
  texts: Readonly<Record<string, string>>,
  wishes: readonly (readonly [PriceSource, string])[],
  day = "2026-11-22",
) {
  return updatePrices(
    wishes.map(([table, place]) => ({ table, place })),
    {
      stateDir: directory,
      tables: openTables(directory),
      now: NOW,
      read: async (place) => {
        const text = texts[place];
        return text === undefined ? failure("there is nothing") : success({ text, day });
      },
    },
  );
}

/** Tries one file of genai-prices; returns what is wrong with it, or null. */
async function refusalOf(json: unknown): Promise<string | null> {
  const directory = stateDir();
  const text = typeof json === "string" ? json : JSON.stringify(json);
  const done = await update(directory, { "data.json": text }, [["genai-prices", "data.json"]]);
  expect(existsSync(join(directory, "prices.json"))).toBe(done.ok);
  return done.ok ? null : done.error.message;
}

function changed(change: (providers: Published[]) => void): Published[] {
  const providers = publishedPrices();
  change(providers);
  return providers;
}

/** Every flat price of every model through a function. */
function scaled(change: (price: number) => number): Published[] {
  return changed((providers) => {
    for (const model of providers.flatMap(({ models }) => models)) {
      model.prices = JSON.parse(JSON.stringify(model.prices), (name, value) =>
        typeof value === "number" && name !== "start" ? change(value) : value,
      );
    }
  });
}

function manyModels(): object {
  return Object.fromEntries(
    Array.from({ length: 6_000 }, (_, index) => [
      `m${index}`,
      { id: `m${index}`, cost: { input: 1, output: 2, cache_read: 0.1, cache_write: 1 } },
    ]),
  );
}

describe("an update of the prices", () => {
  test("is taken in, counted against what was in use, and used", async () => {
    const directory = stateDir();
    const providers = changed(([first]) => {
      const model = first?.models.find(({ id }) => id === "qwen3-max");
      first?.models.push({
        id: "brand-new",
        match: { equals: "brand-new" },
        prices: { input_mtok: 1, output_mtok: 2 },
      });
      if (model !== undefined) model.prices = { input_mtok: 1.25, output_mtok: 6 };
    });
    const texts = { "https://prices.example/data.json": JSON.stringify(providers) };
    const done = await update(directory, texts, [["genai-prices", "https://prices.example/data.json"]]);
    expect(done).toMatchObject({
      ok: true,
      value: [{ table: "genai-prices", date: "2026-11-22", added: 1, removed: 0, warning: null }],
    });
    const data = openTables(directory).data();
    expect([data.source, data.date]).toEqual(["genai-prices via prices.example", "2026-11-22"]);
    expect(data.providers[providers[0]?.id ?? ""]?.models.some(({ id }) => id === "brand-new")).toBe(true);
  });

  test("of one source leaves the other as it was", async () => {
    const directory = stateDir();
    const texts = { a: JSON.stringify(publishedPrices()), b: JSON.stringify({ acme: { models: manyModels() } }) };
    expect((await update(directory, texts, [["genai-prices", "a"]])).ok).toBe(true);
    expect(await update(directory, texts, [["models.dev", "b"]])).toMatchObject({ ok: true });
    const read = readUpdate(directory);
    if (!read.ok) throw new Error(read.error);
    expect([read.value.table?.source, read.value.catalogue?.source]).toEqual([
      "genai-prices via a",
      "models.dev via b",
    ]);
    expect(openTables(directory).catalogue("acme")?.models.get("m5999")?.rates?.input).toBe(1);
  });

  test("changes nothing when one of its sources fails", async () => {
    const directory = stateDir();
    const done = await update(directory, { a: JSON.stringify(publishedPrices()) }, [
      ["genai-prices", "a"],
      ["models.dev", "gone"],
    ]);
    expect(done).toMatchObject({ ok: false, error: { code: "price_source_unreadable" } });
    expect(done.ok ? "" : done.error.message).toContain("gone could not be read: there is nothing");
    expect(existsSync(join(directory, "prices.json"))).toBe(false);
  });

  test("that is older than the program's own table is kept and not used, and says so", async () => {
    const directory = stateDir();
    const texts = { a: JSON.stringify(publishedPrices()) };
    const done = await update(directory, texts, [["genai-prices", "a"]], "2020-01-01");
    expect(done.ok && done.value[0]?.warning).toContain("not used: the bundled table is newer");
    expect(openTables(directory).data()).toBe(BUNDLED_TABLES.data());
  });

  test("of a catalogue older than the program's own is used where that has nothing newer, and says so", async () => {
    const directory = stateDir();
    const texts = { b: JSON.stringify({ acme: { models: manyModels() }, groq: { models: manyModels() } }) };
    const done = await update(directory, texts, [["models.dev", "b"]], "2020-01-01");
    expect(done.ok && done.value[0]?.warning).toBe(
      "used for 1 of 2 providers: the bundled prices of the others are newer",
    );
    const tables = openTables(directory);
    expect(tables.catalogue("groq")).toEqual(BUNDLED_TABLES.catalogue("groq"));
    expect(tables.catalogue("acme")?.date).toBe("2020-01-01");
  });

  test("is refused by a full or closed disk without a trace of it", async () => {
    const directory = join(stateDir(), "none", "such");
    const done = await update(directory, { a: JSON.stringify(publishedPrices()) }, [["genai-prices", "a"]]);
    expect(done).toMatchObject({ ok: false, error: { code: "prices_not_written" } });
  });

  test.each<[name: string, json: unknown, reason: string]>([
    ["what is no JSON", "404: Not Found", "it is not JSON"],
    ["an empty list", [], "has 0 priced models"],
    ["a table that lost most of its models", publishedPrices().slice(0, 3), "more than half would be lost"],
    ["prices per thousand tokens", scaled((price) => price / 1_000), "its unit is another one"],
    ["prices ten times as high", scaled((price) => price * 10), "its unit is another one"],
    [
      "one impossible price",
      changed(([first]) => first?.models.push({ id: "x", match: { equals: "x" }, prices: { input_mtok: 1e9 } })),
      "which no model costs",
    ],
    [
      "a format without a class of rates",
      changed((providers) => {
        for (const model of providers.flatMap(({ models }) => models))
          model.prices = JSON.parse(JSON.stringify(model.prices).replaceAll("cache_write_1h_mtok", "other_mtok"));
      }),
      "it has no rates at all for cacheWrite1h",
    ],
  ])("is refused for %s", async (_, json, reason) => {
    expect(await refusalOf(json)).toContain(reason);
  });

  test("may change a few prices a lot", async () => {
    const providers = changed(([first]) => {
      for (const model of first?.models.slice(0, 2) ?? []) model.prices = { input_mtok: 0.001, output_mtok: 0.001 };
    });
    expect(await refusalOf(providers)).toBeNull();
  });

  test.skipIf(!hasRecorded)(
    "is refused for the recorded file, which is of the format before prices of an hour's cache",
    async () => {
      expect(await refusalOf(readFileSync(RECORDED["genai-prices"], "utf8"))).toContain(
        "no rates at all for cacheWrite1h",
      );
    },
  );

  test.skipIf(!hasRecorded)("takes the recorded file of models.dev, whose day it names itself", async () => {
    const directory = stateDir();
    const texts = { "api.json": readFileSync(RECORDED["models.dev"], "utf8") };
    const done = await update(directory, texts, [["models.dev", "api.json"]]);
    expect(done).toMatchObject({ ok: true, value: [{ date: "2026-07-02", models: 4_522 }] });
    expect(done.ok && done.value[0]?.warning).toMatch(
      /^used for \d+ of \d+ providers: the bundled prices of the others are newer$/,
    );
  });
});
