/** Repeatable chance: the same seed gives the same numbers. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number;
  /** True in this share of the cases. */
  is(share: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
}

/** Numbers by mulberry32 (T. Ettinger, public domain). Each case of a suite gets its own `stream`, so that it replays alone. */
export function createChance(seed: number, stream = 0): Chance {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    is: (share) => next() < share,
    pick(values) {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error("nothing to pick from");
      return value;
    },
  };
}
