import type { Comparisons } from "./comparisons.ts";
import { inverse, type Matrix, multiply, solve, zeroMatrix } from "./matrix.ts";
import { slopeOf, type TieModel } from "./outcome-model.ts";

/** How strengths are fitted. */
export interface FitOptions {
  readonly ties: TieModel;
  /** Weight of a normal prior around 0 on every log strength, 1/variance; 0 for plain maximum likelihood. */
  readonly prior: number;
}

/** Log strengths (natural, mean 0) with the covariance of their estimates. */
export interface Strengths {
  readonly logStrengths: Float64Array;
  /** Log of Davidson's ν; 0 where ties are half a win. */
  readonly tieLog: number;
  /** Holds where votes of one cluster are correlated. */
  readonly covariance: Matrix;
  /** The inverse of the information: holds where all votes are independent and the model is right. */
  readonly modelCovariance: Matrix;
}

interface Slopes {
  readonly logLikelihood: number;
  readonly gradient: Float64Array;
  readonly information: Matrix;
}

const MAX_STEPS = 200;
const PRECISE = 1e-13;

function add(target: Float64Array, at: number, value: number): void {
  target[at] = (target[at] ?? 0) + value;
}

/** Gradient and information at `point`: the competitors' log strengths, then (with Davidson) the tie parameter. */
function slopesAt(comparisons: Comparisons, point: Float64Array, { ties, prior }: FitOptions): Slopes {
  const { names, left, right, share } = comparisons;
  const count = names.length;
  const size = point.length;
  const gradient = new Float64Array(size);
  const information = zeroMatrix(size);
  const { values } = information;
  let logLikelihood = 0;
  const tieLog = point[count] ?? 0;
  for (const [index, one] of left.entries()) {
    const other = right[index] ?? 0;
    const slope = slopeOf(ties, (point[one] ?? 0) - (point[other] ?? 0), share[index] ?? 0, tieLog);
    logLikelihood += slope.logLikelihood;
    add(gradient, one, slope.byDifference);
    add(gradient, other, -slope.byDifference);
    add(values, one * size + one, slope.information);
    add(values, other * size + other, slope.information);
    add(values, one * size + other, -slope.information);
    add(values, other * size + one, -slope.information);
    if (ties === "half") continue;
    add(gradient, count, slope.byTie);
    add(values, count * size + count, slope.tieInformation);
    for (const [at, sign] of [[one, 1] as const, [other, -1] as const]) {
      add(values, at * size + count, sign * slope.crossInformation);
      add(values, count * size + at, sign * slope.crossInformation);
    }
  }
  for (let at = 0; at < count; at += 1) {
    const strength = point[at] ?? 0;
    logLikelihood -= (prior * strength * strength) / 2;
    add(gradient, at, -prior * strength);
    add(values, at * size + at, prior);
    // Only differences count: the mean is held at 0.
    for (let column = 0; column < count; column += 1) add(values, at * size + column, 1 / count);
  }
  return { logLikelihood, gradient, information };
}

function moved(point: Float64Array, step: Float64Array, part: number, count: number): Float64Array {
  const next = point.map((value, at) => value + part * (step[at] ?? 0));
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += next[at] ?? 0;
  for (let at = 0; at < count; at += 1) next[at] = (next[at] ?? 0) - sum / count;
  return next;
}

/** The top of the likelihood by Newton's method, each step halved until it climbs. */
function climb(comparisons: Comparisons, options: FitOptions): Float64Array {
  const count = comparisons.names.length;
  let point: Float64Array = new Float64Array(count + (options.ties === "half" ? 0 : 1));
  let here = slopesAt(comparisons, point, options);
  for (let round = 0; round < MAX_STEPS; round += 1) {
    const step = solve(here.information, here.gradient);
    if (step === null) break;
    let part = 1;
    let next = moved(point, step, part, count);
    let there = slopesAt(comparisons, next, options);
    while (there.logLikelihood < here.logLikelihood - 1e-12 * Math.abs(here.logLikelihood) && part > 1e-6) {
      part /= 2;
      next = moved(point, step, part, count);
      there = slopesAt(comparisons, next, options);
    }
    const longest = step.reduce((most, value) => Math.max(most, Math.abs(value) * part), 0);
    point = next;
    here = there;
    if (longest < PRECISE) break;
  }
  return point;
}

/** Sum over clusters of the outer product of their summed scores, with the correction for few clusters G/(G−1). */
function clusterScores(comparisons: Comparisons, point: Float64Array, { ties }: FitOptions): Matrix {
  const { names, left, right, share, cluster, clusterCount } = comparisons;
  const count = names.length;
  const size = point.length;
  const sums = Array.from({ length: clusterCount }, () => new Map<number, number>());
  const tieLog = point[count] ?? 0;
  for (const [index, one] of left.entries()) {
    const other = right[index] ?? 0;
    const slope = slopeOf(ties, (point[one] ?? 0) - (point[other] ?? 0), share[index] ?? 0, tieLog);
    const sum = sums[cluster[index] ?? 0];
    if (sum === undefined) continue;
    sum.set(one, (sum.get(one) ?? 0) + slope.byDifference);
    sum.set(other, (sum.get(other) ?? 0) - slope.byDifference);
    if (ties !== "half") sum.set(count, (sum.get(count) ?? 0) + slope.byTie);
  }
  const meat = zeroMatrix(size);
  const correction = clusterCount > 1 ? clusterCount / (clusterCount - 1) : 1;
  for (const sum of sums)
    for (const [row, first] of sum)
      for (const [column, second] of sum) add(meat.values, row * size + column, correction * first * second);
  return meat;
}

/** What holding the mean of `count` strengths adds to the element `at` of an inverse. */
function heldPart(at: number, size: number, count: number): number {
  const isStrength = Math.floor(at / size) < count && at % size < count;
  return isStrength ? 1 / count : 0;
}

/**
 * Fits strengths by maximum (penalised) likelihood. The covariance is the sandwich `I⁻¹·Σ s·sᵀ·I⁻¹` over clusters of votes
 * (White 1982; Liang and Zeger 1986), which holds where votes of one voter are correlated; with a prior, which draws scores
 * towards 0, the larger of it and `I⁻¹` on the diagonal. Null without a comparison.
 */
export function fitStrengths(comparisons: Comparisons, options: FitOptions): Strengths | null {
  if (comparisons.left.length === 0) return null;
  const count = comparisons.names.length;
  const point = climb(comparisons, options);
  const { information } = slopesAt(comparisons, point, options);
  const bread = inverse(information);
  if (bread === null) return null;
  const covariance = multiply(multiply(bread, clusterScores(comparisons, point, options)), bread);
  // The held mean adds 1/count to the inverse, which is no uncertainty of ours.
  const modelCovariance = {
    size: bread.size,
    values: bread.values.map((value, at) => value - heldPart(at, bread.size, count)),
  };
  const { size, values } = covariance;
  if (options.prior > 0)
    for (let at = 0; at < size; at += 1) {
      const own = at * size + at;
      values[own] = Math.max(values[own] ?? 0, modelCovariance.values[own] ?? 0);
    }
  return { logStrengths: point.slice(0, count), tieLog: point[count] ?? 0, covariance, modelCovariance };
}
