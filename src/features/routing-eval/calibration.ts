import { seededChance, shuffledOrder } from "../../core/learn/chance.ts";
import type { Interval } from "../../core/learn/metrics.ts";
import type { Bar } from "./bar.ts";
import { learnPool } from "./forecast.ts";
import { type Pool, selectPool, selectRows } from "./pool.ts";
import { cheapestAt, chooseModels, outcomeOf, type PoolForecast, tryPolicies } from "./saving.ts";

const SEED = 1;
const SPLITS = 20;
const LEVELS = [0.9, 0.95, 0.98, 1] as const;

/** Some rows with what they cost and what is forecast of them. */
interface Half {
  readonly pool: Pool;
  readonly cost: Float64Array;
  readonly forecast: PoolForecast;
}

/** What one split came to at one level, beside the best single model of its first half. */
interface Reached {
  readonly quality: number;
  readonly saved: number;
}

function halfOf({ pool, cost, forecast }: Half, which: readonly number[]): Half {
  const pick = (table: Float64Array): Float64Array => selectRows(table, pool.models.length, which);
  return {
    pool: selectPool(pool, which),
    cost: pick(cost),
    forecast: { quality: pick(forecast.quality), cost: pick(forecast.cost) },
  };
}

/** Chooses on one half of the rows and asks the other, level by level. */
function splitOnce(all: Half, seed: number): readonly Reached[] {
  const order = [...shuffledOrder(all.pool.rows.length, seededChance(seed))];
  const middle = order.length >> 1;
  const [first, second] = [halfOf(all, order.slice(0, middle)), halfOf(all, order.slice(middle))];
  const trial = tryPolicies(first.pool, first.cost, first.forecast);
  const models = all.pool.models.length;
  const ask = (policy: typeof trial.best.policy) =>
    outcomeOf(chooseModels(policy, second.forecast, models), second.pool, second.cost);
  const best = ask(trial.best.policy);
  return LEVELS.map((level) => {
    const mine = ask(cheapestAt(trial, level).policy);
    return { quality: mine.quality / best.quality, saved: 1 - mine.cost / best.cost };
  });
}

/** The mean over splits; the interval holds all but the outermost one at either end. */
function meanOf(values: readonly number[]): Interval {
  const sorted = values.toSorted((left, right) => left - right);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { value: mean, low: sorted[1] ?? mean, high: sorted.at(-2) ?? mean };
}

/**
 * Whether what is asked for is also reached on new rows: thresholds are chosen on a random half of the pool and asked on the
 * other, twenty times. All forecasts come from folds that had not seen their row.
 */
export function calibrationBars(pool: Pool, cost: Float64Array): readonly Bar[] {
  const all: Half = { pool, cost, forecast: learnPool(pool, cost, SEED).outOfFold };
  const splits = Array.from({ length: SPLITS }, (_, at) => splitOnce(all, SEED + at));
  return LEVELS.map((level, at): Bar => {
    const reached = splits.map((split) => split[at] ?? { quality: 0, saved: 0 });
    return {
      id: `calibration-${level * 100}`,
      what: `thresholds at ${level * 100} % on ${SPLITS} random halves of the pool`,
      unit: "quality reached, of the best single model's",
      rows: pool.rows.length,
      seed: SEED,
      value: meanOf(reached.map(({ quality }) => quality)),
      wanted: level,
      isLowBetter: false,
      condition: null,
      controls: {
        "share of halves that reach it": reached.filter(({ quality }) => quality >= level).length / SPLITS,
        saved: meanOf(reached.map(({ saved }) => saved)).value,
        "least quality": Math.min(...reached.map(({ quality }) => quality)),
      },
      note: "the interval holds 18 of the 20 halves",
    };
  });
}
