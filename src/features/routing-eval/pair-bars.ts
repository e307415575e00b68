import { fitBlend } from "../../core/learn/blend.ts";
import { seededChance } from "../../core/learn/chance.ts";
import type { Interval } from "../../core/learn/metrics.ts";
import { averageGapRecovered } from "../../core/learn/route-metrics.ts";
import type { Bar } from "./bar.ts";
import { foldsOf } from "./forecast.ts";
import { type Pool, selectPool } from "./pool.ts";

/** Test rows of one split: how much each was said to need the strong model, and what that model gained. */
interface Split {
  readonly scores: Float64Array;
  readonly gains: Float64Array;
}

const SEED = 1;
const ROUNDS = 100;
const NINE = 9;
/** One of this many folds is about 1,560 rows of the MMLU file. */
const PARTS_OF_ALL = 6;
const FIVE = 5;
const STRONG = "gpt-4-1106-preview";

function gainsOf({ quality, models }: Pool): Float64Array {
  const strong = models.indexOf(STRONG);
  return Float64Array.from(
    { length: quality.length / 2 },
    (_, row) => (quality[2 * row + strong] ?? 0) - (quality[2 * row + 1 - strong] ?? 0),
  );
}

/** Trains on one pool's gains and scores another. */
function trainAndTest(train: Pool, test: Pool): Split {
  const blend = fitBlend({
    texts: train.rows.map(({ read }) => read),
    outcomes: gainsOf(train),
    targets: 1,
    folds: foldsOf(train, SEED),
    seed: SEED,
  });
  return { scores: blend.predict(test.rows.map(({ read }) => read)), gains: gainsOf(test) };
}

function meanGap(splits: readonly Split[]): number {
  return splits.reduce((sum, { scores, gains }) => sum + (averageGapRecovered(scores, gains) ?? 0), 0) / splits.length;
}

function redraw({ scores, gains }: Split, chance: () => number): Split {
  const rows = Uint32Array.from(gains, () => Math.floor(chance() * gains.length));
  return {
    scores: Float64Array.from(rows, (row) => scores[row] ?? 0),
    gains: Float64Array.from(rows, (row) => gains[row] ?? 0),
  };
}

/** The mean over splits, with the interval that drawing each split's test rows again gives. */
function gapInterval(splits: readonly Split[]): Interval {
  const chance = seededChance(SEED);
  const drawn = Float64Array.from({ length: ROUNDS }, () =>
    meanGap(splits.map((split) => redraw(split, chance))),
  ).sort();
  const at = (share: number): number => drawn[Math.round(share * (ROUNDS - 1))] ?? 0;
  return { value: meanGap(splits), low: at(0.025), high: at(0.975) };
}

function controlsOf(pool: Pool): Bar["controls"] {
  const gains = gainsOf(pool);
  const gap = (scores: ArrayLike<number>): number => averageGapRecovered(scores, gains) ?? 0;
  return {
    random: 0.5,
    length: gap(pool.rows.map(({ length }) => length)),
    keywords: gap(pool.rows.map(({ keywords }) => keywords)),
    oracle: gap(gains),
  };
}

function pairBar(pool: Pool, splits: readonly Split[], bar: Pick<Bar, "id" | "what" | "wanted" | "note">): Bar {
  return {
    ...bar,
    unit: "APGR",
    rows: pool.rows.length,
    seed: SEED,
    value: gapInterval(splits),
    isLowBetter: false,
    condition: null,
    controls: controlsOf(pool),
  };
}

function splitBy(pool: Pool, isTrained: (row: number) => boolean): Split {
  const rows = [...pool.rows.keys()];
  return trainAndTest(
    selectPool(pool, rows.filter(isTrained)),
    selectPool(
      pool,
      rows.filter((row) => !isTrained(row)),
    ),
  );
}

/** Nine times a sixth of the MMLU pair is learnt, and the rest tested. */
export function mmluFewLabels(pool: Pool): Bar {
  const splits = Array.from({ length: NINE }, (_, seed) => {
    const folds = foldsOf(pool, seed, PARTS_OF_ALL);
    return splitBy(pool, (row) => folds[row] === 0);
  });
  const labels = Math.round(pool.rows.length / PARTS_OF_ALL);
  return pairBar(pool, splits, {
    id: "mmlu-few",
    what: `MMLU pair, about ${labels.toLocaleString("en-US")} labels, nine splits`,
    wanted: 0.645,
    note: "trained on one sixth, tested on the other five; near-duplicates on one side",
  });
}

/** Five folds of a pair. */
export function fiveFolds(pool: Pool, bar: Pick<Bar, "id" | "what" | "wanted">): Bar {
  const folds = foldsOf(pool, SEED, FIVE);
  const splits = Array.from({ length: FIVE }, (_, fold) => splitBy(pool, (row) => folds[row] !== fold));
  return pairBar(pool, splits, { ...bar, note: "mean of the folds; near-duplicates in one fold" });
}

/** One family learnt, another tested. */
export function transfer(train: Pool, test: Pool, bar: Pick<Bar, "id" | "what">): Bar {
  const note = "a family that it was not trained on: told, not held against a bar; the reason for abstaining";
  return pairBar(test, [trainAndTest(train, test)], { ...bar, wanted: null, note });
}
