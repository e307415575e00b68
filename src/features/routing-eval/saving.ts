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
}

/** Every policy with what came of it, by forecasts that had not seen the rows. A single model stands before routes, so it wins among equals. */
export function tryPolicies(pool: Pool, cost: Float64Array, forecast: PoolForecast): readonly TriedPolicy[] {
  const models = pool.models.length;
  const best: Policy = { kind: "single", model: bestSingle(pool, cost) };
  const bestCost = outcomeOf(chooseModels(best, forecast, models), pool, cost).cost;
  return policiesOf(pool, bestCost).map((policy) => ({
    policy,
    ...outcomeOf(chooseModels(policy, forecast, models), pool, cost),
  }));
}

/** The cheapest policy that was at least this good. The best single model is always there, so there is one up to its quality. */
export function cheapestAt(tried: readonly TriedPolicy[], quality: number): TriedPolicy | null {
  let cheapest: TriedPolicy | null = null;
  for (const one of tried) {
    if (one.quality < quality - 1e-9) continue;
    if (cheapest === null || one.cost < cheapest.cost) cheapest = one;
  }
  return cheapest;
}
