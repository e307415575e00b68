import { describe, expect, test } from "bun:test";
import { krippendorffAlpha } from "../../../src/core/rating/agreement.ts";
import { comparisonsOf } from "../../../src/core/rating/comparisons.ts";
import { CENTRE, leaderboardOf, POINTS_PER_LOG } from "../../../src/core/rating/leaderboard.ts";
import { leftShare } from "../../../src/core/rating/share.ts";
import { fitStrengths } from "../../../src/core/rating/strengths.ts";
import type { Vote } from "../../../src/core/rating/vote.ts";
import { NO_VOTES_REASON, publishedLogs, readJson, readMatrix, readVotes } from "./recorded-votes.ts";

interface Textbook {
  readonly wins: readonly (readonly [string, string, number])[];
  readonly expected: Readonly<Record<string, number>>;
  readonly expected_se: Readonly<Record<string, number>>;
}

function votesOf({ wins }: Textbook): readonly Vote[] {
  return wins.flatMap(([left, right, count]) =>
    Array.from({ length: count }, (): Vote => ({ left, right, winner: "left", voter: null })),
  );
}

describe.skipIf(NO_VOTES_REASON !== "")(`votes with published scores ${NO_VOTES_REASON}`, () => {
  for (const [name, competitors] of [
    ["simple", 5],
    ["food", 5],
    ["llmfao", 59],
  ] as const) {
    test(`${name}: every strength is the published one to twelve digits`, () => {
      const board = leaderboardOf(readVotes(`${name}.csv`), { ties: "half" });
      const published = publishedLogs(`${name}-golden.csv`, "bradley_terry");
      expect([board.standings.length, published.size, board.isProvisional]).toEqual([competitors, competitors, false]);
      for (const { name: who, rating } of board.standings)
        expect((rating - CENTRE) / POINTS_PER_LOG).toBeCloseTo(published.get(who) ?? Number.NaN, 12);
    });
  }

  test("journals that cite each other: the textbook's abilities and their standard errors", () => {
    const { journal_citations: journals } = readJson("bt-small.json") as { journal_citations: Textbook };
    const comparisons = comparisonsOf(votesOf(journals));
    const fitted = fitStrengths(comparisons, { ties: "half", prior: 0 });
    if (fitted === null) throw new Error("nothing was fitted");
    const { size, values } = fitted.modelCovariance;
    const reference = comparisons.names.indexOf("Biometrika");
    const at = (row: number, column: number): number => values[row * size + column] ?? 0;
    for (const [index, name] of comparisons.names.entries()) {
      const ability = (fitted.logStrengths[index] ?? 0) - (fitted.logStrengths[reference] ?? 0);
      expect(ability).toBeCloseTo(journals.expected[name] ?? Number.NaN, 6);
      if (name === "Biometrika") continue;
      const variance = at(index, index) + at(reference, reference) - 2 * at(index, reference);
      expect(Math.sqrt(variance)).toBeCloseTo(journals.expected_se[name] ?? Number.NaN, 4);
    }
  });

  test("the worked example of an encyclopaedia: the strengths it prints", () => {
    const { wikipedia_worked_example: example } = readJson("bt-small.json") as { wikipedia_worked_example: Textbook };
    for (const { name, rating } of leaderboardOf(votesOf(example), { ties: "half" }).standings)
      expect(Math.exp((rating - CENTRE) / POINTS_PER_LOG)).toBeCloseTo(example.expected[name] ?? Number.NaN, 3);
  });

  test("intervals by voter are wider than by vote, since one person's votes hang together", () => {
    const votes = readVotes("llmfao.csv");
    const byVoter = leaderboardOf(votes, { ties: "half" });
    const byVote = leaderboardOf(
      votes.map((vote) => ({ ...vote, voter: null })),
      { ties: "half" },
    );
    expect([byVoter.clusteredBy, byVoter.voters, byVote.clusteredBy]).toEqual(["voter", 124, "vote"]);
    const meanError = (board: typeof byVoter): number =>
      board.standings.reduce((sum, { standardError }) => sum + standardError, 0) / board.standings.length;
    const ratio = meanError(byVoter) / meanError(byVote);
    console.log(`intervals by voter: ${((ratio - 1) * 100).toFixed(1)} % wider than by vote, n=${votes.length}`);
    expect(ratio).toBeGreaterThan(1.05);
  });

  test("the left side's advantage is found, and is no accident", () => {
    const share = leftShare(readVotes("llmfao.csv"));
    expect(share?.n).toBe(2911 + 2549);
    expect(share?.share).toBeCloseTo(0.533, 3);
    expect(share?.low).toBeGreaterThan(0.5);
  });

  test("raters agree as the textbook's table does", () => {
    expect(krippendorffAlpha(readMatrix("codings.csv"))).toBeCloseTo(0.743, 3);
  });
});
