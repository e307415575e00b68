import { type Blend, fitBlend } from "../../core/learn/blend.ts";
import { groupedFolds, groupNearDuplicates } from "../../core/learn/folds.ts";
import { modelMeans, type Pool } from "./pool.ts";
import type { PoolForecast } from "./saving.ts";

/** What was learnt of a pool: forecasts of its own rows made without their fold, and of any others. */
export interface PoolLearner {
  readonly outOfFold: PoolForecast;
  predict(pool: Pool): PoolForecast;
}

const FOLDS = 5;
/** From so many rows on, two thirds of them teach nearly what all do, and take a good part of the time less. */
const MANY_ROWS = 10_000;
const FOLDS_OF_MANY = 3;
/** A model is never forecast to cost less than this share of its mean. */
const LEAST_COST_SHARE = 0.02;

/** Folds of a pool's rows; near-duplicates share one. */
export function foldsOf(pool: Pool, seed: number, count = FOLDS): Uint8Array {
  return groupedFolds(groupNearDuplicates(pool.rows.map(({ print }) => print)), count, seed);
}

/** How much dearer than usual each row was, over all models, as a logarithm. */
function dearness(pool: Pool, cost: Float64Array, means: Float64Array): Float64Array {
  const models = means.length;
  return Float64Array.from(pool.rows, (_, row) => {
    let sum = 0;
    let count = 0;
    for (let m = 0; m < models; m++) {
      const mean = means[m] ?? 0;
      if (mean <= 0) continue;
      sum += (cost[row * models + m] ?? 0) / mean;
      count++;
    }
    return count === 0 ? 0 : Math.log(Math.max(1e-3, sum / count));
  });
}

/** A line through relative costs by forecast dearness. */
interface CostLine {
  readonly mean: number;
  readonly base: number;
  readonly slope: number;
}

function costLine(mean: number, dear: Float64Array, relative: Float64Array): CostLine {
  const count = Math.max(1, dear.length);
  const middle = dear.reduce((sum, one) => sum + one, 0) / count;
  let product = 0;
  let variance = 0;
  for (let row = 0; row < dear.length; row++) {
    const offset = (dear[row] ?? 0) - middle;
    product += offset * ((relative[row] ?? 0) - 1);
    variance += offset * offset;
  }
  const slope = variance > 0 ? product / variance : 0;
  return { mean, base: 1 - slope * middle, slope };
}

function costTable(lines: readonly CostLine[], dear: Float64Array): Float64Array {
  const out = new Float64Array(dear.length * lines.length);
  for (let row = 0; row < dear.length; row++) {
    for (const [m, { mean, base, slope }] of lines.entries()) {
      out[row * lines.length + m] = mean * Math.max(LEAST_COST_SHARE, base + slope * (dear[row] ?? 0));
    }
  }
  return out;
}

/** Columns of the blend: each model's quality (for a pair the gain alone, which decides as well), then dearness. */
function outcomesOf(pool: Pool, dear: Float64Array): { readonly outcomes: Float64Array; readonly targets: number } {
  const models = pool.models.length;
  const targets = models === 2 ? 2 : models + 1;
  const outcomes = new Float64Array(pool.rows.length * targets);
  for (const row of pool.rows.keys()) {
    const quality = pool.quality.subarray(row * models, (row + 1) * models);
    if (models === 2) outcomes[row * targets] = (quality[1] ?? 0) - (quality[0] ?? 0);
    else outcomes.set(quality, row * targets);
    outcomes[row * targets + targets - 1] = dear[row] ?? 0;
  }
  return { outcomes, targets };
}

/** The blend's columns as forecasts of quality, and `exp` of its last as dearness. */
function splitColumns(
  said: Float64Array,
  models: number,
): { readonly quality: Float64Array; readonly dear: Float64Array } {
  const targets = models === 2 ? 2 : models + 1;
  const count = said.length / targets;
  const quality = new Float64Array(count * models);
  const dear = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    if (models === 2) quality[row * 2 + 1] = said[row * targets] ?? 0;
    else quality.set(said.subarray(row * targets, row * targets + models), row * models);
    dear[row] = Math.exp(said[row * targets + targets - 1] ?? 0);
  }
  return { quality, dear };
}

/** Learns a pool's qualities and costs from its rows. `cost` stands for the pool's own where it has none. */
export function learnPool(pool: Pool, cost: Float64Array, seed: number): PoolLearner {
  const models = pool.models.length;
  const means = modelMeans(cost, models);
  const { outcomes, targets } = outcomesOf(pool, dearness(pool, cost, means));
  const texts = pool.rows.map(({ read }) => read);
  const count = pool.rows.length < MANY_ROWS ? FOLDS : FOLDS_OF_MANY;
  const blend: Blend = fitBlend({ texts, outcomes, targets, folds: foldsOf(pool, seed, count), seed });
  const own = splitColumns(blend.outOfFold, models);
  const lines = Array.from(means, (mean, m) => {
    const relative = Float64Array.from(own.dear, (_, row) => (mean > 0 ? (cost[row * models + m] ?? 0) / mean : 1));
    return costLine(mean, own.dear, relative);
  });
  return {
    outOfFold: { quality: own.quality, cost: costTable(lines, own.dear) },
    predict: (asked) => {
      const said = splitColumns(blend.predict(asked.rows.map(({ read }) => read)), models);
      return { quality: said.quality, cost: costTable(lines, said.dear) };
    },
  };
}
