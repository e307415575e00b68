import { isJsonObject, parseJson } from "../../core/json.ts";
import { seededChance } from "../../core/learn/chance.ts";

/** What a bandit knows of each model, as it is kept between runs. */
export interface BanditState {
  /** Sum of qualities seen, with those of the prior. */
  readonly won: readonly number[];
  /** How many were seen, with those of the prior. */
  readonly seen: readonly number[];
  /** Rounds so far. */
  readonly rounds: number;
}

/** How a bandit chose in one round. */
export interface BanditChoice {
  readonly model: number;
  readonly isExploring: boolean;
}

/** Nothing is known yet: a prior worth this many answers, of a quality above most, so that every model is tried early. */
const PRIOR_WEIGHT = 2;
const PRIOR_QUALITY = 0.7;
const EXPLORE_SHARE = 0.02;
/** Standard errors within which a model may still be the best. */
const WIDTH = 2;

/** A bandit that has seen nothing. */
export function freshBandit(models: number): BanditState {
  return {
    won: Array.from({ length: models }, () => PRIOR_WEIGHT * PRIOR_QUALITY),
    seen: Array.from({ length: models }, () => PRIOR_WEIGHT),
    rounds: 0,
  };
}

function meanOf({ won, seen }: BanditState, model: number): number {
  return (won[model] ?? 0) / (seen[model] ?? 1);
}

function leader(state: BanditState): number {
  let best = 0;
  for (const model of state.won.keys()) if (meanOf(state, model) > meanOf(state, best)) best = model;
  return best;
}

/** The model of the best posterior mean; in a small share of rounds one that may yet turn out to be better. */
export function chooseArm(state: BanditState, seed: number): BanditChoice {
  const best = leader(state);
  // A stream for each round: what is chosen depends on the state alone, so a restart changes nothing.
  const chance = seededChance(seed * 0x9e3779b9 + state.rounds);
  if (chance() >= EXPLORE_SHARE) return { model: best, isExploring: false };
  const rivals = [...state.won.keys()].filter((model) => {
    const error = Math.sqrt(0.25 / (state.seen[model] ?? 1));
    return model !== best && meanOf(state, model) + WIDTH * error >= meanOf(state, best);
  });
  const rival = rivals[Math.floor(chance() * rivals.length)];
  return rival === undefined ? { model: best, isExploring: false } : { model: rival, isExploring: true };
}

/** The state after an answer's quality (0 to 1) is known. */
export function learnAnswer(state: BanditState, model: number, quality: number): BanditState {
  const add = (numbers: readonly number[], by: number): readonly number[] =>
    numbers.map((value, at) => (at === model ? value + by : value));
  return { won: add(state.won, quality), seen: add(state.seen, 1), rounds: state.rounds + 1 };
}

/** A state as text, and back; null for text that is none. */
export function readBandit(text: string): BanditState | null {
  const value = parseJson(text);
  if (!isJsonObject(value)) return null;
  const { won, seen, rounds } = value;
  const isNumbers = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => typeof one === "number");
  return isNumbers(won) && isNumbers(seen) && won.length === seen.length && typeof rounds === "number"
    ? { won, seen, rounds }
    : null;
}
