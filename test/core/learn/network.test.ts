import { describe, expect, test } from "bun:test";
import { trainNetwork } from "../../../src/core/learn/network.ts";
import type { SparseRow } from "../../../src/core/learn/sparse.ts";

const OPTIONS = { classes: 2, hidden: 16, epochs: 60, rate: 0.1, columnDrop: 0, hiddenDrop: 0, seed: 1 };

function columns(...which: number[]): SparseRow {
  return { columns: Uint32Array.from(which), values: new Float32Array(which.length).fill(1 / Math.sqrt(which.length)) };
}

/** One of two columns says the class, but which class depends on a third: no plane tells them apart. */
const EITHER_OR = [columns(0, 2), columns(1, 3), columns(0, 3), columns(1, 2)];
const LABELS = [0, 0, 1, 1];
const MANY = { rows: Array.from({ length: 80 }, (_, at) => EITHER_OR[at % 4] ?? columns(0)), width: 4 };
const MANY_LABELS = Array.from({ length: 80 }, (_, at) => LABELS[at % 4] ?? 0);

describe("a small network", () => {
  test("learns what no plane can: either, but not both", () => {
    const ask = trainNetwork(MANY, MANY_LABELS, OPTIONS);
    for (const [at, row] of EITHER_OR.entries()) expect(ask(row)[LABELS[at] ?? 0]).toBeGreaterThan(0.8);
  });

  test("its answers are probabilities, also for a row that has nothing known", () => {
    const ask = trainNetwork(MANY, MANY_LABELS, { ...OPTIONS, epochs: 2 });
    for (const row of [...EITHER_OR, columns()]) {
      const said = ask(row);
      expect(said.reduce((sum, one) => sum + one)).toBeCloseTo(1, 9);
      expect(said.every((one) => one >= 0)).toBe(true);
    }
  });

  test("the seed decides it, dropout included, and asking changes nothing", () => {
    const dropping = { ...OPTIONS, epochs: 5, columnDrop: 0.2, hiddenDrop: 0.3 };
    const [one, again] = [trainNetwork(MANY, MANY_LABELS, dropping), trainNetwork(MANY, MANY_LABELS, dropping)];
    const other = trainNetwork(MANY, MANY_LABELS, { ...dropping, seed: 2 });
    const first = [...one(columns(0, 2))];
    one(columns(1, 3));
    expect([...one(columns(0, 2))]).toEqual(first);
    expect([...again(columns(0, 2))]).toEqual(first);
    expect([...other(columns(0, 2))]).not.toEqual(first);
  });

  test("what is dropped is made up for: it still learns a class that a column tells", () => {
    const rows = Array.from({ length: 200 }, (_, at) => columns(at % 2, 2));
    const labels = rows.map((_, at) => at % 2);
    const ask = trainNetwork({ rows, width: 3 }, labels, { ...OPTIONS, epochs: 10, columnDrop: 0.3, hiddenDrop: 0.5 });
    expect(ask(columns(0, 2))[0]).toBeGreaterThan(0.9);
    expect(ask(columns(1, 2))[1]).toBeGreaterThan(0.9);
  });
});
