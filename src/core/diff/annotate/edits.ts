import type { Token } from "./tokens.ts";

/** A stretch where two lists differ: what stood there, and what stands there now. */
export interface Edit {
  readonly removed: readonly Token[];
  readonly added: readonly Token[];
}

/** Lists that differ in more places are another program, not an edit of one. */
const MOST_DIFFERENCES = 120;

/** The furthest reaching paths of each number of differences (Myers, "An O(ND) Difference Algorithm", 1986); null beyond the limit. */
function trace(one: readonly Token[], other: readonly Token[]): readonly Int32Array[] | null {
  const most = Math.min(MOST_DIFFERENCES, one.length + other.length);
  const reach = new Int32Array(2 * most + 3);
  const steps: Int32Array[] = [];
  for (let count = 0; count <= most; count += 1) {
    steps.push(reach.slice());
    for (let line = -count; line <= count; line += 2) {
      const below = reach[most + line] ?? 0;
      const above = reach[most + line + 2] ?? 0;
      const isDown = line === -count || (line !== count && below < above);
      let x = isDown ? above : below + 1;
      while (x < one.length && x - line < other.length && one[x]?.text === other[x - line]?.text) x += 1;
      reach[most + line + 1] = x;
      if (x >= one.length && x - line >= other.length) return steps;
    }
  }
  return null;
}

/** Which tokens of either list are in both, by walking the paths back. */
function common(
  steps: readonly Int32Array[],
  lengths: readonly [number, number],
): readonly (readonly [number, number])[] {
  const most = ((steps[0]?.length ?? 3) - 3) / 2;
  const pairs: (readonly [number, number])[] = [];
  let [x, y] = lengths;
  for (let count = steps.length - 1; count >= 0; count -= 1) {
    const reach = steps[count] ?? new Int32Array();
    const line = x - y;
    const isDown = line === -count || (line !== count && (reach[most + line] ?? 0) < (reach[most + line + 2] ?? 0));
    const before = isDown ? line + 1 : line - 1;
    const fromX = count === 0 ? 0 : (reach[most + before + 1] ?? 0);
    const fromY = count === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    [x, y] = [fromX, fromY];
  }
  return pairs.reverse();
}

/** The stretches in which two lists of tokens differ, the least there can be; null where they differ almost everywhere. */
export function editsOf(one: readonly Token[], other: readonly Token[]): readonly Edit[] | null {
  const steps = trace(one, other);
  if (steps === null) return null;
  const edits: Edit[] = [];
  let [x, y] = [0, 0];
  for (const [nextX, nextY] of [...common(steps, [one.length, other.length]), [one.length, other.length] as const]) {
    if (nextX > x || nextY > y) edits.push({ removed: one.slice(x, nextX), added: other.slice(y, nextY) });
    [x, y] = [nextX + 1, nextY + 1];
  }
  return edits;
}
