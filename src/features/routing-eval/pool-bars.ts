import { bootstrap } from "../../core/learn/metrics.ts";
import type { Bar } from "./bar.ts";
import { foldsOf, learnPool } from "./forecast.ts";
import { type Pool, selectPool, selectRows } from "./pool.ts";
import { cheapestAt, chooseModels, isSingle, outcomeOf, tryPolicies } from "./saving.ts";

const SEED = 1;
const FOLDS = 5;
const ROUNDS = 200;
/** The bars of the nine-model pool: what to save at which share of the best single model's quality. */
const ASKED = [
  { level: 1, wanted: 0.5 },
  { level: 0.98, wanted: null },
  { level: 0.95, wanted: 0.8 },
  { level: 0.9, wanted: null },
] as const;

/** For every row the model chosen at each level, and the single models, by folds that had not seen the row. */
interface Choices {
  readonly levels: readonly Uint16Array[];
  readonly singles: readonly Uint16Array[];
  readonly best: Uint16Array;
}

function choose(pool: Pool, cost: Float64Array, levels: readonly number[]): Choices {
  const models = pool.models.length;
  const folds = foldsOf(pool, SEED + 1, FOLDS);
  const rows = [...pool.rows.keys()];
  const room = (): Uint16Array => new Uint16Array(rows.length);
  const choices = { levels: levels.map(room), singles: levels.map(room), best: room() };
  for (let fold = 0; fold < FOLDS; fold++) {
    const [outside, inside] = [rows.filter((row) => folds[row] !== fold), rows.filter((row) => folds[row] === fold)];
    const [train, trainCost] = [selectPool(pool, outside), selectRows(cost, models, outside)];
    const learner = learnPool(train, trainCost, SEED);
    const forecast = learner.predict(selectPool(pool, inside));
    const trial = tryPolicies(train, trainCost, learner.outOfFold);
    const ofBest = chooseModels(trial.best.policy, forecast, models);
    for (const [place, row] of inside.entries()) choices.best[row] = ofBest[place] ?? 0;
    for (const [at, level] of levels.entries()) {
      const { policy: routed } = cheapestAt(trial, level);
      const { policy: single } = cheapestAt(trial, level, isSingle);
      for (const [of, policy] of [
        [choices.levels[at], routed],
        [choices.singles[at], single],
      ] as const) {
        const chosen = chooseModels(policy, forecast, models);
        for (const [place, row] of inside.entries()) if (of !== undefined) of[row] = chosen[place] ?? 0;
      }
    }
  }
  return choices;
}

/** What one way of choosing saves and gets, against another. */
function compare(
  pool: Pool,
  cost: Float64Array,
  mine: Uint16Array,
  its: Uint16Array,
  rows?: Uint32Array,
): { readonly saved: number; readonly quality: number } {
  const [my, other] = [outcomeOf(mine, pool, cost, rows), outcomeOf(its, pool, cost, rows)];
  return { saved: 1 - my.cost / other.cost, quality: my.quality / other.quality };
}

/** The best model of every row, of equals the cheapest: what no router can pass. */
function oracle(pool: Pool, cost: Float64Array): Uint16Array {
  const models = pool.models.length;
  return Uint16Array.from(pool.rows, (_, row) => {
    const order = pool.models.map((_name, m) => row * models + m);
    order.sort(
      (left, right) => (pool.quality[right] ?? 0) - (pool.quality[left] ?? 0) || (cost[left] ?? 0) - (cost[right] ?? 0),
    );
    return (order[0] ?? 0) - row * models;
  });
}

/** The nine-model pool at several levels of quality. */
export function poolBars(pool: Pool, cost: Float64Array): readonly Bar[] {
  const choices = choose(
    pool,
    cost,
    ASKED.map(({ level }) => level),
  );
  const random = Uint16Array.from(pool.rows, (_, row) => row % pool.models.length);
  const best = choices.best;
  const all = compare(pool, cost, oracle(pool, cost), best);
  const spread = compare(pool, cost, random, best);
  return ASKED.map(({ level, wanted }, at): Bar => {
    const mine = choices.levels[at] ?? best;
    const single = compare(pool, cost, choices.singles[at] ?? best, best);
    const got = compare(pool, cost, mine, best);
    return {
      id: `pool-${level * 100}`,
      what: `nine-model pool, at ${level * 100} % of the best single model's quality`,
      unit: "share of the price saved",
      rows: pool.rows.length,
      seed: SEED,
      value: bootstrap(pool.rows.length, (rows) => compare(pool, cost, mine, best, rows).saved, {
        seed: SEED,
        rounds: ROUNDS,
      }),
      wanted,
      isLowBetter: false,
      condition: { what: "quality reached", value: got.quality, wanted: level },
      controls: {
        "one cheap model": single.saved,
        "its quality": single.quality,
        "in turn": spread.saved,
        "their quality": spread.quality,
        oracle: all.saved,
        "oracle's quality": all.quality,
      },
      note: "five folds; thresholds chosen on the training folds; price by the prompt's length and 256 tokens of reply",
    };
  });
}

/** A pool in which one of the cheapest models is also by far the best: routing must find that, and lose nothing. */
export function noHarmBar(pool: Pool, cost: Float64Array): Bar {
  const kept = pool.models.flatMap((name, m) => (/gemma-2-9b|mistral-7b|codegemma|chatqa/.test(name) ? [m] : []));
  const narrow = (table: Float64Array): Float64Array =>
    Float64Array.from(
      { length: pool.rows.length * kept.length },
      (_, at) => table[Math.floor(at / kept.length) * pool.models.length + (kept[at % kept.length] ?? 0)] ?? 0,
    );
  const small: Pool = {
    models: kept.map((m) => pool.models[m] ?? ""),
    rows: pool.rows,
    quality: narrow(pool.quality),
    cost: null,
  };
  const prices = narrow(cost);
  const { levels, best } = choose(small, prices, [1]);
  const mine = levels[0] ?? best;
  const got = compare(small, prices, mine, best);
  return {
    id: "no-harm",
    what: "do no harm: the cheapest model is the best one",
    unit: "share of its quality kept",
    rows: pool.rows.length,
    seed: SEED,
    value: bootstrap(pool.rows.length, (rows) => compare(small, prices, mine, best, rows).quality, {
      seed: SEED,
      rounds: ROUNDS,
    }),
    wanted: 1,
    isLowBetter: false,
    condition: { what: "price saved", value: got.saved, wanted: 0 },
    controls: { "best single model": 1 },
    note: `${small.models.length} models of the pool; gemma-2-9b-it is the cheapest and by far the best of them`,
  };
}
