import { seededChance } from "./chance.ts";
import type { SoftmaxModel } from "./softmax.ts";
import { dotRow, type SparseMatrix, type SparseRow } from "./sparse.ts";

/** How margins are trained. */
export interface MarginOptions {
  readonly classes: number;
  /** The price of a margin that is missed: the larger, the closer the examples are followed. */
  readonly cost: number;
  readonly epochs: number;
  readonly seed: number;
}

/** One class against all others while it is learnt. */
interface Descent {
  readonly weights: Float32Array;
  /** How much each example holds the plane up; 0 for most. */
  readonly support: Float64Array;
  bias: number;
}

/** Examples so far on the right side are not looked at again. */
const SURELY_RIGHT = 0.3;

function lengthOf({ values }: SparseRow): number {
  return values.reduce((sum, value) => sum + value * value, 1);
}

/** Moves the plane by one example. False: the example lies so far on its right side that it need not be looked at again. */
function learnExample(state: Descent, row: SparseRow, side: 1 | -1, at: number, length: number, cost: number): boolean {
  const { weights, support } = state;
  const softness = 0.5 / cost;
  const before = support[at] ?? 0;
  const slope = side * (dotRow(row, weights) + state.bias) - 1 + softness * before;
  if (before === 0 && slope > 0) return slope <= SURELY_RIGHT;
  const after = Math.max(before - slope / (length + softness), 0);
  support[at] = after;
  const change = (after - before) * side;
  state.bias += change;
  const { columns, values } = row;
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] ?? 0;
    weights[column] = (weights[column] ?? 0) + change * (values[index] ?? 0);
  }
  return true;
}

function swap(order: Uint32Array, one: number, other: number): void {
  const kept = order[one] ?? 0;
  order[one] = order[other] ?? 0;
  order[other] = kept;
}

/** One class against all others. Examples that are surely right after the first epoch go to the end of the order, and stay there. */
function descend(
  examples: SparseMatrix,
  isClass: (at: number) => boolean,
  options: MarginOptions,
  lengths: Float64Array,
) {
  const { rows, width } = examples;
  const chance = seededChance(options.seed);
  const state: Descent = { weights: new Float32Array(width), support: new Float64Array(rows.length), bias: 0 };
  const order = Uint32Array.from(rows.keys());
  let active = order.length;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (let last = active - 1; last > 0; last--) swap(order, last, Math.floor(chance() * (last + 1)));
    for (let place = 0; place < active; place++) {
      const at = order[place] ?? 0;
      const row = rows[at];
      if (row === undefined) continue;
      const side = isClass(at) ? 1 : -1;
      if (learnExample(state, row, side, at, lengths[at] ?? 1, options.cost) || epoch === 0) continue;
      swap(order, place--, --active);
    }
  }
  return state;
}

/**
 * Trains one plane for each class against all others, with squared losses beyond the margin: a linear support vector machine by
 * dual coordinate descent with shrinking (Hsieh et al. 2008, doi 10.1145/1390156.1390208). An example whose label is no class,
 * such as -1, belongs to none. Scores are read by `softmaxScores`: above 0 is on the side of the class.
 */
export function trainMargins(examples: SparseMatrix, labels: ArrayLike<number>, options: MarginOptions): SoftmaxModel {
  const { classes } = options;
  const weights = new Float32Array(examples.width * classes);
  const bias = new Float32Array(classes);
  const lengths = Float64Array.from(examples.rows, lengthOf);
  for (let k = 0; k < classes; k++) {
    const learnt = descend(examples, (at) => labels[at] === k, options, lengths);
    bias[k] = learnt.bias;
    for (const [column, weight] of learnt.weights.entries()) weights[column * classes + k] = weight;
  }
  return { classes, weights, bias };
}
