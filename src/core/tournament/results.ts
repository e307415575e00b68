import { type Leaderboard, leaderboardOf, type Standing } from "../rating/leaderboard.ts";
import type { TieModel } from "../rating/outcome-model.ts";
import type { Match, StoredAnswer } from "./tournament.ts";

/** A model's place, with what its answers cost and took. USD and milliseconds for one answer; null where nothing is known. */
export interface ModelResult extends Standing {
  readonly answers: number;
  readonly costUsd: number | null;
  /** Median. */
  readonly tookMs: number | null;
  readonly firstTextMs: number | null;
  /** Of the answers that a program checked: how many were right. */
  readonly checked: { readonly passed: number; readonly of: number } | null;
  /** Nobody is rated higher and costs no more. */
  readonly isPareto: boolean;
}

/** A leaderboard of models. */
export interface Results extends Omit<Leaderboard, "standings"> {
  readonly standings: readonly ModelResult[];
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** What answers cost and took: the mean, and medians; null where nothing is known, or a cost is not. */
export function costAndTime(answers: readonly StoredAnswer[]): Pick<ModelResult, "costUsd" | "tookMs" | "firstTextMs"> {
  return {
    costUsd: meanCost(answers),
    tookMs: median(answers.map(({ tookMs }) => tookMs)),
    firstTextMs: median(answers.flatMap(({ firstTextMs }) => (firstTextMs === null ? [] : [firstTextMs]))),
  };
}

function meanCost(answers: readonly StoredAnswer[]): number | null {
  const known = answers.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  return known.length === 0 || known.length < answers.length
    ? null
    : known.reduce((sum, cost) => sum + cost, 0) / known.length;
}

function isBeaten(one: Omit<ModelResult, "isPareto">, other: Omit<ModelResult, "isPareto">): boolean {
  if (one.costUsd === null || other.costUsd === null) return false;
  const isNoWorse = other.rating >= one.rating && other.costUsd <= one.costUsd;
  return isNoWorse && (other.rating > one.rating || other.costUsd < one.costUsd);
}

/** Ratings of models by `matches`, beside what `answersOf` says of their answers. */
export function resultsOf(
  matches: readonly Match[],
  ties: TieModel,
  answersOf: (model: string) => readonly StoredAnswer[],
  checkedOf: (model: string) => ModelResult["checked"],
): Results {
  const { standings, ...board } = leaderboardOf(matches, { ties });
  const rated = standings.map((standing) => {
    const answers = answersOf(standing.name);
    return {
      ...standing,
      answers: answers.length,
      ...costAndTime(answers),
      checked: checkedOf(standing.name),
    };
  });
  return {
    ...board,
    standings: rated.map((one) => ({
      ...one,
      isPareto: one.costUsd !== null && !rated.some((other) => isBeaten(one, other)),
    })),
  };
}
