import type { Vote } from "./vote.ts";

/** Two-sided 95 % of a normal distribution. */
export const Z_95 = 1.959963984540054;

/** A part of `n`, from 0 to 1, with its 95 % interval. */
export interface Share {
  readonly n: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The share `count/n` with Wilson's interval (1927), which stays between 0 and 1 for small n too; null where n is 0. */
export function shareOf(count: number, n: number): Share | null {
  if (n === 0) return null;
  const share = count / n;
  const square = (Z_95 * Z_95) / n;
  const middle = (share + square / 2) / (1 + square);
  const margin = (Z_95 * Math.sqrt((share * (1 - share)) / n + square / (4 * n))) / (1 + square);
  return { n, share, low: Math.max(0, middle - margin), high: Math.min(1, middle + margin) };
}

/** How often the left answer won, of the votes that somebody won: one half where the side plays no part. */
export function leftShare(votes: readonly Vote[]): Share | null {
  const left = votes.filter(({ winner }) => winner === "left").length;
  const right = votes.filter(({ winner }) => winner === "right").length;
  return shareOf(left, left + right);
}
