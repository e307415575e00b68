import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeRows } from "../features/routing-eval/kit.ts";
import { run } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-eval-"));
const path = (name: string): string => join(folder, name);

async function write(name: string, lines: readonly unknown[]): Promise<string> {
  await Bun.write(path(name), lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path(name);
}

describe("lodestar eval routing on one's own rows", () => {
  let train = "";
  let tested = "";
  beforeAll(async () => {
    train = await write("train.ndjson", madeRows(150, 1));
    tested = await write("test.ndjson", madeRows(100, 2));
  });

  test("prints the pair's and the pool's figures as one line of JSON", async () => {
    const { code, out } = await run(["eval", "routing", "--train", train, "--test", tested, "--json"]);
    expect(code).toBe(0);
    expect(out.trim()).not.toContain("\n");
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      seed: 1,
      rows: { train: 150, test: 100 },
      costs: "rows",
      pair: { weak: "small", strong: "large" },
    });
    expect(report.pool.levels.map(({ level }: { level: number }) => level)).toEqual([0.9, 0.95, 0.98, 1]);
  });

  test("shows them as tables with intervals and controls", async () => {
    const { code, out } = await run(["eval", "routing", "--train", train, "--test", tested, "--seed", "2"]);
    expect(code).toBe(0);
    expect(out).toContain("150 training rows, 100 test rows, 2 models, seed 2");
    expect(out).toMatch(/APGR 0\.\d{3} \(0\.\d{3} to \d\.\d{3}\)/);
    expect(out).toContain("controls: random 0.500");
    expect(out).toContain("90.0 %");
  });

  test("says which costs it assumed", async () => {
    const bare = await write(
      "bare.ndjson",
      madeRows(100, 3).map(({ prompt, scores }) => ({ prompt, scores })),
    );
    const prices = await write("prices.json", [{ small: 0.1, large: 10 }]);
    const without = await run(["eval", "routing", "--train", bare, "--test", bare]);
    expect(without.err).toContain("no savings: not every row of both files has a cost");
    const assumed = await run(["eval", "routing", "--train", bare, "--test", bare, "--prices", prices]);
    expect(assumed.err).toContain("costs are assumed");
    expect(assumed.out).toContain("the best single model is large");
  });

  test("tells bad rows with file, line and field", async () => {
    const bad = await write("bad.ndjson", [
      ...madeRows(60, 1),
      '{"prompt": "x", "scores": {"small": 2, "large": 1}}',
      "{",
    ]);
    const { code, err } = await run(["eval", "routing", "--train", train, "--test", bad]);
    expect(code).toBe(2);
    expect(err).toContain(`${bad}:61: scores.small is 2, not a number from 0 to 1`);
    expect(err).toContain(`${bad}:62: line is no JSON object`);
    expect(err).toContain("bad_evaluation_rows");
  });

  test("a row of other models is told with its line", async () => {
    const other = await write("other.ndjson", [{ prompt: "x", scores: { small: 1, huge: 1 } }]);
    const { code, err } = await run(["eval", "routing", "--train", train, "--test", other]);
    expect(code).toBe(2);
    expect(err).toContain(`${other}:1: scores.huge is a model that the first training row does not score`);
  });

  test("refuses what teaches nothing", async () => {
    const few = await write("few.ndjson", madeRows(10, 1));
    const empty = await write("empty.ndjson", []);
    expect((await run(["eval", "routing", "--train", few, "--test", tested])).err).toContain(
      "has 10 rows; at least 50",
    );
    expect((await run(["eval", "routing", "--train", train, "--test", empty])).err).toContain("has no rows");
    expect((await run(["eval", "routing", "--train", train, "--test", folder])).code).toBe(2);
  });

  test.each([
    [["--train", "a"], "--test is missing"],
    [["--test", "a"], "--train is missing"],
    [["--train", "a", "--test", "b", "--only", "pool"], "--only and --write are about the recorded data"],
    [["--train", "absent", "--test", "absent"], "there is no file absent"],
    [["--prices", "p"], "--prices needs --train and --test"],
  ])("%j is refused", async (flags, message) => {
    const { code, err } = await run(["eval", "routing", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe("lodestar eval routing on recorded data", () => {
  test("says where it looked when there is none", async () => {
    const { code, err } = await run(["eval", "routing", "--data", folder]);
    expect(code).toBe(1);
    expect(err).toContain("no_recorded_data");
    expect(err).toContain("train/routellm_mmlu.jsonl");
  });

  test("an unknown group of figures gets the nearest", async () => {
    const { code, err } = await run(["eval", "routing", "--only", "bandid", "--data", folder]);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean "bandit"?');
  });

  test("decisions are timed without any data", async () => {
    const { code, out } = await run(["eval", "routing", "--only", "decision", "--data", folder, "--json"]);
    expect(code).toBe(0);
    const { bars, decision } = JSON.parse(out);
    expect(bars).toEqual([]);
    expect(decision).toMatchObject({ characters: 8192, rounds: 3000 });
    expect(decision.p50).toBeGreaterThan(0);
    expect(decision.p99).toBeGreaterThanOrEqual(decision.p50);
    const shown = await run(["eval", "routing", "--only", "decision", "--data", folder]);
    expect(shown.out).toMatch(/p50 \d+ µs \(asked for: 100\), p99 \d+ µs/);
  });

  test("some of the figures are not written for all", async () => {
    expect((await run(["eval", "routing", "--only", "bandit", "--write", folder])).err).toContain(
      "--write needs every figure",
    );
  });
});
