import { isJsonObject, parseJson } from "../../core/json.ts";
import { seededChance } from "../../core/learn/chance.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { Candidate } from "../../core/routing/candidates.ts";
import { choosePolicy } from "../../core/routing/policy.ts";
import { posteriorOf, type QualityBelief } from "../../core/routing/quality.ts";
import { priorOf } from "../../core/routing/quality-prior.ts";
import { parametersOfName } from "../../core/routing/quality-size.ts";

/** What has been seen of each model, as it is kept between runs: good and bad answers, as evidence adds them up. */
export interface BanditState {
  readonly good: readonly number[];
  readonly bad: readonly number[];
  /** Rounds so far. */
  readonly rounds: number;
}

/** How a bandit chose in one round. */
export interface BanditChoice {
  readonly model: number;
  readonly isExploring: boolean;
}

/** Chooses among models of these names, by the program's own beliefs and policy. */
export interface Bandit {
  choose(state: BanditState): BanditChoice;
}

const EXPLORE_SHARE = 0.02;
const CLASS = "general";

/** A bandit that has seen nothing. */
export function freshBandit(models: number): BanditState {
  const none = Array.from({ length: models }, () => 0);
  return { good: none, bad: none, rounds: 0 };
}

/** The state after an answer's quality (0 to 1) is known. */
export function learnAnswer({ good, bad, rounds }: BanditState, model: number, quality: number): BanditState {
  const add = (numbers: readonly number[], by: number): readonly number[] =>
    numbers.map((value, at) => (at === model ? value + by : value));
  return { good: add(good, quality), bad: add(bad, 1 - quality), rounds: rounds + 1 };
}

/** All models cost the same here: what is measured is how soon the good ones are found. */
function candidateOf(name: string, belief: QualityBelief): Candidate {
  return {
    name,
    isLocal: true,
    belief,
    expected: belief.mean,
    costNanoUsd: 0 as NanoUsd,
    cacheNanoUsd: 0 as NanoUsd,
    outputTokens: 0,
    tokens: "estimate",
    latencyMs: null,
    isLoaded: null,
    block: null,
  };
}

/** A bandit by beliefs as `lodestar recommend` has them (the prior by the size in the name) and by the policy of `model: auto`. */
export function createBandit(models: readonly string[], seed: number): Bandit {
  const priors = models.map((model) =>
    priorOf(
      { model, isLocal: true, parametersBillions: parametersOfName(model), outputUsdPerMillion: null },
      CLASS,
      [],
    ),
  );
  const latest = models.map((): { good: number; bad: number; belief: QualityBelief } | null => null);
  const believe = ({ good, bad }: BanditState, at: number): QualityBelief | null => {
    const sums = { good: good[at] ?? 0, bad: bad[at] ?? 0 };
    const known = latest[at];
    if (known?.good === sums.good && known.bad === sums.bad) return known.belief;
    const prior = priors[at];
    if (prior === undefined) return null;
    const belief = posteriorOf(prior, sums);
    latest[at] = { ...sums, belief };
    return belief;
  };
  return {
    choose(state) {
      const candidates = models.flatMap((name, at) => {
        const belief = believe(state, at);
        return belief === null ? [] : [candidateOf(name, belief)];
      });
      // A stream for each round: what is chosen depends on the state alone, so a restart changes nothing.
      const chance = seededChance(seed * 0x9e3779b9 + state.rounds);
      const { chosen, why } = choosePolicy({
        candidates,
        taskClass: CLASS,
        turn: "user",
        isPlan: false,
        hasTools: false,
        floor: Math.max(...candidates.map(({ expected }) => expected)),
        isWished: true,
        current: null,
        isSticky: false,
        isStalled: false,
        explore: { share: EXPLORE_SHARE, leftNanoUsd: 1, chance: chance() },
      });
      return { model: Math.max(0, models.indexOf(chosen?.name ?? "")), isExploring: why === "explored" };
    },
  };
}

/** A state as text, and back; null for text that is none. */
export function readBandit(text: string): BanditState | null {
  const value = parseJson(text);
  if (!isJsonObject(value)) return null;
  const { good, bad, rounds } = value;
  const isNumbers = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => typeof one === "number");
  return isNumbers(good) && isNumbers(bad) && good.length === bad.length && typeof rounds === "number"
    ? { good, bad, rounds }
    : null;
}
