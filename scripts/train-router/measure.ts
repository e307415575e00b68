import { accuracy, bootstrap, calibrationError, type Interval, macroF1 } from "../../src/core/learn/metrics.ts";
import { type Classification, createClassifier, DOMAINS } from "../../src/core/routing/classifier.ts";
import { TASK_CLASSES } from "../../src/core/routing/task-class.ts";
import { type Calibration, calibrate, fit, pack } from "./fit.ts";
import { type Material, measuredExamples, ofSplit, shippedExamples, trainingSet } from "./material.ts";
import type { Example } from "./sources.ts";

/** How well a set of prompts is classified. */
export interface Measured {
  readonly name: string;
  readonly count: number;
  readonly macroF1: Interval;
  readonly accuracy: Interval;
  readonly calibrationError: number;
  /** F1 of each class, in the order of the classes. */
  readonly classF1: readonly number[];
  readonly abstained: number;
  /** The share that is right where the classifier did not abstain. */
  readonly actedAccuracy: number;
  /** The share whose field (coding, maths, writing) is right among prompts of these three. */
  readonly fields: { readonly count: number; readonly accuracy: number };
}

/** All figures of the model card. */
export interface Report {
  readonly calibration: Calibration;
  readonly rows: readonly Measured[];
  /** Accuracy of each test style. */
  readonly styles: readonly Measured[];
}

const SEED = 11;

function classF1(truth: readonly number[], guess: readonly number[], place: number): number {
  const hits = truth.filter((value, index) => value === place && guess[index] === place).length;
  const mentions = truth.filter((value) => value === place).length + guess.filter((value) => value === place).length;
  return mentions === 0 ? 0 : (2 * hits) / mentions;
}

function fieldsOf(examples: readonly Example[], found: readonly Classification[]): Measured["fields"] {
  const told = examples.flatMap(({ domain }, index) => (domain === "other" ? [] : [found[index]?.domain === domain]));
  return { count: told.length, accuracy: told.filter(Boolean).length / Math.max(1, told.length) };
}

function measureSet(name: string, weights: Uint8Array, examples: readonly Example[]): Measured {
  const classifier = createClassifier(weights);
  const found = examples.map(({ text }) => classifier.classify(text));
  const truth = examples.map(({ taskClass }) => TASK_CLASSES.indexOf(taskClass));
  const guess = found.map(({ taskClass }) => TASK_CLASSES.indexOf(taskClass));
  const right: readonly number[] = truth.map((place, index) => (place === guess[index] ? 1 : 0));
  const stated = found.map((one) => one.probabilities[one.taskClass]);
  const acted = right.filter((_, index) => found[index]?.abstained === false);
  const drawn = (rows: Uint32Array, of: readonly number[]): number[] => Array.from(rows, (row) => of[row] ?? 0);
  return {
    name,
    count: examples.length,
    macroF1: bootstrap(
      examples.length,
      (rows) => macroF1(drawn(rows, truth), drawn(rows, guess), TASK_CLASSES.length),
      { seed: SEED },
    ),
    accuracy: bootstrap(examples.length, (rows) => accuracy(drawn(rows, truth), drawn(rows, guess)), { seed: SEED }),
    calibrationError: calibrationError(stated, right),
    classF1: TASK_CLASSES.map((_, place) => classF1(truth, guess, place)),
    abstained: found.filter(({ abstained }) => abstained).length / examples.length,
    actedAccuracy: acted.reduce((sum, hit) => sum + hit, 0) / Math.max(1, acted.length),
    fields: fieldsOf(examples, found),
  };
}

const THRESHOLDS: readonly number[] = Array.from({ length: 17 }, (_, index) => 0.2 + index * 0.025);

/** The router's default serves better than a guess that is right no more often than this. */
const RIGHT_ENOUGH = 0.43;

/** The highest threshold below which guesses on the validation prompts are not right often enough to act on. */
function thresholdOf(weights: Uint8Array, examples: readonly Example[]): number {
  const classifier = createClassifier(weights);
  const found = examples.map(({ text, taskClass }) => {
    const { taskClass: guess, probabilities } = classifier.classify(text);
    return { probability: probabilities[guess], isRight: guess === taskClass };
  });
  const fits = THRESHOLDS.filter((threshold) => {
    const below = found.filter(({ probability }) => probability < threshold);
    return below.filter(({ isRight }) => isRight).length <= RIGHT_ENOUGH * below.length;
  });
  return Number((fits.at(-1) ?? 0.2).toFixed(3));
}

/** Without one published source, measured on it. */
function leaveOut(material: Material, source: string, calibration: Calibration): Measured {
  const rest = trainingSet(
    material,
    ofSplit(material, "train"),
    (example) => example.source !== source && example.source !== "hand",
  );
  const held = material.published.filter((example) => example.source === source);
  return measureSet(`${source}, left out`, pack(fit(rest), calibration), held);
}

/** Trains on the train styles, calibrates on the validation styles, measures on what was not trained on. */
export function measure(material: Material): Report {
  const validation = ofSplit(material, "validation");
  const test = ofSplit(material, "test");
  const fitted = fit(measuredExamples(material));
  const rough = calibrate(fitted, validation, 0);
  const calibration = { ...rough, abstainBelow: thresholdOf(pack(fitted, rough), validation) };
  const weights = pack(fitted, calibration);
  const shipped = pack(fit(shippedExamples(material)), calibration);
  const hand = material.published.filter(({ source }) => source === "hand");
  const rows = [
    measureSet("own, validation styles", weights, validation),
    measureSet("own, test styles", weights, test),
    measureSet("own, test styles, shipped weights", shipped, test),
    measureSet("hand (real users), left out", weights, hand),
    leaveOut(material, "copilot", calibration),
    leaveOut(material, "general", calibration),
  ];
  const names = [...new Set(test.map(({ style }) => style))];
  const styles = names.map((name) =>
    measureSet(
      name,
      shipped,
      test.filter(({ style }) => style === name),
    ),
  );
  return { calibration, rows, styles };
}

/** The fields, for the card. */
export const FIELD_NAMES: readonly string[] = DOMAINS.filter((name) => name !== "other");
