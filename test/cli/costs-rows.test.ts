import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../src/cli/backend.ts";
import type { AttemptIntent, AttemptOutcome, LedgerRow } from "../../src/core/ledger.ts";
import { failure } from "../../src/core/result.ts";
import { checkLedger } from "../../src/stores/check.ts";
import { failureProblem } from "../../src/terminal/problem.ts";
import { DAY, NOON, usageOf } from "../stores/attempts.ts";
import { type CliWorld, createCliWorlds, run } from "./harness.ts";

const makeWorld = createCliWorlds();

async function open(
  isRunning: boolean,
  ...more: (Partial<AttemptIntent> & Partial<AttemptOutcome>)[]
): Promise<CliWorld> {
  const world = makeWorld({ isRunning });
  await world.settle(
    { requestId: "old", startedAt: NOON - 3 * DAY, endedAt: NOON - 3 * DAY + 900, costNanoUsd: 5 },
    { requestId: "dear", costNanoUsd: 2_000_000_000, tag: '=HYPERLINK("http://x","y")', usage: usageOf(9_000, 10) },
    {
      requestId: "slow",
      requestedModel: "coder",
      task: "docs",
      file: "a, b.ts",
      endedAt: NOON + 60_000,
      state: "failed",
      costNanoUsd: null,
      costReason: "no-price",
      endpoint: "embeddings",
      fault: { kind: "rate-limited", message: "slow\ndown", status: 429 },
    },
    ...more,
  );
  return world;
}

/** The command's look into the real file of this world. */
function backendOf(world: CliWorld): Partial<Backend> {
  return {
    checkLedger: async (_inputs, onDay) => {
      const checked = checkLedger(world.stateDir, onDay);
      return checked.ok ? checked : failure(failureProblem(checked.error.code, checked.error.message));
    },
  };
}

function idsIn(ndjson: string): readonly string[] {
  return ndjson.split("\n").flatMap((line) => (line === "" ? [] : [(JSON.parse(line) as LedgerRow).requestId]));
}

const FILTERS: readonly (readonly [flags: readonly string[], ids: readonly string[]])[] = [
  [["--min-cost", "1.99"], ["dear"]],
  [["--max-cost", "0.000000005"], ["old"]],
  [["--min-tokens", "9010", "--max-tokens", "9010"], ["dear"]],
  [["--min-duration", "1m"], ["slow"]],
  [
    ["--max-duration", "59s"],
    ["dear", "old"],
  ],
  [["--fault", "rate-limited"], ["slow"]],
  [["--endpoint", "embeddings"], ["slow"]],
  [["--requested", "coder"], ["slow"]],
  [["--tag", "nightly", "--task", "docs"], ["slow"]],
  [["--file", "a, b.ts"], ["slow"]],
  [["--client", "nobody"], []],
  [["--limit", "1"], ["slow"]],
];

