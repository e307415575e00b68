import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { billOf, budgetsOfRow, type ExplainView, explainAttempt } from "../../src/core/bill.ts";
import type { BudgetState } from "../../src/core/budget/budget.ts";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { addDecimal, parseDecimal, toNanoUsd } from "../../src/core/money.ts";
import { costOf } from "../../src/core/price.ts";
import { createWhatIf, type WhatIfView, whatIfMoment } from "../../src/core/what-if.ts";
import { anyRates, anyUsage } from "../core/priced.ts";
import { intentOf, NOON, outcomeOf, PRICE, usageOf } from "../stores/attempts.ts";
import { type CliWorld, createCliWorlds, run } from "./harness.ts";

const makeWorld = createCliWorlds();

async function withRequest(isRunning = true): Promise<CliWorld> {
  const world = makeWorld({ isRunning });
  const usage = usageOf(250_000, 1_000, { cacheRead: 50_000 });
  await world.settle(
    {
      state: "failed",
      usage: usageOf(100, 3),
      usageSource: "estimated",
      costNanoUsd: 14_840,
      savedNanoUsd: null,
      savedKind: null,
      savedPriceId: null,
      reservedNanoUsd: 20_000,
    },
    { attempt: 2, usage, costNanoUsd: 42_560_000, savedNanoUsd: 42_560_000, savedKind: "cache" },
  );
  return world;
}

const dollars = (text: string) => parseDecimal(text) ?? { mantissa: -1n, scale: 0 };

describe("a bill", () => {
  test("has lines whose exact sum, rounded once, is the cost of the row", () => {
    fc.assert(
      fc.property(anyUsage, anyRates, (usage, rates) => {
        const { raw: _, ...counts } = usage;
        const bill = billOf(counts, { ...PRICE, rates });
        const cost = costOf({ ...counts, raw: null }, rates);
        expect(bill.nanoUsd).toBe(cost.nanoUsd);
        const sum = bill.lines.reduce((total, { usd }) => addDecimal(total, dollars(usd)), dollars("0"));
        expect(toNanoUsd(sum)).toBe(cost.nanoUsd);
        expect(dollars(bill.exactUsd)).toBeDefined();
      }),
    );
  });

  test("has formulas that anyone can reckon again", () => {
    const [input, , output] = billOf(usageOf(250_000, 1_000, { cacheRead: 50_000 }), PRICE).lines;
    expect(input?.formula).toBe("250,000 × $0.14 / 1M = $0.035");
    expect(output).toMatchObject({ formula: "1,000 × $0.56 / 1M = $0.00056", aboveTokens: 200_000 });
  });

  test("has a line for web searches, which are paid by the piece", () => {
    const price = { ...PRICE, rates: { input: 1, webSearchesPerThousand: 10 } };
    const usage = { ...usageOf(2_000, 0), units: { webSearches: 3 } };
    const { lines, nanoUsd } = billOf(usage, price);
    expect(lines.map(({ formula }) => formula)).toEqual(["2,000 × $1 / 1M = $0.002", "3 × $10 / 1K = $0.03"]);
    const charged = { ...intentOf(), ...outcomeOf({ usage, costNanoUsd: nanoUsd }) };
    expect(explainAttempt(charged, () => price)).toMatchObject({ beyondBillNanoUsd: 0, notes: [] });
  });

  test("names the budgets that count it, and none that counts someone else", () => {
    const state = (scope: BudgetState["budget"]["scope"], name: string | null, whose = name): BudgetState => ({
      budget: {
        id: `${scope}:${name}`,
        scope,
        name,
        period: "month",
        limitNanoUsd: 5,
        warnAt: [],
        over: "deny",
        isUnpricedAllowed: false,
        origin: "file",
      },
      name: whose,
      spentNanoUsd: 1,
      reservedNanoUsd: 0,
      from: null,
      resetsAt: null,
    });
    const states = [
      state("global", null),
      state("project", "lodestar"),
      state("project", "other"),
      state("project", "*", "lodestar"),
      state("project", "*", "other"),
      state("key", "laptop"),
      state("model", "deepseek/*"),
      state("provider", "openai"),
    ];
    expect(budgetsOfRow(states, intentOf(), "laptop").map(({ id, name }) => [id, name])).toEqual([
      ["global:null", null],
      ["project:lodestar", "lodestar"],
      ["project:*", "lodestar"],
      ["key:laptop", "laptop"],
      ["model:deepseek/*", "deepseek/*"],
    ]);
  });

  const row = (more: Partial<LedgerRow>): LedgerRow => ({ ...intentOf(), ...outcomeOf(), ...more });
  test.each([
    [{ state: "aborted", usageSource: "estimated" }, "the client left"],
    [{ state: "estimated", usageSource: "estimated" }, "the provider stated no count"],
    [{ state: "streaming" }, "still open"],
    [{ costReason: "no-price", costNanoUsd: null, priceId: null }, "unknown and not 0"],
    [{ costReason: "local", costNanoUsd: 0 }, "costs nothing"],
    [{ costReason: "crashed", costNanoUsd: null }, "what was used is unknown"],
    [{ costNanoUsd: 10_026_600 }, "$0.01 of the row's $0.0100266 is for what the row keeps no count of"],
  ] as const)("of a row with %j says so", (more, words) => {
    expect(explainAttempt(row(more), () => PRICE).notes.join(" ")).toContain(words);
  });

  test("of an answer that Lodestar did not outlive does not claim an estimate", () => {
    const crashed = row({ state: "estimated", usageSource: "estimated", costReason: "crashed", costNanoUsd: null });
    const { notes } = explainAttempt(crashed, () => PRICE);
    expect(notes).toEqual(["Lodestar ended before the answer did: what was used is unknown."]);
  });
});

