import { createNgramHasher, type NgramOptions } from "./ngrams.ts";
import { fitRidge, predictRidge, type RidgeModel } from "./ridge.ts";
import { foldHashes, rarity, type SparseRow, scaleAllToUnit, scaleToUnit } from "./sparse.ts";
import { SHAPE_WIDTH, shapeOf } from "./text-shape.ts";
import {
  type BoostedTrees,
  type BoostOptions,
  binColumns,
  type Cuts,
  findCuts,
  growTrees,
  predictTrees,
} from "./trees.ts";

/** A text as the blend's members read it; its size does not grow with the text beyond a bound. */
export interface ReadText {
  readonly words: SparseRow;
  readonly characters: SparseRow;
  readonly shape: Float64Array;
}

/** A forecast of several targets from a text. */
export interface Blend {
  /** What the blend said of each training row without having seen its fold; row by row, one entry for each target. */
  readonly outOfFold: Float64Array;
  /** Forecasts row by row, one entry for each target. */
  predict(texts: readonly ReadText[]): Float64Array;
}

/** What a blend is fitted to. */
export interface BlendTask {
  readonly texts: readonly ReadText[];
  /** Row by row, one entry for each target. */
  readonly outcomes: Float64Array;
  readonly targets: number;
  /** The fold of each row, from 0; near-duplicates share one. */
  readonly folds: Uint8Array;
  readonly seed: number;
}

const BITS = 17;
const WORDS: NgramOptions = { words: 2, characters: null, maxCharacters: 4000 };
const CHARACTERS: NgramOptions = { words: 0, characters: [3, 5], maxCharacters: 1000 };
const PENALTY = 10;
const STEPS = 10;
const TREES: BoostOptions = {
  trees: 120,
  depth: 3,
  rate: 0.04,
  penalty: 20,
  rowShare: 0.6,
  featureShare: 0.4,
  seed: 1,
};
/** No tree looks at more examples, so that time grows with the data no faster than the reading does. */
const MOST_SEEN = 6000;
/** How much each member counts after it is brought to equal spread: words, characters, trees. */
const SHARES = [0.25, 0.25, 0.5] as const;

/** A reader of texts, with room of its own. */
export function createTextReader(): (text: string) => ReadText {
  const words = createNgramHasher(WORDS);
  const characters = createNgramHasher(CHARACTERS);
  return (text) => ({
    words: foldHashes(words.hash(text), BITS),
    characters: foldHashes(characters.hash(text), BITS),
    shape: shapeOf(text),
  });
}

/** Some rows of outcomes. */
export function selectOutcomes(outcomes: Float64Array, targets: number, rows: ArrayLike<number>): Float64Array {
  const picked = new Float64Array(rows.length * targets);
  for (let at = 0; at < rows.length; at++) {
    const start = (rows[at] ?? 0) * targets;
    picked.set(outcomes.subarray(start, start + targets), at * targets);
  }
  return picked;
}

type Predictor = (rows: readonly SparseRow[]) => Float64Array;

/** A ridge on rare n-grams. */
function fitLinear(rows: readonly SparseRow[], outcomes: Float64Array, targets: number): Predictor {
  const width = 2 ** BITS;
  const factors = rarity({ rows, width });
  const examples = { rows: scaleAllToUnit(rows, factors), width };
  const model: RidgeModel = fitRidge(examples, outcomes, { targets, penalty: PENALTY, steps: STEPS });
  return (asked) => {
    const out = new Float64Array(asked.length * targets);
    for (const [at, row] of asked.entries()) out.set(predictRidge(model, scaleToUnit(row, factors)), at * targets);
    return out;
  };
}

/** The rows in a fold, and those outside it. */
function splitFold(folds: Uint8Array, fold: number): { readonly inside: number[]; readonly outside: number[] } {
  const rows = [...folds.keys()];
  return { inside: rows.filter((row) => folds[row] === fold), outside: rows.filter((row) => folds[row] !== fold) };
}

function foldCount(folds: Uint8Array): number {
  return folds.reduce((most, fold) => Math.max(most, fold + 1), 0);
}

/** Forecasts for every row by a member that has not seen the row's fold. */
function linearOutOfFold(rows: readonly SparseRow[], { outcomes, targets, folds }: BlendTask): Float64Array {
  const out = new Float64Array(outcomes.length);
  const pick = (which: readonly number[]): readonly SparseRow[] =>
    which.map((row) => rows[row]).filter((row) => row !== undefined);
  for (let fold = 0; fold < foldCount(folds); fold++) {
    const { inside, outside } = splitFold(folds, fold);
    const said = fitLinear(pick(outside), selectOutcomes(outcomes, targets, outside), targets)(pick(inside));
    for (const [at, row] of inside.entries()) out.set(said.subarray(at * targets, (at + 1) * targets), row * targets);
  }
  return out;
}

/** One target of a row-by-row table. */
function columnOf(table: Float64Array, targets: number, target: number): Float64Array {
  return Float64Array.from({ length: table.length / targets }, (_, row) => table[row * targets + target] ?? 0);
}

interface TreeMember {
  readonly cuts: Cuts;
  readonly trees: BoostedTrees;
}

function fitTrees(columns: readonly Float64Array[], outcome: Float64Array, seed: number): TreeMember {
  const cuts = findCuts(columns);
  const rowShare = Math.min(TREES.rowShare, MOST_SEEN / Math.max(1, outcome.length));
  return { cuts, trees: growTrees(binColumns(cuts, columns), outcome, { ...TREES, rowShare, seed }) };
}

