import { fitTemperature } from "../../src/core/learn/calibrate.ts";
import { type SoftmaxModel, softmaxScores, trainSoftmax } from "../../src/core/learn/softmax.ts";
import type { SparseRow } from "../../src/core/learn/sparse.ts";
import { DOMAINS } from "../../src/core/routing/classifier.ts";
import { createFeatureReader } from "../../src/core/routing/classifier-features.ts";
import {
  type ClassifierWeights,
  encodeWeights,
  type Head,
  markOf,
  placeOf,
} from "../../src/core/routing/classifier-weights.ts";
import { TASK_CLASSES } from "../../src/core/routing/task-class.ts";
import { classIndex, domainIndex, type Example } from "./sources.ts";

const BITS = 17;
/** The table is at most so full, so that a feature is found in few steps. */
const MOST_FEATURES = 90_000;
const GAINS: readonly number[] = [0.7, 0.7, 0.5, 0.4, 0.7, 0.4, 0.6, 0.7];
const TRAINING = { epochs: 12, rate: 0.1, decay: 1e-4, damping: 1e-4 };
/** Each seed is an order of the examples; the mean of the models they give is steadier than any. */
const SEEDS: readonly number[] = [1, 2, 3];

/**
 * How much all the prompts of a source count together; an own prompt counts 1. Published sets are kept small beside the own
 * prompts: their labels are weak, and their shares of the classes are not those of real requests.
 */
const SOURCE_MASS: Readonly<Record<string, number>> = {
  grammar: 300,
  tasks: 12,
  "tasks-code": 6,
  mmlu: 6,
  clinc150: 6,
  general: 12,
  commits: 15,
  copilot: 12,
  hand: 20,
};

/** What is known of the calibration of both heads, found on prompts that were not trained on. */
export interface Calibration {
  readonly task: number;
  readonly domain: number;
  readonly abstainBelow: number;
}

const UNCALIBRATED: Calibration = { task: 1, domain: 1, abstainBelow: 0 };

const reader = createFeatureReader();

