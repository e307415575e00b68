import { type Comparisons, comparisonsOf, isConnected } from "./comparisons.ts";
import { differenceVariance, type Matrix } from "./matrix.ts";
import type { TieModel } from "./outcome-model.ts";
import { Z_95 } from "./share.ts";
import { fitStrengths, type Strengths } from "./strengths.ts";
import type { Vote } from "./vote.ts";

/** Rating points of one unit of log strength: 400 points are odds of ten to one, as in chess (Elo 1978). */
export const POINTS_PER_LOG = 400 / Math.log(10);
/** The mean of all ratings. */
export const CENTRE = 1000;
/** Fewer voters than this say too little of how votes of one voter hang together: each vote counts by itself. */
const LEAST_VOTERS = 8;
/** With fewer votes than this the sandwich may see too little scatter (none in nine ties): the larger variance counts. */
const LEAST_VOTES = 30;
/** 1/variance of the prior where votes alone leave a strength without end: a standard deviation of 347 points. */
const PRIOR = 1 / 4;

/** One line of a leaderboard. Ratings and their bounds in points, shares from 0 to 1. */
export interface Standing {
  readonly name: string;
  readonly rating: number;
  readonly standardError: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
  /** The ranks that it may have: those who are surely better stand before, those who are surely worse behind. */
  readonly bestRank: number;
  readonly worstRank: number;
  readonly votes: number;
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
}

/** Ratings with what they rest on. */
export interface Leaderboard {
  /** Highest rating first; equal ones by name. */
  readonly standings: readonly Standing[];
  readonly votes: number;
  readonly voters: number | null;
  readonly ties: TieModel;
  /** Davidson's ν; null where ties are half a win. */
  readonly tieParameter: number | null;
  readonly clusteredBy: "voter" | "vote";
  /**
   * Somebody won or lost all, or groups never met: the votes alone give no finite rating, so a prior of 347 points around
   * the mean holds them, and they say less than they seem to.
   */
  readonly isProvisional: boolean;
}

/** How the ratings are to be made. */
export interface RatingOptions {
  readonly ties: TieModel;
  /** Default 1/4 where it is needed, else 0. */
  readonly prior?: number;
}

function tieModelFor(wanted: TieModel, { share }: Comparisons): TieModel {
  const hasBoth = share.includes(0.5) && share.some((value) => value !== 0.5);
  return hasBoth ? wanted : "half";
}

/** Voters as clusters where there are enough of them. */
function clustered(votes: readonly Vote[]): { readonly votes: readonly Vote[]; readonly voters: number | null } {
  const named = votes.flatMap(({ voter }) => (voter === null ? [] : [voter]));
  const voters = named.length === 0 ? null : new Set(named).size;
  if (voters !== null && voters >= LEAST_VOTERS) return { votes, voters };
  return { votes: votes.map((vote) => ({ ...vote, voter: null })), voters };
}

/** A fit, and how many votes each competitor has. */
interface Fitted {
  readonly strengths: Strengths;
  readonly votes: readonly number[];
}

/** The variance of a strength, or of the difference to another, under a fit and the number of votes of each. */
function varianceOf({ strengths, votes }: Fitted, one: number, other: number | null): number {
  const { covariance, modelCovariance } = strengths;
  const least = Math.min(votes[one] ?? 0, other === null ? Number.POSITIVE_INFINITY : (votes[other] ?? 0));
  const of = (matrix: Matrix): number =>
    Math.max(
      0,
      other === null ? (matrix.values[one * matrix.size + one] ?? 0) : differenceVariance(matrix, one, other),
    );
  return least < LEAST_VOTES ? Math.max(of(covariance), of(modelCovariance)) : of(covariance);
}

/** How many of the others are surely better and surely worse: the 95 % interval of the difference leaves out 0. */
function surely(at: number, fitted: Fitted): { better: number; worse: number } {
  let better = 0;
  let worse = 0;
  const { logStrengths } = fitted.strengths;
  for (const [other, strength] of logStrengths.entries()) {
    if (other === at) continue;
    const difference = strength - (logStrengths[at] ?? 0);
    const margin = Z_95 * Math.sqrt(varianceOf(fitted, at, other));
    if (difference > margin) better += 1;
    if (-difference > margin) worse += 1;
  }
  return { better, worse };
}

function countsOf(
  at: number,
  { left, right, share }: Comparisons,
): Pick<Standing, "votes" | "wins" | "losses" | "ties"> {
  const got = left.flatMap((one, index) => {
    const value = share[index] ?? 0;
    if (one === at) return [value];
    return right[index] === at ? [1 - value] : [];
  });
  const wins = got.filter((value) => value === 1).length;
  const losses = got.filter((value) => value === 0).length;
  return { votes: got.length, wins, losses, ties: got.length - wins - losses };
}

/**
 * Rates competitors by their votes: Bradley–Terry by maximum likelihood on a scale of 400 points and base 10 around 1000;
 * `both_bad` counts as a tie. Permuting rows changes nothing; repeating all of them only narrows the intervals.
 */
export function leaderboardOf(votes: readonly Vote[], { ties: wanted, prior }: RatingOptions): Leaderboard {
  const cluster = clustered(votes);
  const comparisons = comparisonsOf(cluster.votes);
  const ties = tieModelFor(wanted, comparisons);
  const isProvisional = !isConnected(comparisons);
  const fitted = fitStrengths(comparisons, { ties, prior: prior ?? (isProvisional ? PRIOR : 0) });
  const isByVoter = cluster.voters !== null && cluster.voters >= LEAST_VOTERS;
  const told = {
    votes: comparisons.left.length,
    voters: cluster.voters,
    ties,
    clusteredBy: isByVoter ? "voter" : "vote",
    isProvisional,
  } as const;
  if (fitted === null) return { ...told, standings: [], tieParameter: null };
  const votesOf = comparisons.names.map((_, at) => countsOf(at, comparisons).votes);
  const whole = { strengths: fitted, votes: votesOf };
  const standings = comparisons.names.map((name, at): Standing => {
    const rating = CENTRE + POINTS_PER_LOG * (fitted.logStrengths[at] ?? 0);
    const standardError = POINTS_PER_LOG * Math.sqrt(varianceOf(whole, at, null));
    const { better, worse } = surely(at, whole);
    const bounds = { low: rating - Z_95 * standardError, high: rating + Z_95 * standardError };
    const ranks = { bestRank: better + 1, worstRank: comparisons.names.length - worse };
    return { name, rating, standardError, ...bounds, ...ranks, ...countsOf(at, comparisons) };
  });
  standings.sort((first, second) => second.rating - first.rating || (first.name < second.name ? -1 : 1));
  return { ...told, standings, tieParameter: ties === "half" ? null : Math.exp(fitted.tieLog) };
}
