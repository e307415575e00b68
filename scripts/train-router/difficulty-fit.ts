import { fitIsotonic, readIsotonic } from "../../src/core/learn/calibrate.ts";
import {
  createFingerprinter,
  type Fingerprint,
  groupedFolds,
  groupNearDuplicates,
} from "../../src/core/learn/folds.ts";
import { areaUnderRoc, bootstrap, calibrationError, type Interval } from "../../src/core/learn/metrics.ts";
import { fitRidge } from "../../src/core/learn/ridge.ts";
import { type SparseRow, scaleToUnit } from "../../src/core/learn/sparse.ts";
import { createDifficultyReader, createDifficultyScorer, difficultyHasher } from "../../src/core/routing/difficulty.ts";
import {
  DIFFICULTY_BITS,
  type DifficultyWeights,
  difficultyMark,
  difficultyPlace,
  encodeDifficulty,
} from "../../src/core/routing/difficulty-weights.ts";
import type { Family, HardPrompt } from "./difficulty-material.ts";

/** How well some prompts were told apart by weights that had not seen them. */
export interface DifficultyFigure {
  readonly name: string;
  readonly count: number;
  readonly auroc: Interval;
  readonly calibrationError: number;
  readonly abstained: number;
}

/** Weights, and what the card tells of them. */
export interface DifficultyFit {
  readonly bytes: Uint8Array;
  readonly usual: number;
  readonly leastKnown: number;
  readonly families: readonly (Omit<Family, "prompts"> & { readonly count: number })[];
  readonly figures: readonly DifficultyFigure[];
}

const PLACES = 2 ** DIFFICULTY_BITS;
const FOLDS = 5;
const SEED = 1;
const PENALTY = 10;
const STEPS = 20;
/** A word or pair of fewer prompts says nothing of others. */
const FEWEST_PROMPTS = 2;
/** So many prompts of the kinds that were learnt may be abstained from; less, and half of the requests about code would be told by questions about law. */
const ABSTAINED_AT_HOME = 0.2;
const MOST_STEPS = 32;

/** Marks and rarities of the features that several prompts share; where two want one place, the more frequent has it. */
function buildTable(prompts: readonly HardPrompt[]): Pick<DifficultyWeights, "marks" | "rarities"> {
  const hasher = difficultyHasher();
  const counts = new Map<number, number>();
  for (const { text } of prompts)
    for (const hash of new Set(hasher.hash(text))) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts].filter(([, count]) => count >= FEWEST_PROMPTS);
  kept.sort(([left, most], [right, more]) => more - most || left - right);
  const marks = new Uint8Array(PLACES);
  const rarities = new Uint8Array(PLACES);
  for (const [hash, count] of kept) {
    const place = difficultyPlace(hash);
    if (marks[place] !== 0) continue;
    marks[place] = difficultyMark(hash);
    rarities[place] = Math.min(255, Math.max(1, Math.round(16 * (1 + Math.log(prompts.length / count)))));
  }
  return { marks, rarities };
}

type Raw = Omit<DifficultyWeights, "from" | "to" | "leastKnown">;

/** Weights as whole numbers, before calibration. */
function fitWeights(prompts: readonly HardPrompt[]): Raw {
  const table = buildTable(prompts);
  const { rarities } = table;
  const read = createDifficultyReader(table);
  const rows = prompts.map(({ text }): SparseRow => {
    const columns = read(text).places.slice();
    return scaleToUnit({ columns, values: Float32Array.from(columns, (place) => rarities[place] ?? 0) });
  });
  const outcomes = Float64Array.from(prompts, ({ failed }) => failed);
  const model = fitRidge({ rows, width: PLACES }, outcomes, { targets: 1, penalty: PENALTY, steps: STEPS });
  const largest = model.weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
  const base = model.means[0] ?? 0;
  const values = Int8Array.from(model.weights, (weight) => Math.round((127 * weight) / largest));
  return { base, usual: base, scale: largest / 127, ...table, values };
}

const UNCALIBRATED = { from: [], to: [], leastKnown: 0 } as const;

interface Said {
  readonly score: number;
  readonly known: number;
}

function sayAll(weights: Raw, prompts: readonly HardPrompt[]): readonly Said[] {
  const score = createDifficultyScorer({ ...weights, ...UNCALIBRATED });
  return prompts.map(({ text }) => score(text));
}

