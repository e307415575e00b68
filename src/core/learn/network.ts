import { seededChance, shuffledOrder } from "./chance.ts";
import { toProbabilities } from "./softmax.ts";
import type { SparseMatrix, SparseRow } from "./sparse.ts";

/** How a network is trained. */
export interface NetworkOptions {
  readonly classes: number;
  /** Hidden units. */
  readonly hidden: number;
  readonly epochs: number;
  readonly rate: number;
  /** The share of columns, and of hidden units, that each example does without. */
  readonly columnDrop: number;
  readonly hiddenDrop: number;
  readonly seed: number;
}

/** Weights with the sum of squared slopes of each: AdaGrad, as in `trainSoftmax`. */
interface Learnt {
  readonly weights: Float32Array;
  readonly squares: Float32Array;
}

/** A layer: the weights of input i stand at `i * outputs`. */
interface Layer {
  readonly outputs: number;
  readonly slopes: Learnt;
  readonly bias: Learnt;
}

const DAMPING = 1e-6;
/** What a row of length 1 is multiplied by, so that hidden units are of order 1. */
const LOUDNESS = 3;
const FIRST_SPREAD = 0.1;
/** The rate falls by this share over the epochs. */
const SLOWER = 0.8;

function learnt(size: number, first: () => number): Learnt {
  return { weights: Float32Array.from({ length: size }, first), squares: new Float32Array(size) };
}

function createLayer(inputs: number, outputs: number, spread: number, chance: () => number): Layer {
  return {
    outputs,
    slopes: learnt(inputs * outputs, () => (2 * chance() - 1) * spread),
    bias: learnt(outputs, () => 0),
  };
}

/** `out = out + value * weights of one input` */
function addInput({ outputs, slopes }: Layer, input: number, value: number, out: Float64Array): void {
  const base = input * outputs;
  for (let k = 0; k < outputs; k++) out[k] = (out[k] ?? 0) + value * (slopes.weights[base + k] ?? 0);
}

/** One step against `errors`, each times `value`. */
function step({ weights, squares }: Learnt, base: number, errors: Float64Array, value: number, rate: number): void {
  for (let k = 0; k < errors.length; k++) {
    const slope = (errors[k] ?? 0) * value;
    if (slope === 0) continue;
    const square = (squares[base + k] ?? 0) + slope * slope;
    squares[base + k] = square;
    weights[base + k] = (weights[base + k] ?? 0) - (rate * slope) / Math.sqrt(square + DAMPING);
  }
}

/** The row without the columns that chance drops; the others make up for them. */
function dropColumns({ columns, values }: SparseRow, share: number, chance: () => number): SparseRow {
  const isKept = columns.map(() => (chance() >= share ? 1 : 0));
  return {
    columns: columns.filter((_, index) => isKept[index] === 1),
    values: values.filter((_, index) => isKept[index] === 1).map((value) => (value * LOUDNESS) / (1 - share)),
  };
}

/** A network while it learns, with room for one example. */
interface Training {
  readonly first: Layer;
  readonly second: Layer;
  readonly hidden: Float64Array;
  readonly errors: Float64Array;
  readonly hiddenErrors: Float64Array;
  readonly hiddenDrop: number;
  readonly chance: () => number;
}

/** The hidden units of a row, some dropped; those at 0 are not asked again. */
function hideRow({ first, hidden, hiddenDrop, chance }: Training, row: SparseRow): void {
  hidden.set(first.bias.weights);
  for (let index = 0; index < row.columns.length; index++)
    addInput(first, row.columns[index] ?? 0, row.values[index] ?? 0, hidden);
  for (let unit = 0; unit < hidden.length; unit++) {
    const value = hidden[unit] ?? 0;
    hidden[unit] = value > 0 && chance() >= hiddenDrop ? value / (1 - hiddenDrop) : 0;
  }
}

/** Learns the second layer from the errors of the classes, and leaves those of the hidden units. */
function learnSecond({ second, hidden, errors, hiddenErrors, hiddenDrop }: Training, rate: number): void {
  const { outputs, slopes, bias } = second;
  for (let unit = 0; unit < hidden.length; unit++) {
    hiddenErrors[unit] = 0;
    const value = hidden[unit] ?? 0;
    if (value === 0) continue;
    const base = unit * outputs;
    let error = 0;
    for (let k = 0; k < outputs; k++) error += (errors[k] ?? 0) * (slopes.weights[base + k] ?? 0);
    hiddenErrors[unit] = error / (1 - hiddenDrop);
    step(slopes, base, errors, value, rate);
  }
  step(bias, 0, errors, 1, rate);
}

function learnExample(training: Training, row: SparseRow, label: number, rate: number): void {
  const { first, second, hidden, errors, hiddenErrors } = training;
  hideRow(training, row);
  errors.set(second.bias.weights);
  for (let unit = 0; unit < hidden.length; unit++) {
    const value = hidden[unit] ?? 0;
    if (value > 0) addInput(second, unit, value, errors);
  }
  toProbabilities(errors);
  errors[label] = (errors[label] ?? 0) - 1;
  learnSecond(training, rate);
  step(first.bias, 0, hiddenErrors, 1, rate);
  for (let index = 0; index < row.columns.length; index++) {
    step(first.slopes, (row.columns[index] ?? 0) * first.outputs, hiddenErrors, row.values[index] ?? 0, rate);
  }
}

/**
 * Trains a network of one hidden layer of rectified units with dropout (Srivastava et al. 2014,
 * https://jmlr.org/papers/v15/srivastava14a.html), one example after another. What comes back gives the classes' probabilities.
 */
export function trainNetwork(
  examples: SparseMatrix,
  labels: ArrayLike<number>,
  options: NetworkOptions,
): (row: SparseRow) => Float64Array {
  const { classes, hidden, epochs, rate, columnDrop, hiddenDrop, seed } = options;
  const chance = seededChance(seed);
  const first = createLayer(examples.width, hidden, FIRST_SPREAD, chance);
  const second = createLayer(hidden, classes, 1 / Math.sqrt(hidden), chance);
  const training: Training = {
    first,
    second,
    hidden: new Float64Array(hidden),
    errors: new Float64Array(classes),
    hiddenErrors: new Float64Array(hidden),
    hiddenDrop,
    chance,
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const at of shuffledOrder(examples.rows.length, chance)) {
      const row = examples.rows[at];
      if (row === undefined) continue;
      learnExample(
        training,
        dropColumns(row, columnDrop, chance),
        labels[at] ?? 0,
        rate * (1 - (SLOWER * epoch) / epochs),
      );
    }
  }
  const asked: Training = { ...training, hiddenDrop: 0, chance: () => 1 };
  return (row) => {
    hideRow(asked, { columns: row.columns, values: row.values.map((value) => value * LOUDNESS) });
    const scores = Float64Array.from(second.bias.weights);
    for (const [unit, value] of asked.hidden.entries()) if (value > 0) addInput(second, unit, value, scores);
    return toProbabilities(scores);
  };
}
