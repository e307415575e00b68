import { describe, expect, test } from "bun:test";
import { buildPool, modelsOf, selectPool } from "../../../src/features/routing-eval/pool.ts";
import { readScoredRows, type ScoredRow } from "../../../src/features/routing-eval/scored-rows.ts";

function read(...lines: readonly string[]) {
  return readScoredRows(new Blob([lines.join("\n")]).stream());
}

async function rowsOf(...lines: readonly string[]): Promise<readonly ScoredRow[]> {
  const rows = await read(...lines);
  if (!rows.ok) throw new Error(rows.error[0]?.message);
  return rows.value;
}

const GOOD = '{"prompt": "hi", "scores": {"b": 1, "a": 0.25}, "costs": {"a": 0, "b": 2e-5}}';

describe("rows of NDJSON", () => {
  test("have scores, costs and the prompt's length, but not the prompt", async () => {
    const [row] = await rowsOf("", GOOD, "  ");
    expect(row).toMatchObject({ line: 2, length: 2, scores: { a: 0.25, b: 1 }, costs: { a: 0, b: 2e-5 } });
    expect(JSON.stringify(row)).not.toContain('"hi"');
  });

  test.each([
    ["{", "line", "is no JSON object"],
    ["7", "line", "is no JSON object"],
    ['{"scores": {"a": 1, "b": 1}}', "prompt", "is no text"],
    ['{"prompt": 3, "scores": {"a": 1, "b": 1}}', "prompt", "is no text"],
    ['{"prompt": "x"}', "scores", "is no object of numbers by model"],
    ['{"prompt": "x", "scores": {"a": 1}}', "scores", "has fewer than two models"],
    ['{"prompt": "x", "scores": {"a": 1, "b": 1.5}}', "scores.b", "is 1.5, not a number from 0 to 1"],
    ['{"prompt": "x", "scores": {"a": "1", "b": 1}}', "scores.a", 'is "1", not a number from 0 to 1'],
    ['{"prompt": "x", "scores": {"a": 1, "b": 1}, "costs": 4}', "costs", "is no object of numbers by model"],
    [
      '{"prompt": "x", "scores": {"a": 1, "b": 1}, "costs": {"a": -1}}',
      "costs.a",
      "is -1, not a number of USD that is not negative",
    ],
  ])("%s is told with its line and field", async (line, field, message) => {
    expect(await read(GOOD, line)).toEqual({ ok: false, error: [{ line: 2, field, message }] });
  });

  test("a file of bad lines is given up after twenty", async () => {
    const rows = await read(...Array.from({ length: 100 }, () => "x"));
    expect(rows.ok ? [] : rows.error).toHaveLength(20);
  });

  test("a prompt of a million characters is read like any other", async () => {
    const [row] = await rowsOf(JSON.stringify({ prompt: "word ".repeat(200_000), scores: { a: 1, b: 0 } }));
    expect(row?.length).toBe(1_000_000);
  });
});

describe("a pool", () => {
  test("has its models in the order of their names, row by row", async () => {
    const rows = await rowsOf(GOOD, '{"prompt": "x", "scores": {"a": 1, "b": 0}, "costs": {"a": 1, "b": 3}}');
    const pool = buildPool(rows, modelsOf(rows));
    expect(pool).toMatchObject({ ok: true, value: { models: ["a", "b"] } });
    if (!pool.ok) return;
    expect([...pool.value.quality]).toEqual([0.25, 1, 1, 0]);
    expect([...(selectPool(pool.value, [1]).cost ?? [])]).toEqual([1, 3]);
  });

  test("has no costs where one row lacks one", async () => {
    const rows = await rowsOf(GOOD, '{"prompt": "x", "scores": {"a": 1, "b": 0}, "costs": {"a": 1}}');
    expect(buildPool(rows, ["a", "b"])).toMatchObject({ ok: true, value: { cost: null } });
  });

  test.each([
    [
      '{"prompt": "x", "scores": {"a": 1, "c": 1}}',
      "scores.c",
      "is a model that the first training row does not score",
    ],
    [
      '{"prompt": "x", "scores": {"a": 1, "b": 1, "c": 1}}',
      "scores.c",
      "is a model that the first training row does not score",
    ],
  ])("%s has a stranger", async (line, field, message) => {
    const rows = await rowsOf(GOOD, line);
    expect(buildPool(rows, modelsOf(rows))).toEqual({ ok: false, error: { line: 2, field, message } });
  });

  test("a row that lacks a model is told with its line", async () => {
    const rows = await rowsOf('{"prompt": "x", "scores": {"a": 1, "b": 1, "c": 1}}', GOOD);
    expect(buildPool(rows, modelsOf(rows))).toEqual({
      ok: false,
      error: { line: 2, field: "scores.c", message: "is missing" },
    });
  });
});
