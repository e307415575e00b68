import { bootstrap, type Interval } from "../../core/learn/metrics.ts";
import { averageGapRecovered, callsForGap } from "../../core/learn/route-metrics.ts";
import { learnPool, type PoolLearner } from "./forecast.ts";
import { modelMeans, type Pool } from "./pool.ts";
import { cheapestAt, chooseModels, isSingle, outcomeOf, type Policy, tryPolicies } from "./saving.ts";

/** How well a pair was told apart. Weak and strong by the training rows. */
export interface PairReport {
  readonly weak: string;
  readonly strong: string;
  readonly apgr: Interval | null;
  /** The least share of strong calls that closes half, and four fifths, of the gap. */
  readonly cpt50: number | null;
  readonly cpt80: number | null;
  readonly controls: {
    readonly random: number;
    readonly length: number | null;
    readonly keywords: number | null;
    readonly oracle: number | null;
  };
}

/** What routing saved where a share of the best single model's quality was asked for. */
export interface SavingReport {
  /** Asked for, of the best single model's quality. */
  readonly level: number;
  /** Of the best single model's cost, on the test rows. */
  readonly saved: Interval;
  /** What the test rows really got, of the best single model's quality there. */
  readonly quality: Interval;
  /** `route`, or the one model that the training rows found cheaper at this quality. */
  readonly policy: string;
  /** Quality that one dollar has to buy; null where one model answers everything. */
  readonly qualityPerUsd: number | null;
  /** The cheapest single model that was good enough on the training rows, and what it saves on the test rows. */
  readonly single: { readonly model: string; readonly saved: number; readonly quality: number };
}

/** What routing a pool saves. */
export interface PoolReport {
  readonly bestSingle: string;
  /** The best single model on the test rows: mean quality, and USD for all rows. */
  readonly bestQuality: number;
  readonly bestCostUsd: number;
  readonly levels: readonly SavingReport[];
  /** With every row's answer known: the best quality there is, and what it saves at the cheapest such choice. */
  readonly oracle: { readonly quality: number; readonly saved: number };
  /** A model drawn for each row. */
  readonly random: { readonly quality: number; readonly saved: number };
}

/** The evaluation of a user's own rows. A part that the rows do not allow is null, with the reason. */
export interface OwnReport {
  readonly seed: number;
  readonly rows: { readonly train: number; readonly test: number };
  readonly models: readonly string[];
  readonly pair: PairReport | null;
  readonly pairReason: string | null;
  readonly pool: PoolReport | null;
  readonly poolReason: string | null;
  /** Where costs come from. */
  readonly costs: "rows" | "prices" | null;
}

/** Shares of the best single model's quality that savings are told at. */
const LEVELS = [0.9, 0.95, 0.98, 1] as const;
const ROUNDS = 200;

/** Costs that were assumed for rows without: a table for each side, and none where there was nothing to assume from. */
export interface AssumedCosts {
  readonly train: Float64Array;
  readonly test: Float64Array;
}

function gainsOf({ quality }: Pool, weak: number): Float64Array {
  return Float64Array.from(
    { length: quality.length / 2 },
    (_, row) => (quality[2 * row + 1 - weak] ?? 0) - (quality[2 * row + weak] ?? 0),
  );
}

/** The figures of a pair, and what controls reach on the same rows. */
function reportPair(train: Pool, test: Pool, learner: PoolLearner, seed: number): PairReport {
  const means = modelMeans(train.quality, 2);
  const weak = (means[0] ?? 0) <= (means[1] ?? 0) ? 0 : 1;
  const gains = gainsOf(test, weak);
  const forecast = learner.predict(test).quality;
  const scores = gains.map((_, row) => (forecast[2 * row + 1 - weak] ?? 0) - (forecast[2 * row + weak] ?? 0));
  const gap = averageGapRecovered(scores, gains);
  const draw = (rows: Uint32Array): number =>
    averageGapRecovered(
      Float64Array.from(rows, (row) => scores[row] ?? 0),
      Float64Array.from(rows, (row) => gains[row] ?? 0),
    ) ?? 0;
  return {
    weak: train.models[weak] ?? "",
    strong: train.models[1 - weak] ?? "",
    apgr: gap === null ? null : bootstrap(gains.length, draw, { seed, rounds: ROUNDS }),
    cpt50: callsForGap(scores, gains, 0.5),
    cpt80: callsForGap(scores, gains, 0.8),
    controls: {
      random: 0.5,
      length: averageGapRecovered(
        test.rows.map(({ length }) => length),
        gains,
      ),
      keywords: averageGapRecovered(
        test.rows.map(({ keywords }) => keywords),
        gains,
      ),
      oracle: averageGapRecovered(gains, gains),
    },
  };
}

