import { describe, expect, test } from "bun:test";
import { seededChance } from "../../../src/core/learn/chance.ts";
import { believeField, isTopSeparated, nextPair, worthOfPairs } from "../../../src/core/rating/next-pair.ts";
import type { Vote } from "../../../src/core/rating/vote.ts";

const FREE = (): number => 0;
const STEP = 0.35;
const MOST_VOTES = 1_000;

/** Votes needed until the top is separated, of a field whose strengths lie a step apart; null: not within the limit. */
function votesNeeded(competitors: number, seed: number, isChosen: boolean): { votes: number; isRight: boolean } | null {
  const chance = seededChance(seed);
  const names = Array.from({ length: competitors }, (_, index) => `m${index}`);
  const strength = (index: number): number => -index * STEP;
  const votes: Vote[] = [];
  for (; votes.length < MOST_VOTES; ) {
    const belief = believeField({ competitors: names, votes });
    if (votes.length >= competitors && isTopSeparated(belief)) {
      const top = Math.max(...belief.logStrengths);
      return { votes: votes.length, isRight: belief.logStrengths.indexOf(top) === 0 };
    }
    const pair = isChosen ? nextPair(belief, FREE) : null;
    const left = pair?.left ?? Math.floor(chance() * competitors);
    const right = pair?.right ?? (left + 1 + Math.floor(chance() * (competitors - 1))) % competitors;
    const wins = chance() < 1 / (1 + Math.exp(strength(right) - strength(left)));
    votes.push({ left: names[left] ?? "", right: names[right] ?? "", winner: wins ? "left" : "right", voter: null });
  }
  return null;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

describe("the choice of the next pair", () => {
  test("separates the top with fewer votes than pairs drawn evenly, and names the right one", () => {
    const RUNS = 15;
    const seeds = Array.from({ length: RUNS }, (_, index) => index + 1);
    const evenly = seeds.map((seed) => votesNeeded(4, seed, false));
    const chosen = seeds.map((seed) => votesNeeded(4, seed, true));
    const needed = (runs: typeof chosen): number => median(runs.map((run) => run?.votes ?? MOST_VOTES));
    const right = (runs: typeof chosen): number => runs.filter((run) => run?.isRight === true).length;
    console.log(
      `votes until the top of 4 is separated, median of ${RUNS}: chosen ${needed(chosen)} (right ${right(chosen)}), ` +
        `evenly ${needed(evenly)} (right ${right(evenly)})`,
    );
    expect(needed(chosen)).toBeLessThan(needed(evenly) * 0.75);
    expect(right(chosen)).toBeGreaterThanOrEqual(RUNS - 1);
  }, 60_000);

  test("looks at the leader and those close behind, not at who lost everything", () => {
    const names = ["first", "second", "last"];
    const beats = (left: string, right: string, count: number): readonly Vote[] =>
      Array.from({ length: count }, () => ({ left, right, winner: "left", voter: null }) as const);
    const votes = [
      ...beats("first", "second", 6),
      ...beats("second", "first", 5),
      ...beats("first", "last", 20),
      ...beats("second", "last", 20),
    ];
    expect(nextPair(believeField({ competitors: names, votes }), FREE)).toMatchObject({ left: 0, right: 1 });
  });

  test("takes the cheaper of two pairs that are worth the same", () => {
    const belief = believeField({ competitors: ["a", "b", "c", "d"], votes: [] });
    const cost = (index: number): number => (index === 1 || index === 2 ? 1 : 100);
    const pairs = worthOfPairs(belief, cost);
    const worth = (left: number, right: number): number =>
      pairs.find((pair) => pair.left === left && pair.right === right)?.worth ?? 0;
    expect(worth(0, 1)).toBeGreaterThan(worth(0, 3));
  });

  test("has nothing to choose in a field of one or none", () => {
    for (const competitors of [[], ["a"]]) expect(nextPair(believeField({ competitors, votes: [] }), FREE)).toBeNull();
    expect(isTopSeparated(believeField({ competitors: [], votes: [] }))).toBe(false);
  });
});
