import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { krippendorffAlpha } from "../../../src/core/rating/agreement.ts";
import { type Leaderboard, leaderboardOf } from "../../../src/core/rating/leaderboard.ts";
import { leftShare, shareOf } from "../../../src/core/rating/share.ts";
import { VERDICTS, type Vote } from "../../../src/core/rating/vote.ts";

const vote: fc.Arbitrary<Vote> = fc.record({
  left: fc.constantFrom("a", "b", "c", "d"),
  right: fc.constantFrom("a", "b", "c", "d"),
  winner: fc.constantFrom(...VERDICTS),
  voter: fc.constant(null),
});
const votes = fc.array(vote, { minLength: 1, maxLength: 40 });
const ties = fc.constantFrom("half", "davidson");

function ratingsOf(board: Leaderboard): Readonly<Record<string, number>> {
  return Object.fromEntries(board.standings.map(({ name, rating }) => [name, rating]));
}

function beats(left: string, right: string, count: number): readonly Vote[] {
  return Array.from({ length: count }, () => ({ left, right, winner: "left", voter: null }) as const);
}

describe("a leaderboard", () => {
  test("is the same to the last bit in whatever order the votes come", () => {
    fc.assert(
      fc.property(
        votes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length }))),
        ties,
        ([all, shuffled], model) => {
          expect(leaderboardOf(shuffled, { ties: model })).toEqual(leaderboardOf(all, { ties: model }));
        },
      ),
    );
  });

  test("does not depend on what competitors are called, nor on the side they stood on", () => {
    const names: Readonly<Record<string, string>> = { a: "z", b: "y", c: "x", d: "w" };
    fc.assert(
      fc.property(votes, ties, (all, model) => {
        const plain = ratingsOf(leaderboardOf(all, { ties: model }));
        const mirrored = all.map(({ left, right, winner, voter }): Vote => {
          const swapped = { left: "right", right: "left", tie: "tie", both_bad: "both_bad" } as const;
          return { left: names[right] ?? "", right: names[left] ?? "", winner: swapped[winner], voter };
        });
        const renamed = ratingsOf(leaderboardOf(mirrored, { ties: model }));
        for (const [name, rating] of Object.entries(plain)) expect(renamed[names[name] ?? ""]).toBeCloseTo(rating, 6);
      }),
    );
  });

  test("keeps its ratings, and narrows their intervals, when every vote is cast k times", () => {
    fc.assert(
      fc.property(votes, fc.integer({ min: 2, max: 5 }), (all, times) => {
        const once = leaderboardOf(all, { ties: "half" });
        fc.pre(!once.isProvisional && all.length > 2);
        const often = leaderboardOf(Array.from({ length: times }, () => all).flat(), { ties: "half" });
        const errors = new Map(often.standings.map(({ name, standardError }) => [name, standardError]));
        for (const { name, rating, standardError } of once.standings) {
          expect(ratingsOf(often)[name]).toBeCloseTo(rating, 6);
          expect(errors.get(name)).toBeLessThanOrEqual(standardError + 1e-9);
        }
      }),
    );
  });

  test("is finite whatever the votes are, and says where they are not enough", () => {
    fc.assert(
      fc.property(votes, ties, (all, model) => {
        for (const { rating, low, high, bestRank, worstRank } of leaderboardOf(all, { ties: model }).standings) {
          expect([rating, low, high].every(Number.isFinite)).toBe(true);
          expect(low <= rating && rating <= high).toBe(true);
          expect(bestRank).toBeLessThanOrEqual(worstRank);
        }
      }),
    );
    const allWon = leaderboardOf(beats("best", "worst", 9), { ties: "half" });
    expect(allWon.isProvisional).toBe(true);
    expect(allWon.standings.map(({ name }) => name)).toEqual(["best", "worst"]);
    const groups = [...beats("a", "b", 3), ...beats("b", "a", 3), ...beats("c", "d", 3), ...beats("d", "c", 3)];
    expect(leaderboardOf(groups, { ties: "half" }).isProvisional).toBe(true);
  });

  test("has its mean at 1000, and tells apart whom the votes tell apart", () => {
    const board = leaderboardOf([...beats("strong", "weak", 90), ...beats("weak", "strong", 10)], { ties: "half" });
    const [first, second] = board.standings;
    expect([first?.name, first?.bestRank, first?.worstRank]).toEqual(["strong", 1, 1]);
    expect([second?.bestRank, second?.worstRank]).toEqual([2, 2]);
    // Odds of nine to one: 400·log₁₀ 9 points between them.
    expect((first?.rating ?? 0) - (second?.rating ?? 0)).toBeCloseTo(400 * Math.log10(9), 6);
    expect(((first?.rating ?? 0) + (second?.rating ?? 0)) / 2).toBeCloseTo(1000, 9);
  });

  test("counts a vote for neither as a tie, and one against itself not at all", () => {
    const neither: Vote = { left: "a", right: "b", winner: "both_bad", voter: null };
    const board = leaderboardOf([neither, { ...neither, right: "a", winner: "left" }], { ties: "half" });
    expect(board.votes).toBe(1);
    expect(board.standings.map(({ rating, ties: drawn }) => [rating, drawn])).toEqual([
      [1000, 1],
      [1000, 1],
    ]);
  });

  test("of no votes is empty", () => {
    expect(leaderboardOf([], { ties: "half" }).standings).toEqual([]);
  });

  test("by Davidson finds the tie parameter that the votes were drawn with", () => {
    // Two alike, ν = 2: a tie half of the time.
    const drawn: Vote[] = [...beats("a", "b", 25), ...beats("b", "a", 25)];
    for (let index = 0; index < 50; index += 1) drawn.push({ left: "a", right: "b", winner: "tie", voter: null });
    const board = leaderboardOf(drawn, { ties: "davidson" });
    expect(board.tieParameter).toBeCloseTo(2, 9);
    expect(leaderboardOf(beats("a", "b", 2), { ties: "davidson" }).ties).toBe("half");
  });
});

describe("a share", () => {
  test("has Wilson's interval", () => {
    // Newcombe (1998), table I: 81 of 263.
    expect(shareOf(81, 263)).toMatchObject({ low: expect.closeTo(0.2553, 4), high: expect.closeTo(0.3662, 4) });
    expect(shareOf(0, 20)).toMatchObject({ share: 0, low: 0, high: expect.closeTo(0.1611, 4) });
    expect(shareOf(0, 0)).toBeNull();
  });

  test("of the left side leaves ties out", () => {
    expect(leftShare([...beats("a", "b", 3), { left: "a", right: "b", winner: "tie", voter: null }])?.n).toBe(3);
    expect(leftShare([])).toBeNull();
  });
});

describe("agreement of raters", () => {
  test("is 1 where they always agree, and about nothing where there is nothing to compare", () => {
    expect(
      krippendorffAlpha([
        ["x", "y", "x"],
        ["x", "y", "x"],
      ]),
    ).toBe(1);
    expect(
      krippendorffAlpha([
        ["x", null],
        [null, "y"],
      ]),
    ).toBeNull();
    expect(
      krippendorffAlpha([
        ["x", "x"],
        ["x", "x"],
      ]),
    ).toBeNull();
    expect(krippendorffAlpha([])).toBeNull();
  });

  test("is below 0 where they disagree more than by chance", () => {
    expect(
      krippendorffAlpha([
        ["x", "y"],
        ["y", "x"],
      ]),
    ).toBeLessThan(0);
  });
});
