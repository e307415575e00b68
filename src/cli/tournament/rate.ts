import { statSync } from "node:fs";
import { CENTRE, type Leaderboard, leaderboardOf, type Standing } from "../../core/rating/leaderboard.ts";
import type { TieModel } from "../../core/rating/outcome-model.ts";
import { leftShare, type Share } from "../../core/rating/share.ts";
import type { Vote } from "../../core/rating/vote.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { readVotes, VotesError } from "../../features/tournament/read-votes.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { type Column, plainText, showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { jsonFlag } from "../shared-flags.ts";

const FIX = "the columns are left,right,winner and, where it is known, voter; a winner is left, right, tie or both_bad";

/** What `--json` prints. */
interface RateView extends Leaderboard {
  readonly scale: 400;
  readonly base: 10;
  readonly init: number;
  /** How often the left side won the votes that somebody won; null where nobody won one. */
  readonly leftWins: Share | null;
}

async function readFile(path: string): Promise<Result<readonly Vote[], CliProblem>> {
  const shown = plainText(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return failure(failureProblem("file_missing", `there is no file ${shown}`));
  if (!found.isFile()) return failure(failureProblem("not_a_file", `${shown} is no file`));
  try {
    return success(await readVotes(await Bun.file(path).bytes()));
  } catch (error) {
    if (error instanceof VotesError) {
      return failure(failureProblem("bad_votes_file", plainText(`${shown}: ${error.message}`), FIX));
    }
    const message = error instanceof Error ? error.message : String(error);
    return failure(failureProblem("file_unreadable", `${shown} cannot be read: ${message}`));
  }
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "" : `${Math.round((part / whole) * 100)} %`;
}

function ranksOf({ bestRank, worstRank }: Standing): string {
  return bestRank === worstRank ? String(bestRank) : `${bestRank}–${worstRank}`;
}

const COLUMNS: readonly Column<Standing>[] = [
  { title: "rank", cell: ranksOf, align: "right" },
  { title: "name", cell: ({ name }) => name, canShrink: true },
  { title: "rating", cell: ({ rating }) => rating.toFixed(0), align: "right" },
  { title: "95 %", cell: ({ low, high }) => `${low.toFixed(0)}–${high.toFixed(0)}`, align: "right" },
  { title: "votes", cell: ({ votes }) => formatCount(votes), align: "right" },
  { title: "won", cell: ({ wins, votes }) => percent(wins, votes), align: "right" },
  { title: "drawn", cell: ({ ties, votes }) => percent(ties, votes), align: "right" },
];

function restsOn({ votes, voters, clusteredBy, tieParameter }: RateView): string {
  const by = voters === null ? "" : ` of ${formatPlural(voters, "voter")}`;
  const clusters = clusteredBy === "voter" ? "intervals by voter" : "intervals by vote";
  const drawn = tieParameter === null ? "a tie is half a win" : `ties by Davidson, ν ${tieParameter.toFixed(2)}`;
  return `${formatPlural(votes, "vote")}${by}; Bradley–Terry, ${drawn}, 400 points are odds of 10 to 1; ${clusters}`;
}

function show(view: RateView, terminal: Terminal): void {
  showTable(terminal, view.standings, COLUMNS, "nobody was compared with anybody else");
  terminal.talk(restsOn(view));
  const { leftWins } = view;
  if (leftWins !== null && (leftWins.low > 0.5 || leftWins.high < 0.5)) {
    const [share, low, high] = [leftWins.share, leftWins.low, leftWins.high].map((part) => (part * 100).toFixed(1));
    terminal.talk(
      `the left side won ${share} % of ${formatCount(leftWins.n)} decided votes (95 %: ${low}–${high}): the side mattered`,
    );
  }
  if (view.isProvisional) {
    terminal.talk(
      "somebody won or lost every vote, or groups never met: a prior holds the ratings, and only more votes can tell",
    );
  }
}

function tieModelOf(text: string): TieModel | null {
  return text === "half" || text === "davidson" ? text : null;
}

export const command = defineCommand({
  meta: {
    name: "rate",
    description: "Rate whoever was voted on in a file: Bradley–Terry with 95 % intervals and rank ranges",
    examples: [
      ["lodestar tournament rate votes.csv", "a leaderboard"],
      ["lodestar tournament rate votes.ndjson --ties davidson --json", "ties by a model of their own, for a script"],
    ],
    notes: [
      "A file is CSV or NDJSON with left, right, winner (left, right, tie, both_bad) and, where it is known, voter. Votes of one voter hang together: from 8 voters on the intervals reckon with it.",
      "A rank is a range: who is surely better, at 95 %, stands before, who is surely worse behind.",
    ],
  },
  args: {
    file: { type: "positional", required: true, description: "the votes" },
    ties: { type: "string", default: "half", valueHint: "MODEL", description: "half (a win for each) or davidson" },
    ...jsonFlag,
  },
  async run({ args, terminal }) {
    const ties = tieModelOf(args.ties);
    if (ties === null) {
      return usageProblem("bad_value", `--ties "${plainText(args.ties)}" is neither half nor davidson`);
    }
    const votes = await readFile(args.file);
    if (!votes.ok) return votes.error;
    const board = leaderboardOf(votes.value, { ties });
    const view: RateView = { scale: 400, base: 10, init: CENTRE, leftWins: leftShare(votes.value), ...board };
    if (args.json) terminal.out(JSON.stringify(view));
    else show(view, terminal);
    return EXIT_CODES.ok;
  },
});
