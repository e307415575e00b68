/** The temperature (0.05 to 20) at which the true classes are likeliest, by golden section on its logarithm. Scores as `softmaxScores` gives them. */
export function fitTemperature(scores: readonly Float64Array[], labels: ArrayLike<number>): number {
  const loss = (logarithm: number): number => {
    const temperature = Math.exp(logarithm);
    let sum = 0;
    for (let index = 0; index < scores.length; index++)
      sum += crossEntropy(scores[index], labels[index] ?? 0, temperature);
    return sum;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(0.05);
  let high = Math.log(20);
  for (let step = 0; step < 40; step++) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (loss(left) <= loss(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

function crossEntropy(scores: Float64Array | undefined, label: number, temperature: number): number {
  if (scores === undefined) return 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) highest = Math.max(highest, score);
  let sum = 0;
  for (const score of scores) sum += Math.exp((score - highest) / temperature);
  return Math.log(sum) - ((scores[label] ?? 0) - highest) / temperature;
}

/** A rising step function: from `from[i]` on, the value is `to[i]`. Both ascend. */
export interface Isotonic {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Outcomes of neighbouring scores, taken together. */
interface Pool {
  readonly from: number;
  readonly sum: number;
  readonly count: number;
}

function joined(low: Pool, high: Pool): Pool {
  return { from: low.from, sum: low.sum + high.sum, count: low.count + high.count };
}

/** One pool for each score, ascending. */
function tiedPools(scores: ArrayLike<number>, outcomes: ArrayLike<number>): readonly Pool[] {
  const order = Array.from({ length: scores.length }, (_, index) => index);
  order.sort((left, right) => (scores[left] ?? 0) - (scores[right] ?? 0));
  const pools: Pool[] = [];
  for (const index of order) {
    const pool = { from: scores[index] ?? 0, sum: outcomes[index] ?? 0, count: 1 };
    const last = pools.at(-1);
    if (last?.from === pool.from) pools[pools.length - 1] = joined(last, pool);
    else pools.push(pool);
  }
  return pools;
}

/** The rising function nearest to the outcomes, by pooling neighbours that fall (Ayer et al. 1955, doi 10.1214/aoms/1177728423). */
export function fitIsotonic(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Isotonic {
  const pools: Pool[] = [];
  for (let pool of tiedPools(scores, outcomes)) {
    for (let below = pools.at(-1); below !== undefined; below = pools.at(-1)) {
      if (below.sum / below.count < pool.sum / pool.count) break;
      pool = joined(below, pool);
      pools.pop();
    }
    pools.push(pool);
  }
  return {
    from: Float64Array.from(pools, ({ from }) => from),
    to: Float64Array.from(pools, ({ sum, count }) => sum / count),
  };
}

/** The function's value; below its first step, the first value. */
export function readIsotonic({ from, to }: Isotonic, score: number): number {
  let low = 0;
  let high = from.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((from[middle] ?? 0) <= score) low = middle;
    else high = middle - 1;
  }
  return to[low] ?? 0;
}
