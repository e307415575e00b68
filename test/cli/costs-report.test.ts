import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CostsView } from "../../src/core/admin-view.ts";
import type { Report } from "../../src/core/report.ts";
import { DAY, NOON, usageOf } from "../stores/attempts.ts";
import { type CliWorld, createCliWorlds, run } from "./harness.ts";

const makeWorld = createCliWorlds();

const EVIL = "<script>alert(1)</script>";

/** Three days of October and November at four models, one of them named to break pages. */
async function withTraffic(isRunning = true): Promise<CliWorld> {
  const world = makeWorld({ isRunning });
  const october = NOON - 30 * DAY;
  await world.settle(
    { requestId: "req_1", startedAt: october, endedAt: october + 1, costNanoUsd: 1_234_567_891 },
    {
      requestId: "req_2",
      startedAt: october + DAY,
      endedAt: october + DAY,
      provider: "openai",
      model: EVIL,
      costNanoUsd: 500,
    },
    {
      requestId: "req_3",
      startedAt: NOON,
      project: "=cmd()",
      costNanoUsd: 7,
      tag: "a|b",
      savedNanoUsd: null,
      savedKind: null,
    },
    { requestId: "req_4", startedAt: NOON, state: "failed", costNanoUsd: 40, savedNanoUsd: null, savedKind: null },
    {
      requestId: "req_5",
      startedAt: NOON - 1,
      provider: "ollama",
      model: "qwen2.5-coder:1.5b",
      costNanoUsd: 0,
      costReason: "local",
      savedNanoUsd: 9_000,
      savedKind: "free-tier",
      usage: usageOf(900, 100, { cacheWrite5m: 20 }),
    },
  );
  return world;
}

async function reportOf(world: CliWorld, ...flags: readonly string[]): Promise<Report> {
  const { code, out, err } = await world.run(["costs", "report", "--json", ...flags]);
  expect([code, err.includes("error")]).toEqual([0, false]);
  return JSON.parse(out) as Report;
}

/** RFC 4180, written down once more, to read what was written. */
function readCsv(text: string): readonly (readonly string[])[] {
  const records = text.split("\r\n").filter((line) => line !== "");
  return records.map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
    ),
  );
}

describe.each([true, false])("a report (daemon: %p)", (isRunning) => {
  test("has the sums of costs for the same days, to the nano-dollar", async () => {
    const world = await withTraffic(isRunning);
    for (const [month, from, to] of [
      ["2026-10", "2026-10-01", "2026-10-31"],
      ["2026-11", "2026-11-01", "2026-11-30"],
    ] as const) {
      const report = await reportOf(world, "--month", month);
      const costs = await world.run(["costs", "--json", "--from", from, "--to", to]);
      const view = JSON.parse(costs.out) as CostsView;
      expect(report.totals).toEqual(view.totals);
      expect(report.models).toEqual([...view.groups]);
      expect(report.savings).toEqual(view.savings);
      const sum = (values: readonly { costNanoUsd: number }[]) =>
        values.reduce((total, one) => total + one.costNanoUsd, 0);
      expect(sum(report.days.map(({ totals }) => totals))).toBe(view.totals.costNanoUsd);
      for (const groups of [report.models, report.providers, report.projects]) {
        expect(sum(groups)).toBe(view.totals.costNanoUsd);
      }
    }
  });
});

