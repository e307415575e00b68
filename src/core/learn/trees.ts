import { seededChance } from "./chance.ts";

/** Cut points by feature: a value's bin is how many of them it reaches. At most 31, so a bin fits into 5 bits. */
export type Cuts = readonly Float64Array[];

/** Bins of every feature: one array for each feature, one entry for each example. */
export type BinnedColumns = readonly Uint8Array[];

/** One tree of a fixed depth as a heap: node k has the children 2k + 1 (bin at most `bin[k]`) and 2k + 2. A feature of -1 ends a path. */
interface Tree {
  readonly feature: Int16Array;
  readonly bin: Uint8Array;
  readonly value: Float64Array;
}

/** Trees whose values add up to a forecast. */
export interface BoostedTrees {
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** How trees are grown. */
export interface BoostOptions {
  readonly trees: number;
  readonly depth: number;
  readonly rate: number;
  /** Added to the count of each leaf. */
  readonly penalty: number;
  /** The share of examples and of features that each tree sees. */
  readonly rowShare: number;
  readonly featureShare: number;
  readonly seed: number;
}

const BINS = 32;
const LEAST_IN_LEAF = 10;

/** Cut points at equal counts. `columns` has one array for each feature. */
export function findCuts(columns: readonly Float64Array[]): Cuts {
  return columns.map((column) => {
    const sorted = column.toSorted();
    const cuts: number[] = [];
    for (let bin = 1; bin < BINS; bin++) {
      const cut = sorted[Math.floor((bin * sorted.length) / BINS)] ?? 0;
      if (cut > (cuts.at(-1) ?? Number.NEGATIVE_INFINITY)) cuts.push(cut);
    }
    return Float64Array.from(cuts);
  });
}

function binOf(cuts: Float64Array, value: number): number {
  let bin = 0;
  while (bin < cuts.length && value >= (cuts[bin] ?? 0)) bin++;
  return bin;
}

/** The bins of every example. */
export function binColumns(cuts: Cuts, columns: readonly Float64Array[]): BinnedColumns {
  return columns.map((column, feature) =>
    Uint8Array.from(column, (value) => binOf(cuts[feature] ?? new Float64Array(), value)),
  );
}

/** A tree while it grows. */
interface Growth {
  readonly columns: BinnedColumns;
  readonly residual: Float64Array;
  /** The examples that the tree sees. */
  readonly seen: Uint32Array;
  readonly features: readonly number[];
  /** The node that each example has come to. */
  readonly nodes: Uint16Array;
  readonly penalty: number;
  readonly room: Room;
}

/** Sums and counts by bin of a level's nodes, and of the nodes; used again for every feature. */
interface Room {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
  readonly nodeSums: Float64Array;
  readonly nodeCounts: Float64Array;
}

interface Split {
  gain: number;
  feature: number;
  bin: number;
}

function makeRoom(depth: number): Room {
  const nodes = 2 ** depth;
  return {
    sums: new Float64Array(nodes * BINS),
    counts: new Float64Array(nodes * BINS),
    nodeSums: new Float64Array(nodes),
    nodeCounts: new Float64Array(nodes),
  };
}

/** Adds up the residuals of each node of a level. */
function sumNodes({ residual, seen, nodes, room }: Growth, base: number): void {
  const { nodeSums, nodeCounts } = room;
  nodeSums.fill(0);
  nodeCounts.fill(0);
  for (let at = 0; at < seen.length; at++) {
    const example = seen[at] ?? 0;
    const node = (nodes[example] ?? 0) - base;
    if (node < 0) continue;
    nodeSums[node] = (nodeSums[node] ?? 0) + (residual[example] ?? 0);
    nodeCounts[node] = (nodeCounts[node] ?? 0) + 1;
  }
}

/** Adds up the residuals of each bin of a feature, in each node of a level. */
function fillBins({ residual, seen, nodes, room }: Growth, column: Uint8Array, base: number): void {
  const { sums, counts } = room;
  sums.fill(0, 0, (base + 1) * BINS);
  counts.fill(0, 0, (base + 1) * BINS);
  for (let at = 0; at < seen.length; at++) {
    const example = seen[at] ?? 0;
    const node = (nodes[example] ?? 0) - base;
    if (node < 0) continue;
    const cell = node * BINS + (column[example] ?? 0);
    sums[cell] = (sums[cell] ?? 0) + (residual[example] ?? 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
}

/** The best cut of one feature in one node, into `split` where it beats what is there. */
function searchCuts({ room, penalty }: Growth, node: number, feature: number, split: Split): void {
  const sum = room.nodeSums[node] ?? 0;
  const count = room.nodeCounts[node] ?? 0;
  const whole = (sum * sum) / (count + penalty);
  let left = 0;
  let leftCount = 0;
  for (let bin = 0; bin < BINS - 1; bin++) {
    left += room.sums[node * BINS + bin] ?? 0;
    leftCount += room.counts[node * BINS + bin] ?? 0;
    if (leftCount < LEAST_IN_LEAF) continue;
    if (count - leftCount < LEAST_IN_LEAF) return;
    const right = sum - left;
    const gain = (left * left) / (leftCount + penalty) + (right * right) / (count - leftCount + penalty) - whole;
    if (gain <= split.gain) continue;
    split.gain = gain;
    split.feature = feature;
    split.bin = bin;
  }
}

/** The best cut of each node of a level. */
function searchLevel(growth: Growth, base: number): readonly Split[] {
  const best = Array.from({ length: base + 1 }, (): Split => ({ gain: 1e-9, feature: -1, bin: 0 }));
  sumNodes(growth, base);
  for (const feature of growth.features) {
    fillBins(growth, growth.columns[feature] ?? new Uint8Array(), base);
    for (const [node, split] of best.entries()) {
      if ((growth.room.nodeCounts[node] ?? 0) >= 2 * LEAST_IN_LEAF) searchCuts(growth, node, feature, split);
    }
  }
  return best;
}

/** Splits the nodes of one level and sends every example on. */
function growLevel(growth: Growth, tree: Tree, level: number): void {
  const base = 2 ** level - 1;
  for (const [offset, { feature, bin }] of searchLevel(growth, base).entries()) {
    tree.feature[base + offset] = feature;
    tree.bin[base + offset] = bin;
  }
  const { nodes, columns } = growth;
  for (let example = 0; example < nodes.length; example++) {
    const node = nodes[example] ?? 0;
    const feature = tree.feature[node] ?? -1;
    if (node < base || feature < 0) continue;
    nodes[example] = 2 * node + ((columns[feature]?.[example] ?? 0) <= (tree.bin[node] ?? 0) ? 1 : 2);
  }
}

function growTree(growth: Growth, depth: number, rate: number): Tree {
  const size = 2 ** (depth + 1) - 1;
  const tree = { feature: new Int16Array(size).fill(-1), bin: new Uint8Array(size), value: new Float64Array(size) };
  for (let level = 0; level < depth; level++) growLevel(growth, tree, level);
  const counts = new Float64Array(size);
  for (const example of growth.seen) {
    const node = growth.nodes[example] ?? 0;
    tree.value[node] = (tree.value[node] ?? 0) + (growth.residual[example] ?? 0);
    counts[node] = (counts[node] ?? 0) + 1;
  }
  for (let node = 0; node < size; node++)
    tree.value[node] = (rate * (tree.value[node] ?? 0)) / ((counts[node] ?? 0) + growth.penalty);
  return tree;
}

/** Gradient boosting of squared error with histograms (Friedman 2001, doi 10.1214/aos/1013203451). The seed decides it. */
export function growTrees(columns: BinnedColumns, outcomes: Float64Array, options: BoostOptions): BoostedTrees {
  const { trees: count, depth, rate, penalty, rowShare, featureShare, seed } = options;
  const chance = seededChance(seed);
  const base = outcomes.length === 0 ? 0 : outcomes.reduce((sum, value) => sum + value, 0) / outcomes.length;
  const residual = outcomes.map((value) => value - base);
  const trees: Tree[] = [];
  const room = makeRoom(depth);
  for (let round = 0; round < count; round++) {
    const features = [...columns.keys()].filter(() => chance() < featureShare);
    const seen = Uint32Array.from(outcomes.keys()).filter(() => chance() < rowShare);
    const nodes = new Uint16Array(outcomes.length);
    const tree = growTree({ columns, residual, seen, features, nodes, penalty, room }, depth, rate);
    for (let example = 0; example < residual.length; example++) {
      residual[example] = (residual[example] ?? 0) - (tree.value[nodes[example] ?? 0] ?? 0);
    }
    trees.push(tree);
  }
  return { base, trees };
}

/** The forecast of one example of the binned columns. */
export function predictTrees({ base, trees }: BoostedTrees, columns: BinnedColumns, example: number): number {
  let sum = base;
  for (const { feature, bin, value } of trees) {
    let node = 0;
    for (let at = feature[0] ?? -1; at >= 0; at = feature[node] ?? -1) {
      node = 2 * node + ((columns[at]?.[example] ?? 0) <= (bin[node] ?? 0) ? 1 : 2);
    }
    sum += value[node] ?? 0;
  }
  return sum;
}