describe.each([
  ["through a running daemon", true],
  ["from the database, without a daemon", false],
])("%s", (_where, isRunning) => {
  test.each(FILTERS)("costs query %j finds %j", async (flags, ids) => {
    const world = await open(isRunning);
    const { code, out, err } = await world.run(["costs", "query", ...flags]);
    expect([code, err]).toEqual([0, ""]);
    expect(idsIn(out)).toEqual([...ids]);
  });

  test("costs export writes CSV that a spreadsheet takes as text, with exact dollars", async () => {
    const world = await open(isRunning);
    const { code, out, err } = await world.run(["costs", "export"]);
    expect([code, err]).toEqual([0, ""]);
    const [header = "", slow = "", slowEnd = "", dear = ""] = out.split("\r\n").flatMap((line) => line.split("\n"));
    expect(header).toStartWith("request_id,attempt,state,started_at,");
    expect(slow).toContain(',"a, b.ts",');
    expect(`${slow}\n${slowEnd}`).toContain('rate-limited,"slow\ndown",200');
    expect(dear).toContain(`,"'=HYPERLINK(""http://x"",""y"")",`);
    expect(dear).toContain(",provider,2,,price_1,");
    expect(out.endsWith("\r\n")).toBe(true);
  });

  test("costs export as JSON and NDJSON has the rows of costs query", async () => {
    const world = await open(isRunning);
    const query = (await world.run(["costs", "query"])).out;
    expect((await world.run(["costs", "export", "--format", "ndjson"])).out).toBe(query);
    const list = JSON.parse((await world.run(["costs", "export", "--format", "json"])).out) as LedgerRow[];
    expect(list.map((row) => `${JSON.stringify(row)}\n`).join("")).toBe(query);
    const none = await world.run(["costs", "export", "--format", "json", "--tag", "none"]);
    expect(JSON.parse(none.out)).toEqual([]);
  });

  test("costs export --out writes a file of the caller's alone", async () => {
    const world = await open(isRunning);
    const path = join(world.stateDir, "rows.ndjson");
    const { code, out, err } = await world.run(["costs", "export", "--format", "ndjson", "--out", path]);
    expect([code, out, err]).toEqual([0, "", `wrote ${path}: 3 rows\n`]);
    expect(idsIn(readFileSync(path, "utf8"))).toEqual(["slow", "dear", "old"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const missing = join(world.stateDir, "nowhere", "rows.csv");
    const refused = await world.run(["costs", "export", "--out", missing]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("code: file_not_written");
  });

  test("costs prune says what it would do, does it, and leaves the sums", async () => {
    const world = await open(isRunning);
    const before = (await world.run(["costs", "--period", "all", "--by", "tag", "--json"])).out;
    const dry = await world.run(["costs", "prune", "--before", "2026-11-19", "--dry-run"]);
    expect([dry.code, dry.out]).toEqual([0, "1 row before 2026-11-19 (UTC) would be deleted\n"]);
    const done = await world.run(["costs", "prune", "--before", "2026-11-19"]);
    expect([done.code, done.out]).toEqual([0, "deleted 1 row before 2026-11-19 (UTC); their sums stay\n"]);
    expect(idsIn((await world.run(["costs", "query"])).out)).toEqual(["slow", "dear"]);
    expect((await world.run(["costs", "--period", "all", "--by", "tag", "--json"])).out).toBe(before);
    const again = await world.run(["costs", "prune", "--before", "2026-11-19", "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ deleted: 0, left: 0 });
  });

  test("costs check finds a wrong sum, says what to do, and mends it", async () => {
    const world = await open(isRunning);
    const backend = backendOf(world);
    const sound = await world.run(["costs", "check"], { backend });
    expect([sound.code, sound.out]).toEqual([0, "sound: 3 rows since 2026-11-17, every sum equals them\n"]);
    const database = new Database(join(world.stateDir, "ledger.db"));
    database.run("DELETE FROM sums WHERE label = 'tag'");
    database.run("UPDATE sums SET cost = cost + 1 WHERE hours = 24 AND label = 'total'");
    database.run("UPDATE attempts SET is_last = 0 WHERE request_id = 'dear'");
    database.run("DELETE FROM prices");
    database.close();
    const broken = await world.run(["costs", "check", "--json"], { backend });
    expect(broken.code).toBe(1);
    expect(broken.err).toContain("costs check --repair");
    expect(JSON.parse(broken.out.split("\n")[0] ?? "")).toMatchObject({ wrongLast: 1, damage: [] });
    const mended = await world.run(["costs", "check", "--repair"], { backend });
    expect(mended.err).toContain("made the sums anew of 2026-11-17, 2026-11-20");
    expect(mended.code).toBe(1);
    expect(mended.err).toContain("is not sound: 3 attempts name a price that is not kept");
    expect(mended.err).toContain("the costs stand");
    const groups = JSON.parse((await world.run(["costs", "--by", "tag", "--period", "all", "--json"])).out) as {
      groups: { name: string; costNanoUsd: number }[];
    };
    expect(groups.groups.map(({ costNanoUsd }) => costNanoUsd)).toEqual([2_000_000_000, 5]);
  });
});

describe("costs prune", () => {
  function typing(answer: string) {
    return {
      isTTY: true,
      readAll: async () => answer,
      chunks: async function* () {
        yield* answer;
      },
    };
  }

  test.each([
    ["y\n", ["slow", "dear"]],
    ["yes\r", ["slow", "dear"]],
    ["n\n", ["slow", "dear", "old"]],
    ["\n", ["slow", "dear", "old"]],
  ])("asks a person first: %j leaves %j", async (answer, left) => {
    const world = await open(true);
    const { code, err } = await world.run(["costs", "prune", "--before", "2026-11-19"], { stdin: typing(answer) });
    expect(code).toBe(0);
    expect(err).toContain("Delete 1 row before 2026-11-19 (UTC)? Their sums by day stay. [y/N]");
    expect(idsIn((await world.run(["costs", "query"])).out)).toEqual(left);
  });

  test.each([
    [["--before", "soon"], '--before "soon" is no day'],
    [["--before", "2027-01-01"], "lies in the future"],
    [[], "--before"],
  ])("%j is a usage problem", async (flags, words) => {
    const { code, err } = await run(["costs", "prune", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});
