import { seededChance } from "./chance.ts";

/** A figure with the interval that holds it in 95 of 100 samples of this size. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The share of equal entries. */
export function accuracy(truth: ArrayLike<number>, guess: ArrayLike<number>): number {
  let right = 0;
  for (let index = 0; index < truth.length; index++) right += truth[index] === guess[index] ? 1 : 0;
  return truth.length === 0 ? 0 : right / truth.length;
}

/** The mean of the classes' F1, over classes that occur in the truth or the guess. */
export function macroF1(truth: ArrayLike<number>, guess: ArrayLike<number>, classes: number): number {
  const hits = new Float64Array(classes);
  const mentions = new Float64Array(classes);
  for (let index = 0; index < truth.length; index++) {
    const right = truth[index] ?? 0;
    const said = guess[index] ?? 0;
    mentions[right] = (mentions[right] ?? 0) + 1;
    mentions[said] = (mentions[said] ?? 0) + 1;
    if (right === said) hits[right] = (hits[right] ?? 0) + 1;
  }
  let sum = 0;
  let count = 0;
  for (let k = 0; k < classes; k++) {
    if (mentions[k] === 0) continue;
    sum += (2 * (hits[k] ?? 0)) / (mentions[k] ?? 1);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** The chance that a positive (1) scores above a negative (0), ties as a half; 0.5 where one kind is missing. */
export function areaUnderRoc(scores: ArrayLike<number>, positives: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, index) => index);
  order.sort((left, right) => (scores[left] ?? 0) - (scores[right] ?? 0));
  let rankSum = 0;
  let positiveCount = 0;
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end++;
    const rank = (start + 1 + end) / 2;
    for (let at = start; at < end; at++) {
      if ((positives[order[at] ?? 0] ?? 0) <= 0) continue;
      rankSum += rank;
      positiveCount++;
    }
    start = end;
  }
  const negativeCount = scores.length - positiveCount;
  if (positiveCount === 0 || negativeCount === 0) return 0.5;
  return (rankSum - (positiveCount * (positiveCount + 1)) / 2) / (positiveCount * negativeCount);
}

/** How far stated probabilities are from what happened, over bins of equal width (Naeini et al. 2015). */
export function calibrationError(stated: ArrayLike<number>, happened: ArrayLike<number>, bins = 10): number {
  const sums = new Float64Array(bins);
  const hits = new Float64Array(bins);
  for (let index = 0; index < stated.length; index++) {
    const bin = Math.min(bins - 1, Math.floor((stated[index] ?? 0) * bins));
    sums[bin] = (sums[bin] ?? 0) + (stated[index] ?? 0);
    hits[bin] = (hits[bin] ?? 0) + (happened[index] ?? 0);
  }
  let error = 0;
  for (let bin = 0; bin < bins; bin++) error += Math.abs((sums[bin] ?? 0) - (hits[bin] ?? 0));
  return stated.length === 0 ? 0 : error / stated.length;
}

/** The figure with its interval, by drawing the rows again with replacement (percentiles 2.5 and 97.5; Efron 1979). */
export function bootstrap(
  count: number,
  figure: (rows: Uint32Array) => number,
  { seed, rounds = 200 }: { readonly seed: number; readonly rounds?: number },
): Interval {
  const chance = seededChance(seed);
  const rows = Uint32Array.from({ length: count }, (_, index) => index);
  const value = figure(rows);
  const drawn = new Float64Array(rounds);
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < count; index++) rows[index] = Math.floor(chance() * count);
    drawn[round] = figure(rows);
  }
  drawn.sort();
  const at = (share: number): number => drawn[Math.round(share * (rounds - 1))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}
