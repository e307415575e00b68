import { shareOfLeft, type Vote } from "./vote.ts";

/** Votes as numbers: competitors by index, voters by index. */
export interface Comparisons {
  /** The competitors' names in order, so that the order of the votes changes nothing. */
  readonly names: readonly string[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** What the left one got: 1, 0.5 or 0. */
  readonly share: readonly number[];
  /** The cluster of each vote, from 0. */
  readonly cluster: readonly number[];
  readonly clusterCount: number;
}

function compareNames(first: string, second: string): number {
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function rankOf(vote: Vote): string {
  return `${vote.left}\u0000${vote.right}\u0000${vote.winner}\u0000${vote.voter ?? ""}`;
}

/**
 * Numbers votes, in an order of their own: sums of floating-point numbers come out alike however the rows were ordered. A vote
 * of one against itself says nothing and is left out.
 */
export function comparisonsOf(votes: readonly Vote[]): Comparisons {
  const telling = votes.filter(({ left, right }) => left !== right);
  const sorted = telling
    .map((vote) => ({ vote, rank: rankOf(vote) }))
    .sort((first, second) => compareNames(first.rank, second.rank))
    .map(({ vote }) => vote);
  const names = [...new Set(sorted.flatMap(({ left, right }) => [left, right]))].sort(compareNames);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const clusters = new Map<string, number>();
  const cluster = sorted.map(({ voter }, position) => {
    const key = voter === null ? `vote ${position}` : `voter ${voter}`;
    const known = clusters.get(key);
    if (known !== undefined) return known;
    clusters.set(key, clusters.size);
    return clusters.size - 1;
  });
  return {
    names,
    left: sorted.map(({ left }) => indexOf.get(left) ?? 0),
    right: sorted.map(({ right }) => indexOf.get(right) ?? 0),
    share: sorted.map(({ winner }) => shareOfLeft(winner)),
    cluster,
    clusterCount: clusters.size,
  };
}

/** All that can be reached from `start` along `edges`. */
function reachable(edges: readonly ReadonlySet<number>[], start: number): ReadonlySet<number> {
  const seen = new Set([start]);
  for (const node of seen) for (const next of edges[node] ?? []) seen.add(next);
  return seen;
}

/**
 * Whether the votes alone give every competitor a finite strength: each got something, over some chain of others, from each
 * other (Ford 1957). Where not (all won, all lost, groups that never met) the likelihood grows without end.
 */
export function isConnected({ names, left, right, share }: Comparisons): boolean {
  const beats = names.map(() => new Set<number>());
  const beaten = names.map(() => new Set<number>());
  for (const [index, one] of left.entries()) {
    const other = right[index] ?? 0;
    const got = share[index] ?? 0;
    if (got > 0) {
      beats[one]?.add(other);
      beaten[other]?.add(one);
    }
    if (got < 1) {
      beats[other]?.add(one);
      beaten[one]?.add(other);
    }
  }
  const { length } = names;
  return length === 0 || (reachable(beats, 0).size === length && reachable(beaten, 0).size === length);
}