describe.each([true, false])("costs explain (daemon: %p)", (isRunning) => {
  test("tells every attempt with every number's formula", async () => {
    const world = await withRequest(isRunning);
    const { code, out } = await world.run(["costs", "explain", "req_1", "--as", "deepseek/deepseek-v4-flash"]);
    expect(code).toBe(0);
    const shown = out.replace(/genai-prices [^)]*\(price_[0-9a-f]+\)/g, "TABLE");
    expect(shown).toMatchInlineSnapshot(`
      "req_1: $0.04257484 for 2 attempts
      baseline for savings: anthropic/claude-sonnet-5

      1. deepseek/deepseek-v4-flash: failed, $0.00001484
         its tokens at the price that it was settled with
           price: deepseek/deepseek-v4-flash, TABLE
           uncached input  100 × $0.14 / 1M = $0.000014
           output          3 × $0.28 / 1M = $0.00000084
           sum             $0.00001484
         Estimated: the answer was not read to its end. The output is what had arrived by then.
         reserved from budgets before the call, at worst: $0.00002; $0.00000516 of it given back
         the same tokens at deepseek/deepseek-v4-flash
           price: deepseek/deepseek-v4-flash, TABLE
           uncached input  100 × $0.22 / 1M = $0.000022
           output          3 × $0.66 / 1M = $0.00000198
           sum             $0.00002398

      2. deepseek/deepseek-v4-flash: final, $0.04256
         its tokens at the price that it was settled with
           price: deepseek/deepseek-v4-flash, TABLE
           uncached input  250,000 × $0.14 / 1M = $0.035
           cache read      50,000 × $0.14 / 1M = $0.007
           output          1,000 × $0.56 / 1M = $0.00056 (tier above 200000 input tokens)
           sum             $0.04256
         saved $0.04256 (cache: the answer was kept from before; quality: unmeasured): the baseline would have cost
           price: deepseek/deepseek-v4-flash, TABLE
           uncached input  250,000 × $0.14 / 1M = $0.035
           cache read      50,000 × $0.14 / 1M = $0.007
           output          1,000 × $0.56 / 1M = $0.00056 (tier above 200000 input tokens)
           sum             $0.04256
         the same tokens at deepseek/deepseek-v4-flash
           price: deepseek/deepseek-v4-flash, TABLE
           uncached input  250,000 × $0.22 / 1M = $0.055
           cache read      50,000 × $0.007 / 1M = $0.00035
           output          1,000 × $0.66 / 1M = $0.00066
           sum             $0.05601

      with deepseek/deepseek-v4-flash: $0.05603398 instead of $0.04257484 (nothing was changed)
      "
    `);
  });
});

