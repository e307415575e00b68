/**
 * How much of the gap between a weak and a strong model a router closes, at every share of calls to the strong one.
 * PGR, APGR and CPT as defined by Ong et al. 2024 (RouteLLM, https://arxiv.org/abs/2406.18665, section 3.2).
 */

/** Rows with the highest score first; equal scores keep their order. */
function descending(scores: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index);
  return order.sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0) || left - right);
}

/** The gap that is closed when the strong model answers the first k rows, for k = 0 to n; null where there is no gap. */
function recovered(scores: ArrayLike<number>, gains: ArrayLike<number>): Float64Array | null {
  const curve = new Float64Array(scores.length + 1);
  let sum = 0;
  for (const [step, row] of descending(scores).entries()) {
    sum += gains[row] ?? 0;
    curve[step + 1] = sum;
  }
  return sum === 0 ? null : curve.map((value) => value / sum);
}

/**
 * The mean share of the gap that is closed, over all shares of strong calls (trapezoids); a random order gives about 0.5.
 * @param scores how much a row needs the strong model.
 * @param gains the strong model's quality less the weak one's.
 */
export function averageGapRecovered(scores: ArrayLike<number>, gains: ArrayLike<number>): number | null {
  const curve = recovered(scores, gains);
  if (curve === null) return null;
  let area = 0;
  for (let step = 1; step < curve.length; step++) area += ((curve[step - 1] ?? 0) + (curve[step] ?? 0)) / 2;
  return area / scores.length;
}

/** The least share of strong calls that closes this share of the gap (0 to 1). */
export function callsForGap(scores: ArrayLike<number>, gains: ArrayLike<number>, share: number): number | null {
  const curve = recovered(scores, gains);
  if (curve === null) return null;
  const step = curve.findIndex((value) => value >= share - 1e-12);
  return step < 0 ? 1 : step / scores.length;
}
