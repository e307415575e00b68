import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CsvError } from "../../../src/core/csv-records.ts";
import { compareUsage } from "../../../src/features/reconcile/compare.ts";
import { readUsage, type UsageFile, type UsageRow } from "../../../src/features/reconcile/read-usage.ts";

const HEADER = "day,model,uncached_input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd";

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

function read(...lines: readonly string[]): Promise<UsageFile> {
  return readUsage(once(lines.join("\n")));
}

async function problem(...lines: readonly string[]): Promise<string> {
  try {
    await read(...lines);
  } catch (error) {
    if (error instanceof CsvError) return error.message;
    throw error;
  }
  return "none";
}

describe("a usage export", () => {
  test("is added up by day and model, money exactly", async () => {
    const file = await read(
      HEADER,
      "2026-10-05,gpt-5.4,1000,200,0,50,0.1",
      "2026-10-05,gpt-5.4,1,1,1,1,0.2",
      "2026-10-06,gpt-5.4,5,0,0,0,0",
    );
    expect(file.rows).toEqual([
      {
        day: "2026-10-05",
        model: "gpt-5.4",
        figures: { uncachedInput: 1001, cacheRead: 201, cacheWrite: 1, output: 51, cost: 300_000_000 },
      },
      {
        day: "2026-10-06",
        model: "gpt-5.4",
        figures: { uncachedInput: 5, cacheRead: 0, cacheWrite: 0, output: 0, cost: 0 },
      },
    ]);
  });

  test.each([
    ['"1,234,567"', 1_234_567],
    ["1_234", 1_234],
    ["1 234", 1_234],
    ["1'234", 1_234],
    ["12.0", 12],
    ["", 0],
  ])("may write the number %s", async (text, expected) => {
    const file = await read("Day,Model,Output Tokens", `2026-10-05T00:00:00Z,m,${text}`);
    expect(file.rows[0]?.figures).toEqual({ output: expected });
  });

  test.each([
    ['"$1,234.56"', 1_234_560_000_000],
    ["-0.5", -500_000_000],
    ["1.5e-7", 150],
    ["0.0000000005", 1],
  ])("may write the cost %s", async (text, expected) => {
    expect((await read("day,model,cost_usd", `2026-10-05,m,${text}`)).rows[0]?.figures.cost).toBe(expected);
  });

  test.each([
    ["a misspelled column", ["day,model,output_token"], 'unknown column "output_token". Did you mean "output_tokens"?'],
    ["a column twice", ["day,model,model"], 'the column "model" is there twice'],
    ["no day", ["model,cost_usd"], 'there is no column "day"'],
    ["no figure", ["day,model"], "there is no column to compare"],
    ["semicolons", ["day;model;cost_usd"], 'separated by ";", not by commas; it begins with "day;model;cost_usd"'],
    ["tabs", ["day\tmodel\tcost_usd"], "separated by tabs"],
    ["JSON", ['{"day": 1}'], "a quote inside a field"],
    ["a JSON list", ["[1, 2]"], "it looks like JSON"],
    ["nothing", [""], "it is empty"],
    ["too few fields", ["day,model,cost_usd", "2026-10-05,m"], "line 2 has 2 fields, but the header has 3 columns"],
    ["a day that is none", ["day,model,cost_usd", "2026-02-30,m,1"], 'line 2: day is "2026-02-30"'],
    ["an American day", ["day,model,cost_usd", "10/05/2026,m,1"], "must be written as 2026-10-05"],
    [
      "negative tokens",
      ["day,model,output_tokens", "2026-10-05,m,-5"],
      'output_tokens is "-5", but must be a whole number',
    ],
    ["a fraction of a token", ["day,model,output_tokens", "2026-10-05,m,1.5"], "must be a whole number"],
    ["a decimal comma", ["day,model,cost_usd", '2026-10-05,m,"1,5"'], "must be an amount in US dollars"],
    ["an absurd cost", ["day,model,cost_usd", "2026-10-05,m,1e99"], "must be an amount"],
    ["no model", ["day,model,cost_usd", "2026-10-05,,1"], "line 2: the model is empty"],
  ])("with %s is refused by name and line", async (_what, lines, words) => {
    expect(await problem(...lines)).toContain(words);
  });
});

const row = (model: string, output: number, day = "2026-10-05"): UsageRow => ({ day, model, figures: { output } });
const fileOf = (...rows: readonly UsageRow[]): UsageFile => ({ rows, figures: ["output"], records: rows.length });
const sideOf = (rows: readonly UsageRow[], provider: string | null = null) => ({ rows, provider, timeZone: "UTC" });

describe("a comparison", () => {
  test("names what is on one side only, and judges models and the total by the tolerance", () => {
    const file = fileOf(row("a", 1000), row("b", 50));
    const view = compareUsage(file, sideOf([row("p/a", 1009), row("p/c", 7)]), 1);
    expect(view.models).toMatchObject([
      { model: "a", missing: null, isWithin: true, differences: { output: { difference: 9, percent: 0.9 } } },
      { model: "b", missing: "ledger", isWithin: false, differences: { output: { difference: -50, percent: -100 } } },
      { model: "p/c", missing: "file", isWithin: false, differences: { output: { difference: 7, percent: null } } },
    ]);
    expect(view.totals.differences.output).toMatchObject({ file: 1050, ledger: 1016, difference: -34 });
    expect(view.isWithin).toBe(false);
  });

  test("lets models that err in opposite directions not cancel out", () => {
    const view = compareUsage(fileOf(row("a", 100), row("b", 100)), sideOf([row("p/a", 110), row("p/b", 90)]), 1);
    expect([view.totals.isWithin, view.isWithin]).toEqual([true, false]);
  });

  test("forgives what only fell on the other side of midnight", () => {
    const file = fileOf(row("a", 100), row("a", 0, "2026-10-06"));
    const view = compareUsage(file, sideOf([row("p/a", 90), row("p/a", 10, "2026-10-06")]), 1);
    expect([view.days.map(({ isWithin }) => isWithin), view.isWithin]).toEqual([[false, false], true]);
  });

  test("finds a model by its name at the provider, or with the provider's", () => {
    const view = compareUsage(fileOf(row("x/m", 1), row("org/n", 2)), sideOf([row("x/m", 1), row("hub/org/n", 2)]), 0);
    expect(view.isWithin).toBe(true);
    expect(view.models.map(({ model }) => model)).toEqual(["org/n", "x/m"]);
  });

  test("always has difference = ledger - file, and the days add up to the total", () => {
    const rows = fc.array(
      fc.record({
        model: fc.constantFrom("a", "b"),
        day: fc.constantFrom("2026-10-05", "2026-10-06"),
        output: fc.nat(),
      }),
    );
    fc.assert(
      fc.property(rows, rows, (theirs, ours) => {
        const toRow = ({ model, day, output }: { model: string; day: string; output: number }) =>
          row(model, output, day);
        const view = compareUsage(fileOf(...theirs.map(toRow)), sideOf(ours.map(toRow)), 1);
        const sum = (side: "file" | "ledger") =>
          view.days.reduce((total, one) => total + (one.differences.output?.[side] ?? 0), 0);
        expect(sum("file")).toBe(theirs.reduce((total, { output }) => total + output, 0));
        expect(sum("ledger")).toBe(ours.reduce((total, { output }) => total + output, 0));
        expect(view.totals.differences.output?.difference).toBe(sum("ledger") - sum("file"));
      }),
    );
  });
});
