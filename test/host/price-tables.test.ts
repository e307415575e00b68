import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BUNDLED_TABLES,
  NO_UPDATE,
  newestTables,
  openTables,
  readPreviousUpdate,
  readUpdate,
  type UpdatedPrices,
  undoUpdate,
  writeUpdate,
} from "../../src/host/prices/tables.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function stateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-tables-"));
  folders.push(folder);
  return folder;
}

const NEWER = "2999-01-01";
const OLDER = "2000-01-01";

function updateOf(input: number, date = NEWER): UpdatedPrices {
  const models = [{ id: "m", cards: [{ rates: { input } }] }];
  const listed = {
    id: "Listed",
    contextTokens: 9,
    maxOutputTokens: null,
    canUseTools: false,
    canReadImages: false,
    canReason: false,
    rates: { input, output: input },
  };
  return {
    table: { source: "table", date, providers: { acme: { models } } },
    catalogue: { source: "list", date, providers: { acme: [listed], openai: [listed] } },
  };
}

function inputIn(directory: string): unknown {
  const read = readUpdate(directory);
  return read.ok ? (read.value.table?.providers.acme?.models[0]?.cards[0]?.rates.input ?? null) : read.error;
}

describe("an update in the state directory", () => {
  test("is read back as it was written, by its owner alone", () => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    expect(readUpdate(directory)).toEqual({ ok: true, value: updateOf(1) });
    if (process.platform !== "win32") expect(statSync(join(directory, "prices.json")).mode & 0o777).toBe(0o600);
  });

  test("is none where nothing was ever written", () => {
    expect(readUpdate(stateDir())).toEqual({ ok: true, value: NO_UPDATE });
    expect(undoUpdate(stateDir())).toBe(false);
  });

  test("can be undone, and the undoing too", () => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    writeUpdate(directory, updateOf(2));
    expect(readPreviousUpdate(directory)).toEqual({ ok: true, value: updateOf(1) });
    expect([undoUpdate(directory), inputIn(directory)]).toEqual([true, 1]);
    expect([undoUpdate(directory), inputIn(directory)]).toEqual([true, 2]);
  });

  test("of which there was only one is undone to the bundled tables, and back", () => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    expect([undoUpdate(directory), inputIn(directory)]).toEqual([true, null]);
    expect([undoUpdate(directory), inputIn(directory)]).toEqual([true, 1]);
  });

  test("forgets what was undone when the next one comes", () => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    undoUpdate(directory);
    writeUpdate(directory, updateOf(2));
    expect([undoUpdate(directory), inputIn(directory)]).toEqual([true, null]);
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, -20)],
    ["changed by a digit", (text: string) => text.replace('"input":1', '"input":9')],
    ["of another version", (text: string) => text.replace("lodestar-prices 1", "lodestar-prices 2")],
    ["empty", () => ""],
  ])("that is %s is left out and told", (_, damage) => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    const file = join(directory, "prices.json");
    writeFileSync(file, damage(readFileSync(file, "utf8")));
    const tables = openTables(directory);
    expect(tables.problem()).toContain("prices.json is damaged");
    expect(tables.data()).toBe(BUNDLED_TABLES.data());
    expect(tables.updated()).toEqual(NO_UPDATE);
  });

  test.skipIf(process.platform === "win32" || process.getuid?.() === 0)("that cannot be read is told", () => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    chmodSync(join(directory, "prices.json"), 0o000);
    expect(openTables(directory).problem()).toContain("cannot be read");
  });
});

describe("the newest tables", () => {
  test("are the update's while it is not older than the program's", () => {
    const directory = stateDir();
    writeUpdate(directory, updateOf(1));
    const tables = openTables(directory);
    expect([tables.data().source, tables.catalogue("openai")?.source, tables.problem()]).toEqual([
      "table",
      "list",
      null,
    ]);
    expect(tables.catalogue("openai")?.models.get("listed")?.contextTokens).toBe(9);
  });

  test("are those of a later release once it is newer, but for providers that only the update has", () => {
    const tables = newestTables(updateOf(1, OLDER));
    expect(tables.data()).toBe(BUNDLED_TABLES.data());
    expect(tables.catalogue("openai")).toBe(BUNDLED_TABLES.catalogue("openai"));
    expect(tables.catalogue("acme")?.source).toBe("list");
    expect(tables.listed()).toContain("acme");
    expect(tables.listed()).toContain("openai");
  });

  test("win even on the very same day, and one source can be updated without the other", () => {
    const { date } = BUNDLED_TABLES.data();
    expect(newestTables(updateOf(1, date)).data().source).toBe("table");
    const alone = newestTables({ ...updateOf(1), catalogue: null });
    expect([alone.data().source, alone.catalogue("openai")]).toEqual(["table", BUNDLED_TABLES.catalogue("openai")]);
  });

  test("have nothing under the names that every object has", () => {
    const tables = newestTables(updateOf(1));
    expect([tables.catalogue("constructor"), tables.catalogue("__proto__")]).toEqual([undefined, undefined]);
  });
});