/** For every row the best model, of equals the cheapest. */
function oracleChoice(pool: Pool, cost: Float64Array): Uint16Array {
  const models = pool.models.length;
  return Uint16Array.from(pool.rows, (_, row) => {
    let best = 0;
    for (let m = 1; m < models; m++) {
      const lead = (pool.quality[row * models + m] ?? 0) - (pool.quality[row * models + best] ?? 0);
      const isCheaper = (cost[row * models + m] ?? 0) < (cost[row * models + best] ?? 0);
      if (lead > 0 || (lead === 0 && isCheaper)) best = m;
    }
    return best;
  });
}

function saving(cost: number, best: number): number {
  return best > 0 ? 1 - cost / best : 0;
}

function nameOf(policy: Policy, models: readonly string[]): string {
  return policy.kind === "route" ? "route" : (models[policy.model] ?? "");
}

/** The pool's figures on the test rows, by thresholds that the training rows chose. */
function reportPool(train: Pool, test: Pool, learner: PoolLearner, costs: AssumedCosts, seed: number): PoolReport {
  const models = train.models.length;
  const forecast = learner.predict(test);
  const trial = tryPolicies(train, costs.train, learner.outOfFold);
  const best = trial.best.policy;
  const bestChoice = chooseModels(best, forecast, models);
  const bestOutcome = outcomeOf(bestChoice, test, costs.test);
  const levels = LEVELS.map((level): SavingReport => {
    const { policy } = cheapestAt(trial, level);
    const chosen = chooseModels(policy, forecast, models);
    const shares = (rows?: Uint32Array): { readonly saved: number; readonly quality: number } => {
      const [mine, its] = [outcomeOf(chosen, test, costs.test, rows), outcomeOf(bestChoice, test, costs.test, rows)];
      return { saved: saving(mine.cost, its.cost), quality: its.quality > 0 ? mine.quality / its.quality : 1 };
    };
    const { policy: single } = cheapestAt(trial, level, isSingle);
    const ofSingle = outcomeOf(chooseModels(single, forecast, models), test, costs.test);
    return {
      level,
      saved: bootstrap(test.rows.length, (rows) => shares(rows).saved, { seed, rounds: ROUNDS }),
      quality: bootstrap(test.rows.length, (rows) => shares(rows).quality, { seed, rounds: ROUNDS }),
      policy: nameOf(policy, train.models),
      qualityPerUsd: policy.kind === "route" ? policy.price : null,
      single: {
        model: nameOf(single, train.models),
        saved: saving(ofSingle.cost, bestOutcome.cost),
        quality: bestOutcome.quality > 0 ? ofSingle.quality / bestOutcome.quality : 1,
      },
    };
  });
  const oracle = outcomeOf(oracleChoice(test, costs.test), test, costs.test);
  const meanOf = (table: Float64Array): number => table.reduce((sum, one) => sum + one, 0) / Math.max(1, table.length);
  return {
    bestSingle: nameOf(best, train.models),
    bestQuality: bestOutcome.quality,
    bestCostUsd: bestOutcome.cost * test.rows.length,
    levels,
    oracle: { quality: oracle.quality, saved: saving(oracle.cost, bestOutcome.cost) },
    random: { quality: meanOf(test.quality), saved: saving(meanOf(costs.test), bestOutcome.cost) },
  };
}

/** Trains on one pool, tests on another. `prices` (USD by row and model) stand for costs that the rows lack. */
export function evaluateOwn(train: Pool, test: Pool, assumed: AssumedCosts | null, seed: number): OwnReport {
  const own = train.cost !== null && test.cost !== null ? { train: train.cost, test: test.cost } : null;
  const costs = own ?? assumed;
  const learner = learnPool(train, costs?.train ?? new Float64Array(train.quality.length), seed);
  const isPair = train.models.length === 2;
  return {
    seed,
    rows: { train: train.rows.length, test: test.rows.length },
    models: train.models,
    pair: isPair ? reportPair(train, test, learner, seed) : null,
    pairReason: isPair ? null : `the rows score ${train.models.length} models; these figures are defined for two`,
    pool: costs === null ? null : reportPool(train, test, learner, costs, seed),
    poolReason:
      costs === null ? "not every row of both files has a cost for every model, and no prices were given" : null,
    costs: own !== null ? "rows" : assumed === null ? null : "prices",
  };
}
