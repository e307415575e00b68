import type { SparseMatrix, SparseRow } from "./sparse.ts";

/** A linear model of several targets. The weight of column c for target t stands at `c * targets + t`. */
export interface RidgeModel {
  readonly targets: number;
  readonly weights: Float64Array;
  /** The mean of each target, which is the forecast of a row without known columns. */
  readonly means: Float64Array;
}

/** How a ridge is fitted. */
export interface RidgeOptions {
  readonly targets: number;
  readonly penalty: number;
  /** Steps of conjugate gradients; few are enough for rows of length 1. */
  readonly steps?: number;
}

const STEPS = 24;
/** A target's residual below this share of its start is solved. */
const TOLERANCE = 1e-4;

/** Adds `row` times `weights` into `out`, for every target. */
function multiply(
  { columns, values }: SparseRow,
  weights: Float64Array,
  targets: number,
  out: Float64Array,
  at: number,
): void {
  for (let index = 0; index < columns.length; index++) {
    const value = values[index] ?? 0;
    const base = (columns[index] ?? 0) * targets;
    for (let t = 0; t < targets; t++) out[at + t] = (out[at + t] ?? 0) + value * (weights[base + t] ?? 0);
  }
}

/** Adds the transposed product of one row into `out`, for every target. */
function spreadBack(
  { columns, values }: SparseRow,
  residual: Float64Array,
  at: number,
  targets: number,
  out: Float64Array,
): void {
  for (let index = 0; index < columns.length; index++) {
    const value = values[index] ?? 0;
    const base = (columns[index] ?? 0) * targets;
    for (let t = 0; t < targets; t++) out[base + t] = (out[base + t] ?? 0) + value * (residual[at + t] ?? 0);
  }
}

/** The sum of squares of each target's entries. */
function squares(vector: Float64Array, targets: number): Float64Array {
  const sums = new Float64Array(targets);
  for (let index = 0; index < vector.length; index += targets) {
    for (let t = 0; t < targets; t++) {
      const value = vector[index + t] ?? 0;
      sums[t] = (sums[t] ?? 0) + value * value;
    }
  }
  return sums;
}

/** `to[i] += factor[t] * from[i]` */
function addScaled(to: Float64Array, from: Float64Array, factor: Float64Array, sign: number): void {
  const targets = factor.length;
  for (let index = 0; index < to.length; index += targets) {
    for (let t = 0; t < targets; t++) {
      to[index + t] = (to[index + t] ?? 0) + sign * (factor[t] ?? 0) * (from[index + t] ?? 0);
    }
  }
}

function ratios(over: Float64Array, under: Float64Array): Float64Array {
  return over.map((value, t) => ((under[t] ?? 0) > 0 ? value / (under[t] ?? 1) : 0));
}

/** The mean of each target. */
function targetMeans(outcomes: Float64Array, targets: number): Float64Array {
  const means = new Float64Array(targets);
  const rows = Math.max(1, outcomes.length / targets);
  for (let index = 0; index < outcomes.length; index++)
    means[index % targets] = (means[index % targets] ?? 0) + (outcomes[index] ?? 0) / rows;
  return means;
}

/** The examples with only the columns that occur, numbered anew, and which column each number was. */
function compact({ rows, width }: SparseMatrix): {
  readonly rows: readonly SparseRow[];
  readonly columns: Uint32Array;
} {
  const numbers = new Int32Array(width).fill(-1);
  const columns: number[] = [];
  const renumber = (column: number): number => {
    if ((numbers[column] ?? 0) < 0) numbers[column] = columns.push(column) - 1;
    return numbers[column] ?? 0;
  };
  const room = new Uint32Array(rows.reduce((sum, row) => sum + row.columns.length, 0));
  let used = 0;
  const renumbered = rows.map((row) => {
    const start = used;
    for (const column of row.columns) room[used++] = renumber(column);
    return { columns: room.subarray(start, used), values: row.values };
  });
  return { rows: renumbered, columns: Uint32Array.from(columns) };
}

/** `slope = transposed examples times residual, less penalty times weights` */
function refreshSlope(rows: readonly SparseRow[], state: Descent, penalty: number): Float64Array {
  const { weights, residual, slope, targets } = state;
  for (let index = 0; index < slope.length; index++) slope[index] = -penalty * (weights[index] ?? 0);
  for (const [index, row] of rows.entries()) spreadBack(row, residual, index * targets, targets, slope);
  return squares(slope, targets);
}

interface Descent {
  readonly targets: number;
  readonly weights: Float64Array;
  readonly residual: Float64Array;
  readonly slope: Float64Array;
}

/** `direction = slope + beta times direction` */
function turn(direction: Float64Array, slope: Float64Array, beta: Float64Array): void {
  const targets = beta.length;
  for (let index = 0; index < direction.length; index += targets) {
    for (let t = 0; t < targets; t++) {
      direction[index + t] = (slope[index + t] ?? 0) + (beta[t] ?? 0) * (direction[index + t] ?? 0);
    }
  }
}

/** Conjugate gradients on the normal equations, from zero weights. */
function descend(rows: readonly SparseRow[], state: Descent, penalty: number, steps: number): void {
  const { targets, weights, residual, slope } = state;
  const product = new Float64Array(residual.length);
  let gamma = refreshSlope(rows, state, penalty);
  const start = gamma.slice();
  const direction = slope.slice();
  for (let step = 0; step < steps; step++) {
    if (gamma.every((value, t) => value <= TOLERANCE ** 2 * (start[t] ?? 0))) return;
    product.fill(0);
    for (const [index, row] of rows.entries()) multiply(row, direction, targets, product, index * targets);
    const lengths = squares(direction, targets);
    const curvature = squares(product, targets).map((value, t) => value + penalty * (lengths[t] ?? 0));
    const alpha = ratios(gamma, curvature);
    addScaled(weights, direction, alpha, 1);
    addScaled(residual, product, alpha, -1);
    const next = refreshSlope(rows, state, penalty);
    turn(direction, slope, ratios(next, gamma));
    gamma = next;
  }
}

/**
 * Least squares with a penalty on the squares of the weights, all targets at once, by conjugate gradients on the normal equations
 * (CGLS; Björck 1996, section 7.4). `outcomes` has one entry for each row and target, row by row.
 */
export function fitRidge(
  examples: SparseMatrix,
  outcomes: Float64Array,
  { targets, penalty, steps = STEPS }: RidgeOptions,
): RidgeModel {
  const means = targetMeans(outcomes, targets);
  const { rows, columns } = compact(examples);
  const state: Descent = {
    targets,
    weights: new Float64Array(columns.length * targets),
    residual: outcomes.map((value, index) => value - (means[index % targets] ?? 0)),
    slope: new Float64Array(columns.length * targets),
  };
  descend(rows, state, penalty, steps);
  const weights = new Float64Array(examples.width * targets);
  for (const [index, column] of columns.entries()) {
    weights.set(state.weights.subarray(index * targets, (index + 1) * targets), column * targets);
  }
  return { targets, weights, means };
}

/** The forecast for each target. */
export function predictRidge({ targets, weights, means }: RidgeModel, row: SparseRow): Float64Array {
  const forecast = means.slice();
  multiply(row, weights, targets, forecast, 0);
  return forecast;
}
