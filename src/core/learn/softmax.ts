import { seededChance, shuffledOrder } from "./chance.ts";
import type { SparseMatrix, SparseRow } from "./sparse.ts";

/** A linear classifier. The weights of column c and class k stand at `c * classes + k`. */
export interface SoftmaxModel {
  readonly classes: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** How a classifier is trained. */
export interface SoftmaxOptions {
  readonly classes: number;
  readonly epochs: number;
  readonly rate: number;
  /** Pulls weights to zero, once a step on the columns of the step's example. */
  readonly decay: number;
  readonly seed: number;
  /** Added to the sum of squared slopes: the larger, the less a column counts that few examples have. 1e-8 where absent. */
  readonly damping?: number;
  /** How much each example counts; 1 where absent. */
  readonly exampleWeights?: Float32Array;
}

/** The scores of the classes, before they are probabilities, into `out` (one room for each class). */
export function softmaxScores(
  { classes, weights, bias }: SoftmaxModel,
  row: SparseRow,
  out: Float64Array,
): Float64Array {
  for (let k = 0; k < classes; k++) out[k] = bias[k] ?? 0;
  const { columns, values } = row;
  for (let index = 0; index < columns.length; index++) {
    const value = values[index] ?? 0;
    const base = (columns[index] ?? 0) * classes;
    for (let k = 0; k < classes; k++) out[k] = (out[k] ?? 0) + value * (weights[base + k] ?? 0);
  }
  return out;
}

/** Scores as probabilities that add up to 1, in place. A higher temperature makes them more equal. */
export function toProbabilities(scores: Float64Array, temperature = 1): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) highest = Math.max(highest, score);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    const mass = Math.exp(((scores[k] ?? 0) - highest) / temperature);
    scores[k] = mass;
    sum += mass;
  }
  for (let k = 0; k < scores.length; k++) scores[k] = (scores[k] ?? 0) / sum;
  return scores;
}

/** The state of AdaGrad (Duchi et al. 2011, https://jmlr.org/papers/v12/duchi11a.html): each weight has a rate of its own. */
interface Training {
  readonly model: SoftmaxModel;
  readonly squares: Float32Array;
  readonly biasSquares: Float32Array;
  readonly rate: number;
  readonly decay: number;
  readonly damping: number;
}

function learnRow(
  { model, squares, biasSquares, rate, decay, damping }: Training,
  row: SparseRow,
  errors: Float64Array,
): void {
  const { classes, weights, bias } = model;
  const { columns, values } = row;
  for (let k = 0; k < classes; k++) {
    const slope = errors[k] ?? 0;
    const square = (biasSquares[k] ?? 0) + slope * slope;
    biasSquares[k] = square;
    bias[k] = (bias[k] ?? 0) - (rate * slope) / Math.sqrt(square + damping);
  }
  for (let index = 0; index < columns.length; index++) {
    const value = values[index] ?? 0;
    const base = (columns[index] ?? 0) * classes;
    for (let at = base; at < base + classes; at++) {
      const weight = weights[at] ?? 0;
      const slope = (errors[at - base] ?? 0) * value + decay * weight;
      const square = (squares[at] ?? 0) + slope * slope;
      squares[at] = square;
      weights[at] = weight - (rate * slope) / Math.sqrt(square + damping);
    }
  }
}

/** Trains a classifier by AdaGrad on one example after another; the same input gives the same weights, bit by bit. */
export function trainSoftmax(examples: SparseMatrix, labels: ArrayLike<number>, options: SoftmaxOptions): SoftmaxModel {
  const { classes, epochs, rate, decay, seed, damping = 1e-8, exampleWeights } = options;
  const model = {
    classes,
    weights: new Float32Array(examples.width * classes),
    bias: new Float32Array(classes),
  };
  const training: Training = {
    model,
    squares: new Float32Array(examples.width * classes),
    biasSquares: new Float32Array(classes),
    rate,
    decay,
    damping,
  };
  const chance = seededChance(seed);
  const errors = new Float64Array(classes);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const index of shuffledOrder(examples.rows.length, chance)) {
      const row = examples.rows[index];
      if (row === undefined) continue;
      toProbabilities(softmaxScores(model, row, errors));
      const label = labels[index] ?? 0;
      errors[label] = (errors[label] ?? 0) - 1;
      const weight = exampleWeights?.[index] ?? 1;
      for (let k = 0; k < classes; k++) errors[k] = (errors[k] ?? 0) * weight;
      learnRow(training, row, errors);
    }
  }
  return model;
}
