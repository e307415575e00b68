import { seededChance } from "../../core/learn/chance.ts";
import type { Interval } from "../../core/learn/metrics.ts";
import { type BanditState, createBandit, freshBandit, learnAnswer, readBandit } from "./bandit.ts";
import type { Bar } from "./bar.ts";
import { modelMeans, type Pool } from "./pool.ts";

const ROUNDS = 2000;
const EARLY = 500;
const REPLAYS = 20;
/** So many of them are run once more with a restart half way. */
const RESTARTED = 5;
const SEED = 1;

/** What one replay came to, as shares of what the best fixed choice earned in the same rounds. */
interface Replay {
  readonly early: number;
  readonly whole: number;
  /** Lost in rounds that explored. */
  readonly explored: number;
  readonly last: BanditState;
}

/** Replays rounds of recorded answers, of which the bandit sees only its own choices'. With `isRestarted`, the state goes through text half way. */
export function replay(pool: Pool, seed: number, isRestarted: boolean): Replay {
  const models = pool.models.length;
  const means = modelMeans(pool.quality, models);
  const fixed = means.indexOf(Math.max(...means));
  const chance = seededChance(seed);
  let bandit = createBandit(pool.models, seed);
  let state = freshBandit(models);
  let [mine, its, early, earlyIts, explored] = [0, 0, 0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    if (isRestarted && round === ROUNDS / 2) {
      state = readBandit(JSON.stringify(state)) ?? freshBandit(models);
      bandit = createBandit(pool.models, seed);
    }
    const row = Math.floor(chance() * pool.rows.length);
    const { model, isExploring } = bandit.choose(state);
    const quality = pool.quality[row * models + model] ?? 0;
    const best = pool.quality[row * models + fixed] ?? 0;
    mine += quality;
    its += best;
    if (isExploring) explored += best - quality;
    if (round < EARLY) [early, earlyIts] = [mine, its];
    state = learnAnswer(state, model, quality);
  }
  return { early: early / earlyIts, whole: mine / its, explored: explored / its, last: state };
}

function intervalOf(values: readonly number[]): Interval {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { value: values.reduce((sum, one) => sum + one, 0) / values.length, low: at(0.025), high: at(0.975) };
}

/** The bandit on the nine-model pool. */
export function banditBars(pool: Pool): readonly Bar[] {
  const replays = Array.from({ length: REPLAYS }, (_, index) => replay(pool, SEED + index, false));
  const again = replays.slice(0, RESTARTED).map((_, index) => replay(pool, SEED + index, true));
  const isSame = again.every(({ last }, index) => JSON.stringify(last) === JSON.stringify(replays[index]?.last));
  const means = modelMeans(pool.quality, pool.models.length);
  const best = Math.max(...means);
  const controls = {
    random: means.reduce((sum, one) => sum + one, 0) / means.length / best,
    "best fixed model": 1,
    "whole replay": intervalOf(replays.map(({ whole }) => whole)).value,
  };
  const common = { rows: ROUNDS, seed: SEED, controls };
  const restart = { what: "replays that a restart does not change", value: isSame ? 1 : 0, wanted: 1 };
  const note = `mean of ${REPLAYS} replays of ${ROUNDS.toLocaleString("en-US")} rounds, the interval holds 95 % of them; beliefs and policy are the program's own, at equal costs, with a prior by the size in each name and a floor of the best belief`;
  return [
    {
      ...common,
      id: "bandit-early",
      what: `bandit, the first ${EARLY} rounds`,
      unit: "share of the best fixed model's quality",
      value: intervalOf(replays.map(({ early }) => early)),
      wanted: 0.9,
      isLowBetter: false,
      condition: restart,
      note,
    },
    {
      ...common,
      id: "bandit-explored",
      what: "bandit, lost to exploring",
      unit: "share of the best fixed model's quality",
      value: intervalOf(replays.map(({ explored }) => explored)),
      wanted: 0.015,
      isLowBetter: true,
      condition: restart,
      note: `${note}; only rounds that explored count here`,
    },
  ];
}
