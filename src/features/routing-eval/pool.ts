import { failure, type Result, success } from "../../core/result.ts";
import type { RowProblem, ScoredRow } from "./scored-rows.ts";

/** Rows with the quality, and where known the cost, of every model of a pool. Tables are row by row, one entry for each model. */
export interface Pool {
  readonly models: readonly string[];
  readonly rows: readonly ScoredRow[];
  readonly quality: Float64Array;
  /** USD. */
  readonly cost: Float64Array | null;
}

/** The models of the rows: those that every row scores, in the order of their names. */
export function modelsOf(rows: readonly ScoredRow[]): readonly string[] {
  return Object.keys(rows[0]?.scores ?? {}).sort();
}

function tableOf(
  rows: readonly ScoredRow[],
  models: readonly string[],
  read: (row: ScoredRow, model: string) => number | undefined,
): Float64Array | RowProblem {
  const table = new Float64Array(rows.length * models.length);
  for (const [at, row] of rows.entries()) {
    for (const [m, model] of models.entries()) {
      const value = read(row, model);
      if (value === undefined) return { line: row.line, field: model, message: "is missing" };
      table[at * models.length + m] = value;
    }
  }
  return table;
}

function strangerIn(rows: readonly ScoredRow[], models: readonly string[]): RowProblem | null {
  for (const { line, scores } of rows) {
    const stranger = Object.keys(scores).find((model) => !models.includes(model));
    if (stranger !== undefined)
      return { line, field: `scores.${stranger}`, message: "is a model that the first training row does not score" };
  }
  return null;
}

/** The rows as a pool of these models. Costs are known only where every row has one for every model. */
export function buildPool(rows: readonly ScoredRow[], models: readonly string[]): Result<Pool, RowProblem> {
  const stranger = strangerIn(rows, models);
  if (stranger !== null) return failure(stranger);
  const quality = tableOf(rows, models, (row, model) => row.scores[model]);
  if (!(quality instanceof Float64Array)) return failure({ ...quality, field: `scores.${quality.field}` });
  const cost = tableOf(rows, models, (row, model) => row.costs?.[model]);
  return success({ models, rows, quality, cost: cost instanceof Float64Array ? cost : null });
}

/** Some rows of a table that has one entry for each model. */
export function selectRows(table: Float64Array, models: number, which: ArrayLike<number>): Float64Array {
  const picked = new Float64Array(which.length * models);
  for (let at = 0; at < which.length; at++) {
    const start = (which[at] ?? 0) * models;
    picked.set(table.subarray(start, start + models), at * models);
  }
  return picked;
}

/** Some rows of a pool. */
export function selectPool({ models, rows, quality, cost }: Pool, which: readonly number[]): Pool {
  return {
    models,
    rows: which.map((row) => rows[row]).filter((row) => row !== undefined),
    quality: selectRows(quality, models.length, which),
    cost: cost === null ? null : selectRows(cost, models.length, which),
  };
}

/** The mean of each model's column. */
export function modelMeans(table: Float64Array, models: number): Float64Array {
  const means = new Float64Array(models);
  const rows = Math.max(1, table.length / models);
  for (let at = 0; at < table.length; at++) means[at % models] = (means[at % models] ?? 0) + (table[at] ?? 0) / rows;
  return means;
}