function fingerprints(prompts: readonly HardPrompt[]): readonly Fingerprint[] {
  const print = createFingerprinter();
  return prompts.map(({ text }) => print(text));
}

/** What weights that had not seen its fold say of each prompt. */
function sayOutOfFold(prompts: readonly HardPrompt[]): readonly Said[] {
  const folds = groupedFolds(groupNearDuplicates(fingerprints(prompts)), FOLDS, SEED);
  const said: Said[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const inside = [...folds.keys()].filter((at) => folds[at] === fold);
    const weights = fitWeights(prompts.filter((_, at) => folds[at] !== fold));
    const ofFold = sayAll(
      weights,
      prompts.filter((_, at) => folds[at] === fold),
    );
    for (const [place, at] of inside.entries()) said[at] = ofFold[place] ?? { score: 0, known: 0 };
  }
  return said;
}

/** Steps of calibration, few enough for a header: scores to three digits first. */
function calibrate(
  said: readonly Said[],
  prompts: readonly HardPrompt[],
): { readonly from: readonly number[]; readonly to: readonly number[] } {
  const sorted = said.map(({ score }) => score).sort((left, right) => left - right);
  const edges = Array.from(
    { length: MOST_STEPS },
    (_, step) => sorted[Math.floor((step * sorted.length) / MOST_STEPS)] ?? 0,
  );
  const stepped = said.map(({ score }) => edges.findLast((edge) => edge <= score) ?? edges[0] ?? 0);
  const { from, to } = fitIsotonic(
    stepped,
    prompts.map(({ failed }) => failed),
  );
  return { from: [...from], to: [...to].map((value) => Math.round(value * 1e4) / 1e4) };
}

type Calibration = ReturnType<typeof calibrate> & { readonly leastKnown: number };

function figureOf(
  name: string,
  said: readonly Said[],
  prompts: readonly HardPrompt[],
  { from, to, leastKnown }: Calibration,
): DifficultyFigure {
  const steps = { from: Float64Array.from(from), to: Float64Array.from(to) };
  const scores = said.map(({ score }) => score);
  const failed = prompts.map((prompt) => prompt.failed);
  const isHard = failed.map((share) => (share >= 0.5 ? 1 : 0));
  const draw = (rows: Uint32Array): number =>
    areaUnderRoc(
      Float64Array.from(rows, (row) => scores[row] ?? 0),
      Uint8Array.from(rows, (row) => isHard[row] ?? 0),
    );
  return {
    name,
    count: prompts.length,
    auroc: bootstrap(prompts.length, draw, { seed: SEED, rounds: 100 }),
    calibrationError: calibrationError(
      scores.map((score) => readIsotonic(steps, score)),
      failed,
    ),
    abstained: said.filter(({ known }) => known < leastKnown).length / Math.max(1, said.length),
  };
}

/** Trains on all families, and measures in folds and with each family left out. */
export function fitDifficulty(families: readonly Family[]): DifficultyFit {
  const prompts = families.flatMap((family) => family.prompts);
  const said = sayOutOfFold(prompts);
  const known = said.map((one) => one.known).sort((left, right) => left - right);
  const leastKnown = Math.round((known[Math.floor(ABSTAINED_AT_HOME * known.length)] ?? 0) * 100) / 100;
  const calibration = { ...calibrate(said, prompts), leastKnown };
  const weights = fitWeights(prompts);
  let at = 0;
  const figures = [figureOf("all, five folds", said, prompts, calibration)];
  for (const family of families) {
    const end = at + family.prompts.length;
    figures.push(figureOf(`${family.name}, five folds`, said.slice(at, end), family.prompts, calibration));
    at = end;
  }
  for (const family of families) {
    const others = families.filter((other) => other !== family).flatMap((other) => other.prompts);
    figures.push(
      figureOf(`${family.name}, left out`, sayAll(fitWeights(others), family.prompts), family.prompts, calibration),
    );
  }
  return {
    bytes: encodeDifficulty({ ...weights, ...calibration }),
    usual: weights.usual,
    leastKnown,
    families: families.map(({ name, what, licence, prompts: own }) => ({ name, what, licence, count: own.length })),
    figures,
  };
}