/** The table of the features that the examples share. */
function buildMarks(examples: readonly Example[]): Uint8Array {
  const counts = new Map<number, number>();
  for (const { text } of examples) {
    const { hashes, ends } = reader.read(text);
    for (const hash of new Set(hashes.subarray(0, ends.at(-1)))) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  const kept = [...counts].sort(([left, most], [right, more]) => more - most || left - right);
  const marks = new Uint8Array(2 ** BITS);
  for (const [hash] of kept.slice(0, MOST_FEATURES)) {
    if (placeOf(marks, BITS, hash) !== -1) continue;
    let place = hash >>> (32 - BITS);
    while (marks[place] !== 0) place = (place + 1) & (marks.length - 1);
    marks[place] = markOf(hash);
  }
  return marks;
}

/** An example as the classifier sees it: each group's known features, scaled to the group's length. */
function rowOf(marks: Uint8Array, text: string): SparseRow {
  const { hashes, ends } = reader.read(text);
  const columns: number[] = [];
  const values: number[] = [];
  let from = 0;
  for (const [group, to] of ends.entries()) {
    const places = new Set<number>();
    for (let index = from; index < to; index += 1) places.add(placeOf(marks, BITS, hashes[index] ?? 0));
    places.delete(-1);
    from = to;
    for (const place of places) {
      columns.push(place);
      values.push((GAINS[group] ?? 0) / Math.sqrt(places.size));
    }
  }
  return { columns: Uint32Array.from(columns), values: Float32Array.from(values) };
}

function weightsOf(examples: readonly Example[]): Float32Array {
  const counts = new Map<string, number>();
  for (const { source } of examples) counts.set(source, (counts.get(source) ?? 0) + 1);
  return Float32Array.from(
    examples,
    ({ source }) => (SOURCE_MASS[source] ?? counts.get(source) ?? 1) / (counts.get(source) ?? 1),
  );
}

/** A trained classifier before it is written: it can be measured and calibrated. */
export interface Fit {
  readonly marks: Uint8Array;
  readonly task: SoftmaxModel;
  readonly domain: SoftmaxModel;
}

function meanOf(models: readonly SoftmaxModel[]): SoftmaxModel {
  const mean = (arrays: readonly Float32Array[]): Float32Array =>
    Float32Array.from(
      arrays[0] ?? [],
      (_, index) => arrays.reduce((sum, array) => sum + (array[index] ?? 0), 0) / arrays.length,
    );
  return {
    classes: models[0]?.classes ?? 0,
    weights: mean(models.map(({ weights }) => weights)),
    bias: mean(models.map(({ bias }) => bias)),
  };
}

/** Trains both heads on the examples. The same examples in the same order give the same weights, bit by bit. */
export function fit(examples: readonly Example[]): Fit {
  const marks = buildMarks(examples);
  const rows = examples.map(({ text }) => rowOf(marks, text));
  const matrix = { rows, width: marks.length };
  const exampleWeights = weightsOf(examples);
  const train = (labels: readonly number[], classes: number): SoftmaxModel =>
    meanOf(SEEDS.map((seed) => trainSoftmax(matrix, labels, { classes, exampleWeights, seed, ...TRAINING })));
  return {
    marks,
    task: train(examples.map(classIndex), TASK_CLASSES.length),
    domain: train(examples.map(domainIndex), DOMAINS.length),
  };
}

function temperatureOf(
  fitted: Fit,
  model: SoftmaxModel,
  labels: readonly number[],
  examples: readonly Example[],
): number {
  const scores = examples.map(({ text }) =>
    softmaxScores(model, rowOf(fitted.marks, text), new Float64Array(model.classes)),
  );
  return Number(fitTemperature(scores, labels).toFixed(4));
}

/** The temperatures at which probabilities are most honest on examples that were not trained on. */
export function calibrate(fitted: Fit, examples: readonly Example[], abstainBelow: number): Calibration {
  return {
    task: temperatureOf(fitted, fitted.task, examples.map(classIndex), examples),
    domain: temperatureOf(fitted, fitted.domain, examples.map(domainIndex), examples),
    abstainBelow,
  };
}

const LEVELS = 127;

/** The largest weight of each class, as the step between whole numbers. */
function scalesOf({ weights, classes }: SoftmaxModel): readonly number[] {
  const largest = new Float64Array(classes);
  for (let index = 0; index < weights.length; index += 1)
    largest[index % classes] = Math.max(largest[index % classes] ?? 0, Math.abs(weights[index] ?? 0));
  return Array.from(largest, (value) => Number((value / LEVELS).toPrecision(6)));
}

function headOf(model: SoftmaxModel, classes: readonly string[], temperature: number, abstainBelow: number): Head {
  const bias = Array.from(model.bias, (value) => Number(value.toPrecision(6)));
  return { classes, bias, scales: scalesOf(model), temperature, abstainBelow };
}

/** The weights as bytes: whole numbers of eight bits, both heads side by side. */
export function pack({ marks, task, domain }: Fit, calibration: Calibration = UNCALIBRATED): Uint8Array {
  const heads = [
    headOf(task, TASK_CLASSES, calibration.task, calibration.abstainBelow),
    headOf(domain, DOMAINS, calibration.domain, 0),
  ];
  const columns = TASK_CLASSES.length + DOMAINS.length;
  const values = new Int8Array(marks.length * columns);
  for (let place = 0; place < marks.length; place += 1) {
    let column = 0;
    for (const [index, model] of [task, domain].entries()) {
      for (let k = 0; k < model.classes; k += 1) {
        const step = heads[index]?.scales[k] ?? 0;
        values[place * columns + column++] =
          step === 0 ? 0 : Math.round((model.weights[place * model.classes + k] ?? 0) / step);
      }
    }
  }
  const weights: ClassifierWeights = { bits: BITS, gains: GAINS, heads, marks, values, columns };
  return encodeWeights(weights);
}