describe("costs explain", () => {
  test("as JSON has each attempt's row, bill, saving and what another model would have cost", async () => {
    const world = await withRequest();
    const { out } = await world.run(["costs", "explain", "req_1", "--json", "--as", "openai/gpt-5.4-nano"]);
    const view = JSON.parse(out) as ExplainView;
    expect(Object.keys(view)).toEqual([
      "requestId",
      "costNanoUsd",
      "baselineModel",
      "as",
      "otherwiseNanoUsd",
      "attempts",
      "budgets",
    ]);
    expect(view.costNanoUsd).toBe(42_574_840);
    expect(view.attempts[1]?.bill?.nanoUsd).toBe(view.attempts[1]?.row.costNanoUsd ?? -1);
    const sum = view.attempts.reduce((total, { otherwise }) => total + (otherwise?.nanoUsd ?? 0), 0);
    expect([view.as, view.otherwiseNanoUsd]).toEqual(["openai/gpt-5.4-nano", sum]);
    const rows = (await world.run(["costs", "query"])).out;
    await world.run(["costs", "explain", "req_1", "--as", "openai/gpt-5.4"]);
    expect((await world.run(["costs", "query"])).out).toBe(rows);
  });

  test.each([
    [["costs", "explain", "req_9"], 'no request "req_9" is in the ledger'],
    [["costs", "explain", "req_1", "--as", "gpt"], '"gpt" names no model as provider/model'],
    [["costs", "explain", "req_1", "--as", "deepseek/deepseek-v4-prro"], 'Did you mean "deepseek/deepseek-v4-pro"'],
    [["costs", "--what-if", "nobody/nothing"], 'no price of "nobody/nothing" is known'],
  ])("%j is refused with what to do", async (argv, words) => {
    const world = await withRequest();
    const { code, out, err } = await world.run(argv);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(words);
    expect(err).toContain("fix: ");
  });
});

describe("costs --what-if", () => {
  test("prices every row again by itself, so that tiers and hours are those of each", () => {
    const at = (hour: number, tokens: number, more: Partial<LedgerRow> = {}): LedgerRow => ({
      ...intentOf({ startedAt: Date.UTC(2026, 9, 1, hour) }),
      ...outcomeOf({ usage: usageOf(tokens, 0), costNanoUsd: 5 }),
      ...more,
    });
    const asked: string[] = [];
    const sums = createWhatIf((startedAt) => {
      asked.push(new Date(whatIfMoment(startedAt, NOON)).toISOString());
      return { ...PRICE, rates: { input: { base: 1, tiers: [{ above: 100, price: 2 }] } } };
    });
    for (const row of [at(2, 100), at(13, 101), at(3, 0), at(4, 10, { costNanoUsd: null })]) sums.add(row);
    expect(sums.result()).toEqual({
      totals: { attempts: 3, costNanoUsd: 10, otherwiseNanoUsd: 100_000 + 202_000 + 10_000 },
      groups: [{ name: "deepseek/deepseek-v4-flash", attempts: 3, costNanoUsd: 10, otherwiseNanoUsd: 312_000 }],
      unpriced: 1,
    });
    expect(asked).toEqual(["2026-11-20T02:00:00.000Z", "2026-11-20T13:00:00.000Z", "2026-11-20T04:00:00.000Z"]);
  });

  test("equals explaining every request by itself", async () => {
    const world = await withRequest();
    await world.settle({ requestId: "req_2", provider: "openai", model: "gpt-5.4", costNanoUsd: 99 });
    const as = "openai/gpt-5.4-nano";
    const view = JSON.parse(
      (await world.run(["costs", "--what-if", as, "--json", "--period", "all"])).out,
    ) as WhatIfView;
    const single = async (id: string) =>
      (JSON.parse((await world.run(["costs", "explain", id, "--as", as, "--json"])).out) as ExplainView)
        .otherwiseNanoUsd ?? 0;
    expect(view.totals.otherwiseNanoUsd).toBe((await single("req_1")) + (await single("req_2")));
    const { out } = await world.run(["costs", "--what-if", as, "--from", "2026-11-01"]);
    expect(out).toContain("quality: unmeasured. Nothing was changed.");
  });
});

