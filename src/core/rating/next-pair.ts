import type { Comparisons } from "./comparisons.ts";
import { comparisonsOf } from "./comparisons.ts";
import { differenceVariance, type Matrix } from "./matrix.ts";
import { Z_95 } from "./share.ts";
import { fitStrengths } from "./strengths.ts";
import type { Vote } from "./vote.ts";

/** Keeps every strength finite while votes are few: a standard deviation of 347 points. */
const PRIOR = 1 / 4;

/** A field of competitors in the middle of a tournament. */
export interface Field {
  readonly competitors: readonly string[];
  readonly votes: readonly Vote[];
}

/** What is believed of a field: log strengths and their covariance, by the order of `competitors`. */
export interface Belief {
  readonly logStrengths: readonly number[];
  readonly covariance: Matrix;
}

/** Belief under a prior, so that those who never met a vote have one too. */
export function believeField({ competitors, votes }: Field): Belief {
  const known = comparisonsOf(
    votes.filter(({ left, right }) => competitors.includes(left) && competitors.includes(right)),
  );
  const indexOf = new Map(competitors.map((name, index) => [name, index]));
  const place = known.names.map((name) => indexOf.get(name) ?? 0);
  const all: Comparisons = {
    ...known,
    names: competitors,
    left: known.left.map((one) => place[one] ?? 0),
    right: known.right.map((one) => place[one] ?? 0),
  };
  const fitted = fitStrengths(all, { ties: "half", prior: PRIOR });
  const size = competitors.length;
  if (fitted !== null) return { logStrengths: [...fitted.logStrengths], covariance: fitted.modelCovariance };
  const values = Float64Array.from({ length: size * size }, (_, at) =>
    Math.floor(at / size) === at % size ? (1 - 1 / size) / PRIOR : -1 / size / PRIOR,
  );
  return { logStrengths: competitors.map(() => 0), covariance: { size, values } };
}

/** The competitor that is ahead; null in an empty field. */
function leaderOf({ logStrengths }: Belief): number | null {
  const top = Math.max(...logStrengths);
  return logStrengths.length === 0 ? null : logStrengths.indexOf(top);
}

/**
 * Whether the one ahead is surely ahead of everybody else. The level of 95 % is shared out among the others (Bonferroni):
 * looked at after every vote, a plain one would stop too early too often.
 */
export function isTopSeparated(belief: Belief): boolean {
  const leader = leaderOf(belief);
  if (leader === null) return false;
  const others = belief.logStrengths.length - 1;
  // Φ⁻¹(1 − 0.025/others), by its leading term, which lies above it: √(2·ln(others)) more than for one.
  const margin = Math.sqrt(Z_95 * Z_95 + 2 * Math.log(Math.max(1, others)));
  return belief.logStrengths.every((strength, other) => {
    const ahead = (belief.logStrengths[leader] ?? 0) - strength;
    return other === leader || ahead > margin * Math.sqrt(differenceVariance(belief.covariance, leader, other));
  });
}

/** Two competitors by index, and how much a comparison of them is worth. */
export interface PairWorth {
  readonly left: number;
  readonly right: number;
  readonly worth: number;
}

/**
 * What one more comparison of each pair is worth for its price: how much it is expected to narrow the interval between the
 * leader and those who could still pass it. `costOf` is the price of one answer in any unit; the same for all where it is 0.
 */
export function worthOfPairs(belief: Belief, costOf: (competitor: number) => number): readonly PairWorth[] {
  const leader = leaderOf(belief);
  if (leader === null) return [];
  const { logStrengths, covariance } = belief;
  const { size, values } = covariance;
  const column = (one: number, other: number, row: number): number =>
    (values[row * size + one] ?? 0) - (values[row * size + other] ?? 0);
  const doubt = logStrengths.map((strength, other) => {
    const variance = differenceVariance(covariance, leader, other);
    const distance = (logStrengths[leader] ?? 0) - strength;
    return other === leader || variance === 0 ? 0 : Math.exp(-(distance * distance) / (2 * variance));
  });
  const cheapest = Math.min(...logStrengths.map((_, index) => costOf(index)).filter((cost) => cost > 0), Infinity);
  const priceOf = (index: number): number => (Number.isFinite(cheapest) ? Math.max(costOf(index), cheapest / 10) : 1);
  return logStrengths.flatMap((strength, left) =>
    logStrengths.slice(left + 1).map((other, offset): PairWorth => {
      const right = left + 1 + offset;
      const wins = 1 / (1 + Math.exp(other - strength));
      const information = wins * (1 - wins);
      const variance = differenceVariance(covariance, left, right);
      // One more vote of this pair takes this much of the variance of each difference to the leader (Sherman and Morrison 1950).
      const gained = doubt.reduce((sum, weight, third) => {
        const shared = column(left, right, leader) - column(left, right, third);
        return sum + (weight * information * shared * shared) / (1 + information * variance);
      }, 0);
      return { left, right, worth: gained / (priceOf(left) + priceOf(right)) };
    }),
  );
}

/** The pair that is worth most for its price; by the order of competitors where several are. Null with fewer than two. */
export function nextPair(belief: Belief, costOf: (competitor: number) => number): PairWorth | null {
  return worthOfPairs(belief, costOf).reduce<PairWorth | null>(
    (best, pair) => (best === null || pair.worth > best.worth ? pair : best),
    null,
  );
}