describe("a report", () => {
  test("charges failed attempts to what was saved, and names the baseline and the quality", async () => {
    const { savings } = await reportOf(await withTraffic());
    expect(savings).toEqual({
      baselineModel: "anthropic/claude-sonnet-5",
      freeTierNanoUsd: 9_000,
      routingNanoUsd: 0,
      cacheNanoUsd: 0,
      savedNanoUsd: 9_000,
      failedNanoUsd: 40,
      netNanoUsd: 8_960,
      quality: "unmeasured",
    });
  });

  test("has a line for each day up to today, and for each month of a long span", async () => {
    const world = await withTraffic();
    const month = await reportOf(world);
    expect([month.span.title, month.step, month.progress, month.days.length]).toEqual([
      "2026-11",
      "day",
      "running",
      20,
    ]);
    const year = await reportOf(world, "--from", "2026-01-10", "--to", "2026-12-31");
    expect(year.days.map(({ name }) => name)).toEqual(
      Array.from({ length: 11 }, (_, index) => `2026-${String(index + 1).padStart(2, "0")}`),
    );
    expect(year.days.at(-2)?.totals.requests).toBe(2);
  });

  test("groups by one more thing, and only counts what was asked for", async () => {
    const world = await withTraffic();
    const report = await reportOf(world, "--from", "2026-10-01", "--by", "tag", "--provider", "deepseek");
    expect(report.more?.groups.map(({ name }) => name)).toContain("a|b");
    expect([report.filter, report.providers.map(({ name }) => name)]).toEqual([{ provider: "deepseek" }, ["deepseek"]]);
  });

  test("as CSV follows RFC 4180, has the same money, and starts no formula in a spreadsheet", async () => {
    const world = await withTraffic();
    const { out } = await world.run(["costs", "report", "--from", "2026-10-01", "--format", "csv"]);
    const [header = [], ...records] = readCsv(out);
    expect(records.every((record) => record.length === header.length)).toBe(true);
    const cost = header.indexOf("cost_usd");
    const sum = (section: string) =>
      records
        .filter(([name]) => name === section)
        .reduce((total, record) => total + Math.round(Number(record[cost]) * 1e9), 0);
    expect([sum("total"), sum("model"), sum("day"), sum("project")]).toEqual(Array(4).fill(1_234_568_438));
    expect(out).toContain("project,'=cmd(),1,");
    expect(out).toContain(`model,openai/${EVIL},1,`);
    expect(out.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  test("as Markdown keeps its tables whole, whatever names are in it", async () => {
    const world = await withTraffic();
    const { out } = await world.run(["costs", "report", "--from", "2026-10-01", "--by", "tag"]);
    const widths = out.split("\n\n").filter((block) => block.startsWith("|"));
    for (const block of widths) {
      const cells = block
        .trim()
        .split("\n")
        .map((line) => line.replaceAll("\\|", "").split("|").length);
      expect(new Set(cells).size).toBe(1);
    }
    expect(out).toContain("a\\|b");
    expect(out).not.toContain("<script>");
    expect(out).toContain("quality of the answers compared with it: unmeasured");
  });

  test("is written to a file, and says how long it is", async () => {
    const world = await withTraffic();
    const file = join(world.stateDir, "october.md");
    const { code, out, err } = await world.run(["costs", "report", "--month", "2026-10", "--out", file]);
    expect([code, out]).toEqual([0, ""]);
    expect(err).toContain("bytes, 2 attempts");
    expect(readFileSync(file, "utf8")).toStartWith("# Costs 2026-10\n");
    const nowhere = await world.run(["costs", "report", "--out", join(world.stateDir, "none", "x.md")]);
    expect([nowhere.code, existsSync(join(world.stateDir, "none"))]).toEqual([1, false]);
    expect(nowhere.err).toContain("file_not_written");
  });

  test.each([
    [["--month", "2027-03"], "2027-03 has not begun: the report is empty"],
    [["--month", "2026-02"], "no request was made in 2026-02: the report is empty"],
    [[], "2026-11 is not over: these are the sums so far"],
  ])("%j says what is special about it", async (flags, words) => {
    const world = await withTraffic();
    for (const format of ["md", "csv", "html", "json"]) {
      const { code, err, out } = await world.run(["costs", "report", ...flags, "--format", format]);
      expect([code, err.trim(), out.length > 100]).toEqual([0, words, true]);
    }
  });

  test.each([
    [["--month", "2026-13"], '--month "2026-13" is no month'],
    [["--month", "october"], "--month 2026-10"],
    [["--from", "2026-02-30"], '--from "2026-02-30" is no day'],
    [["--from", "2026-11-05", "--to", "2026-11-01"], "--from 2026-11-05 is after --to 2026-11-01"],
    [["--to", "2026-11-05"], "--from 2026-11-01 --to 2026-11-05"],
    [["--month", "2026-10", "--from", "2026-10-01"], "exclude each other"],
    [["--json", "--format", "html"], "exclude each other"],
    [["--format", "pdf"], "must be one of md, csv, json, html"],
  ])("%j is a usage problem", async (flags, words) => {
    const { code, err } = await run(["costs", "report", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});

describe("the HTML report", () => {
  test("asks nobody for anything, runs nothing, and escapes every name", async () => {
    const world = await withTraffic();
    const { out } = await world.run(["costs", "report", "--from", "2026-10-01", "--format", "html"]);
    expect(out).not.toMatch(/<script|\bsrc=|\bhref=|url\(|@import|\son\w+=|style="/i);
    expect(out).toContain("openai/&lt;script&gt;alert(1)&lt;/script&gt;");
    const style = /<style>([\s\S]*)<\/style>/.exec(out)?.[1] ?? "";
    const hash = new Bun.CryptoHasher("sha256").update(style).digest("base64");
    expect(out).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
  });

  test("has every tag closed, a title and text for each chart, and the figures of a chart in a table", async () => {
    const world = await withTraffic();
    const { out } = await world.run(["costs", "report", "--from", "2026-10-01", "--format", "html"]);
    const open: string[] = [];
    for (const [, slash, name = "", rest = ""] of out.matchAll(/<(\/?)([a-z][\w-]*)([^>]*)>/g)) {
      if (["meta", "!doctype"].includes(name) || rest.endsWith("/")) continue;
      if (slash === "") open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
    const charts = [...out.matchAll(/aria-labelledby="(\S+) (\S+)"/g)];
    expect(charts).toHaveLength(2);
    for (const [, title, text] of charts) expect(out).toMatch(new RegExp(`id="${title}".*id="${text}"`));
    for (const id of [...out.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)) {
      expect(out.split(` id="${id}"`)).toHaveLength(2);
    }
    expect(out).toContain("<caption>Sums by day</caption>");
    expect(out).toContain("prefers-color-scheme: dark");
    expect(out).toContain("@media print");
    expect(out).toContain('name="viewport"');
  });

  test("draws bars as high as their costs", async () => {
    const world = await withTraffic();
    const { out } = await world.run(["costs", "report", "--month", "2026-10", "--format", "html"]);
    const bar =
      /<rect class="s0" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"><title>2026-10-21: deepseek/.exec(out);
    const [y, height] = [Number(bar?.[1]), Number(bar?.[2])];
    // The axis ends at $2, the plot is 204 high and stands on 214.
    expect(height).toBeCloseTo((1.234567891 / 2) * 204, 1);
    expect(y + height).toBeCloseTo(214, 1);
  });
});
