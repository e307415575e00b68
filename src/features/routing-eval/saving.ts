import { modelMeans, type Pool } from "./pool.ts";

/** Forecasts for rows, row by row and one entry for each model. */
export interface PoolForecast {
  readonly quality: Float64Array;
  /** USD. */
  readonly cost: Float64Array;
}

/** Which model answers a row: always one, or the one with the most forecast quality less `price` times forecast cost. */
export type Policy =
  | { readonly kind: "single"; readonly model: number }
  | { readonly kind: "route"; readonly price: number };

/** What a policy costs and how good it is, in the mean of a row. */
export interface Outcome {
  readonly quality: number;
  /** USD. */
  readonly cost: number;
}

const PRICE_STEPS = 120;
/** Prices of quality in units of one over the best single model's mean cost, as powers of ten. */
const LEAST_POWER = -3.5;
const MOST_POWER = 2.5;

/** The model that a policy gives each row. */
export function chooseModels(policy: Policy, forecast: PoolForecast, models: number): Uint16Array {
  const chosen = new Uint16Array(forecast.quality.length / models);
  if (policy.kind === "single") return chosen.fill(policy.model);
  for (let row = 0; row < chosen.length; row++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let m = 0; m < models; m++) {
      const at = row * models + m;
      const worth = (forecast.quality[at] ?? 0) - policy.price * (forecast.cost[at] ?? 0);
      if (worth <= best) continue;
      best = worth;
      chosen[row] = m;
    }
  }
  return chosen;
}

/** What came of the choices, over some rows (all where absent). */
export function outcomeOf(chosen: Uint16Array, pool: Pool, cost: Float64Array, rows?: Uint32Array): Outcome {
  const models = pool.models.length;
  const count = rows?.length ?? chosen.length;
  let quality = 0;
  let usd = 0;
  for (let at = 0; at < count; at++) {
    const row = rows === undefined ? at : (rows[at] ?? 0);
    const cell = row * models + (chosen[row] ?? 0);
    quality += pool.quality[cell] ?? 0;
    usd += cost[cell] ?? 0;
  }
  return { quality: quality / Math.max(1, count), cost: usd / Math.max(1, count) };
}

/** The model of the highest mean quality; of equals the cheapest. */
export function bestSingle(pool: Pool, cost: Float64Array): number {
  const quality = modelMeans(pool.quality, pool.models.length);
  const price = modelMeans(cost, pool.models.length);
  let best = 0;
  for (let m = 1; m < quality.length; m++) {
    const lead = (quality[m] ?? 0) - (quality[best] ?? 0);
    if (lead > 0 || (lead === 0 && (price[m] ?? 0) < (price[best] ?? 0))) best = m;
  }
  return best;
}

function policiesOf(pool: Pool, bestCost: number): readonly Policy[] {
  const singles = pool.models.map((_, model): Policy => ({ kind: "single", model }));
  const scale = bestCost > 0 ? 1 / bestCost : 1;
  const routes = Array.from({ length: PRICE_STEPS + 1 }, (_, step): Policy => {
    const power = LEAST_POWER + (step / PRICE_STEPS) * (MOST_POWER - LEAST_POWER);
    return { kind: "route", price: scale * 10 ** power };
  });
  return [...singles, { kind: "route", price: 0 }, ...routes];
}

/** A policy with what came of it on the rows that it was chosen on. */
export interface TriedPolicy extends Outcome {
  readonly policy: Policy;
  /** Of the quality of rows, and of that together with the best single model's. */
  readonly variance: number;
  readonly covariance: number;
}

/** Policies that were tried on the same rows. */
export interface Trial {
  readonly rows: number;
  readonly policies: readonly TriedPolicy[];
  /** The best single model, one of them. */
  readonly best: TriedPolicy;
}

/** How quality varies from row to row, alone and together with that of another choice. */
function spreadOf(pool: Pool, chosen: Uint16Array, other: Uint16Array): Pick<TriedPolicy, "variance" | "covariance"> {
  const models = pool.models.length;
  const count = Math.max(1, chosen.length);
  let [sum, squares, its, products] = [0, 0, 0, 0];
  for (let row = 0; row < chosen.length; row++) {
    const mine = pool.quality[row * models + (chosen[row] ?? 0)] ?? 0;
    const theirs = pool.quality[row * models + (other[row] ?? 0)] ?? 0;
    sum += mine;
    squares += mine * mine;
    its += theirs;
    products += mine * theirs;
  }
  return {
    variance: squares / count - (sum / count) ** 2,
    covariance: products / count - (sum / count) * (its / count),
  };
}

/** Every policy with what came of it, by forecasts that had not seen the rows. A single model stands before routes, so it wins among equals. */
export function tryPolicies(pool: Pool, cost: Float64Array, forecast: PoolForecast): Trial {
  const models = pool.models.length;
  const ofBest = chooseModels({ kind: "single", model: bestSingle(pool, cost) }, forecast, models);
  const tried = (policy: Policy): TriedPolicy => {
    const chosen = chooseModels(policy, forecast, models);
    return { policy, ...outcomeOf(chosen, pool, cost), ...spreadOf(pool, chosen, ofBest) };
  };
  const best = tried({ kind: "single", model: bestSingle(pool, cost) });
  return { rows: pool.rows.length, policies: policiesOf(pool, best.cost).map(tried), best };
}

/**
 * Standard errors by which a policy has to clear its level. Without any, the cheapest of many that just do falls short on new
 * rows nearly every other time; a whole one would give up a good part of what can be saved. Chosen by random halves of pools.
 */
const CAUTION = 0.25;

/** By how much a policy clears a share of the best single model's quality, less what chance may have added. */
function leadOf({ quality, variance, covariance }: TriedPolicy, { best, rows }: Trial, level: number): number {
  const spread = variance - 2 * level * covariance + level * level * best.variance;
  return quality - level * best.quality - CAUTION * Math.sqrt(Math.max(0, spread) / Math.max(1, rows));
}

/** The cheapest policy that keeps this share (at most 1) of the best single model's quality; that model where no other does. */
export function cheapestAt(
  trial: Trial,
  level: number,
  isAllowed: (policy: Policy) => boolean = () => true,
): TriedPolicy {
  let cheapest = trial.best;
  for (const one of trial.policies) {
    if (one.cost < cheapest.cost && isAllowed(one.policy) && leadOf(one, trial, level) >= -1e-9) cheapest = one;
  }
  return cheapest;
}

/** Whether one model answers everything. */
export function isSingle({ kind }: Policy): boolean {
  return kind === "single";
}