describe("costs reconcile", () => {
  const HEADER = "day,model,uncached_input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd";

  async function withFile(text: string | Uint8Array): Promise<{ world: CliWorld; file: string }> {
    const world = await withRequest();
    const file = join(world.stateDir, "usage.csv");
    writeFileSync(file, text);
    return { world, file };
  }

  test("agrees with a file that has what the ledger has, days in UTC", async () => {
    const line = "2026-11-20,deepseek-v4-flash,250100,50000,0,1003,0.04257484";
    const { world, file } = await withFile(`\u{feff}${HEADER}\r\n${line}\r\n`);
    const { code, out, err } = await world.run([
      "costs",
      "reconcile",
      file,
      "--provider",
      "deepseek",
      "--tolerance",
      "0",
    ]);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "1 record of 2026-11-20 (days in UTC) against the ledger

      model                                     file       ledger  difference       %
      deepseek-v4-flash  uncached input      250,100      250,100           0  0.00 %
                         cache read           50,000       50,000           0  0.00 %
                         cache write               0            0           0  0.00 %
                         output                1,003        1,003           0  0.00 %
                         cost            $0.04257484  $0.04257484          $0  0.00 %
      total              uncached input      250,100      250,100           0  0.00 %
                         cache read           50,000       50,000           0  0.00 %
                         cache write               0            0           0  0.00 %
                         output                1,003        1,003           0  0.00 %
                         cost            $0.04257484  $0.04257484          $0  0.00 %
      "
    `);
    expect(err).toContain("every model and the total agree within 0 %");
  });

  test("shows what differs and on which side something is missing, and ends with 1", async () => {
    const lines = ["2026-11-19,gpt-5.4,10,0,0,10,0.1", '2026-11-20,deepseek-v4-flash,"250,100",50000,0,2000,0.05'];
    const { world, file } = await withFile([HEADER, ...lines].join("\n"));
    const { code, out, err } = await world.run(["costs", "reconcile", file]);
    expect(code).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "2 records of 2026-11-19 to 2026-11-20 (days in UTC) against the ledger

      model                                 file       ledger    difference          %
      deepseek-v4-flash  uncached input  250,100      250,100             0     0.00 %
                         cache read       50,000       50,000             0     0.00 %
                         cache write           0            0             0     0.00 %
                         output            2,000        1,003          -997   -49.85 %
                         cost              $0.05  $0.04257484  -$0.00742516   -14.85 %
      gpt-5.4            uncached input       10            0           -10  -100.00 %  not in the ledger
                         cache read            0            0             0     0.00 %  not in the ledger
                         cache write           0            0             0     0.00 %  not in the ledger
                         output               10            0           -10  -100.00 %  not in the ledger
                         cost               $0.1           $0         -$0.1  -100.00 %  not in the ledger
      total              uncached input  250,110      250,100           -10   -<0.01 %
                         cache read       50,000       50,000             0     0.00 %
                         cache write           0            0             0     0.00 %
                         output            2,010        1,003        -1,007   -50.10 %
                         cost              $0.15  $0.04257484  -$0.10742516   -71.62 %

      Days that differ by more than 1 %:
      day and model                                  file       ledger    difference          %
      2026-11-19 gpt-5.4            uncached input     10            0           -10  -100.00 %  not in the ledger
                                    output             10            0           -10  -100.00 %  not in the ledger
                                    cost             $0.1           $0         -$0.1  -100.00 %  not in the ledger
      2026-11-20 deepseek-v4-flash  output          2,000        1,003          -997   -49.85 %
                                    cost            $0.05  $0.04257484  -$0.00742516   -14.85 %
      "
    `);
    expect(err).toContain("the difference is above 1 %");
    const json = await world.run(["costs", "reconcile", file, "--json", "--tolerance", "300"]);
    expect([json.code, (JSON.parse(json.out) as { isWithin: boolean }).isWithin]).toEqual([0, true]);
  });

  test.each([
    ["a picture", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1]), "a binary file"],
    ["a misspelled column", "day,model,outputs\n", "unknown column"],
    ["no lines", `${HEADER}\n`, "has a header, but no lines below it"],
    ["ages", `${HEADER}\n1990-01-01,m,1,1,1,1,1\n2026-01-01,m,1,1,1,1,1\n`, "more than ten years"],
  ])("refuses a file with %s, and says what it saw", async (_what, text, words) => {
    const { world, file } = await withFile(text);
    const { code, out, err } = await world.run(["costs", "reconcile", file]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(words);
  });

  test("refuses a file that is not there, a folder, and flags that mean nothing", async () => {
    const { world, file } = await withFile("");
    mkdirSync(`${file}.d`);
    const errors = async (...argv: readonly string[]) => (await world.run(["costs", "reconcile", ...argv])).err;
    expect(await errors(`${file}.none`)).toContain("there is no file");
    expect(await errors(`${file}.d`)).toContain("is no file");
    expect((await run(["costs", "reconcile", "x", "--tolerance", "much"])).code).toBe(2);
    expect((await run(["costs", "reconcile", "x", "--time-zone", "Moon/Sea"])).err).toContain(
      'no time zone is called "Moon/Sea"',
    );
  });

  test("counts days in the time zone that the file is of", async () => {
    const { world, file } = await withFile("day,model,output_tokens\n2026-11-21,deepseek-v4-flash,1003\n");
    const zone = ["--time-zone", "Pacific/Kiritimati", "--provider", "deepseek"];
    expect((await world.run(["costs", "reconcile", file, ...zone])).code).toBe(0);
    expect((await world.run(["costs", "reconcile", file, "--provider", "deepseek"])).code).toBe(1);
  });
});
