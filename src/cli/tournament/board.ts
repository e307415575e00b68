import type { Leaderboard, Standing } from "../../core/rating/leaderboard.ts";
import type { TieModel } from "../../core/rating/outcome-model.ts";
import type { Share } from "../../core/rating/share.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import { type Column, plainText } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";

/** `--ties` of commands that rate. */
export const tiesFlag = {
  ties: { type: "string", default: "half", valueHint: "MODEL", description: "half (a win for each) or davidson" },
} as const;

/** Reads `--ties`. */
export function readTies(text: string): Result<TieModel, CliProblem> {
  if (text === "half" || text === "davidson") return success(text);
  return failure(usageProblem("bad_value", `--ties "${plainText(text)}" is neither half nor davidson`));
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "" : `${Math.round((part / whole) * 100)} %`;
}

function ranksOf({ bestRank, worstRank }: Standing): string {
  return bestRank === worstRank ? String(bestRank) : `${bestRank}–${worstRank}`;
}

/** What every leaderboard shows. */
export const BOARD_COLUMNS: readonly Column<Standing>[] = [
  { title: "rank", cell: ranksOf, align: "right" },
  { title: "name", cell: ({ name }) => name, canShrink: true },
  { title: "rating", cell: ({ rating }) => rating.toFixed(0), align: "right" },
  { title: "95 %", cell: ({ low, high }) => `${low.toFixed(0)}–${high.toFixed(0)}`, align: "right" },
  { title: "votes", cell: ({ votes }) => formatCount(votes), align: "right" },
  { title: "won", cell: ({ wins, votes }) => percent(wins, votes), align: "right" },
  { title: "drawn", cell: ({ ties, votes }) => percent(ties, votes), align: "right" },
];

type Basis = Omit<Leaderboard, "standings">;

function restsOn({ votes, voters, clusteredBy, tieParameter }: Basis): string {
  const by = voters === null ? "" : ` of ${formatPlural(voters, "voter")}`;
  const clusters = clusteredBy === "voter" ? "intervals by voter" : "intervals by vote";
  const drawn = tieParameter === null ? "a tie is half a win" : `ties by Davidson, ν ${tieParameter.toFixed(2)}`;
  return `${formatPlural(votes, "vote")}${by}; Bradley–Terry, ${drawn}, 400 points are odds of 10 to 1; ${clusters}`;
}

/** Says below a leaderboard what it rests on, and where it says less than it seems to. */
export function talkOfBasis(terminal: Terminal, basis: Basis, leftWins: Share | null): void {
  terminal.talk(restsOn(basis));
  if (leftWins !== null && (leftWins.low > 0.5 || leftWins.high < 0.5)) {
    const [share, low, high] = [leftWins.share, leftWins.low, leftWins.high].map((part) => (part * 100).toFixed(1));
    terminal.talk(
      `the left side won ${share} % of ${formatCount(leftWins.n)} decided votes (95 %: ${low}–${high}): the side mattered`,
    );
  }
  if (basis.isProvisional) {
    terminal.talk(
      "somebody won or lost every vote, or groups never met: a prior holds the ratings, and only more votes can tell",
    );
  }
}