function askTrees({ cuts, trees }: TreeMember, columns: readonly Float64Array[]): Float64Array {
  const bins = binColumns(cuts, columns);
  return Float64Array.from(columns[0] ?? [], (_, row) => predictTrees(trees, bins, row));
}

function treesOutOfFold(
  columns: readonly Float64Array[],
  outcome: Float64Array,
  { folds, seed }: BlendTask,
): Float64Array {
  const out = new Float64Array(outcome.length);
  for (let fold = 0; fold < foldCount(folds); fold++) {
    const { inside, outside } = splitFold(folds, fold);
    const some = (rows: readonly number[]): Float64Array[] =>
      columns.map((column) => Float64Array.from(rows, (row) => column[row] ?? 0));
    const member = fitTrees(
      some(outside),
      Float64Array.from(outside, (row) => outcome[row] ?? 0),
      seed,
    );
    for (const [at, value] of askTrees(member, some(inside)).entries()) out[inside[at] ?? 0] = value;
  }
  return out;
}

/** A member's mean and spread, so that members can be added up. */
interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

function scaleOf(values: Float64Array): Scale {
  const count = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, deviation: Math.sqrt(variance) };
}

function addUp(members: readonly Float64Array[], scales: readonly Scale[]): Float64Array {
  const out = new Float64Array(members[0]?.length ?? 0);
  for (const [which, values] of members.entries()) {
    const { mean, deviation } = scales[which] ?? { mean: 0, deviation: 0 };
    const share = deviation > 0 ? (SHARES[which] ?? 0) / deviation : 0;
    for (let row = 0; row < out.length; row++) out[row] = (out[row] ?? 0) + share * ((values[row] ?? 0) - mean);
  }
  return out;
}

/** The straight line that turns a sum of members into a forecast; never a falling one. */
function fitLine(sums: Float64Array, outcome: Float64Array): { readonly base: number; readonly slope: number } {
  const from = scaleOf(sums);
  const to = scaleOf(outcome);
  let product = 0;
  for (let row = 0; row < sums.length; row++)
    product += ((sums[row] ?? 0) - from.mean) * ((outcome[row] ?? 0) - to.mean);
  const variance = from.deviation ** 2 * sums.length;
  const slope = variance > 0 ? Math.max(0, product / variance) : 0;
  return { base: to.mean - slope * from.mean, slope };
}

/** The shapes of texts, one array for each feature. */
function shapeColumns(texts: readonly ReadText[]): readonly Float64Array[] {
  return Array.from({ length: SHAPE_WIDTH }, (_, feature) =>
    Float64Array.from(texts, ({ shape }) => shape[feature] ?? 0),
  );
}

/** One target's part of a blend. */
interface TargetBlend {
  readonly outOfFold: Float64Array;
  predict(words: Float64Array, characters: Float64Array, shape: readonly Float64Array[]): Float64Array;
}

function fitTarget(task: BlendTask, target: number, words: Float64Array, characters: Float64Array): TargetBlend {
  const outcome = columnOf(task.outcomes, task.targets, target);
  const columns = [...shapeColumns(task.texts), words, characters];
  const members = [words, characters, treesOutOfFold(columns, outcome, task)];
  const scales = members.map(scaleOf);
  const sums = addUp(members, scales);
  const { base, slope } = fitLine(sums, outcome);
  const member = fitTrees(columns, outcome, task.seed);
  return {
    outOfFold: sums.map((sum) => base + slope * sum),
    predict: (ofWords, ofCharacters, shape) => {
      const trees = askTrees(member, [...shape, ofWords, ofCharacters]);
      return addUp([ofWords, ofCharacters, trees], scales).map((sum) => base + slope * sum);
    },
  };
}

function interleave(columns: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(columns.length * (columns[0]?.length ?? 0));
  for (const [target, column] of columns.entries()) {
    for (let row = 0; row < column.length; row++) out[row * columns.length + target] = column[row] ?? 0;
  }
  return out;
}

/**
 * Fits the blend: ridges on hashed word and character n-grams, and boosted trees on the text's shape and what the ridges say
 * out of fold (stacking; Wolpert 1992, doi 10.1016/S0893-6080(05)80023-1). The same task gives the same blend.
 */
export function fitBlend(task: BlendTask): Blend {
  const { texts, outcomes, targets } = task;
  const rowsOfWords = texts.map((text) => text.words);
  const rowsOfCharacters = texts.map((text) => text.characters);
  const saidWords = linearOutOfFold(rowsOfWords, task);
  const saidCharacters = linearOutOfFold(rowsOfCharacters, task);
  const words = fitLinear(rowsOfWords, outcomes, targets);
  const characters = fitLinear(rowsOfCharacters, outcomes, targets);
  const parts = Array.from({ length: targets }, (_, target) =>
    fitTarget(task, target, columnOf(saidWords, targets, target), columnOf(saidCharacters, targets, target)),
  );
  return {
    outOfFold: interleave(parts.map(({ outOfFold }) => outOfFold)),
    predict: (asked) => {
      const byWords = words(asked.map((text) => text.words));
      const byCharacters = characters(asked.map((text) => text.characters));
      const shape = shapeColumns(asked);
      return interleave(
        parts.map((part, target) =>
          part.predict(columnOf(byWords, targets, target), columnOf(byCharacters, targets, target), shape),
        ),
      );
    },
  };
}
