import { CENTRE, type Leaderboard, leaderboardOf } from "../../core/rating/leaderboard.ts";
import { leftShare, type Share } from "../../core/rating/share.ts";
import type { Vote } from "../../core/rating/vote.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { readVotes, VotesError } from "../../features/tournament/read-votes.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { plainText, showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { inputFileProblem } from "../input-file.ts";
import { jsonFlag } from "../shared-flags.ts";
import { BOARD_COLUMNS, readTies, talkOfBasis, tiesFlag } from "./board.ts";

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
  const problem = inputFileProblem(path);
  if (problem !== null) return failure(problem);
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

function show(view: RateView, terminal: Terminal): void {
  showTable(terminal, view.standings, BOARD_COLUMNS, "nobody was compared with anybody else");
  talkOfBasis(terminal, view, view.leftWins);
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
    ...tiesFlag,
    ...jsonFlag,
  },
  async run({ args, terminal }) {
    const ties = readTies(args.ties);
    if (!ties.ok) return ties.error;
    const votes = await readFile(args.file);
    if (!votes.ok) return votes.error;
    const board = leaderboardOf(votes.value, { ties: ties.value });
    const view: RateView = { scale: 400, base: 10, init: CENTRE, leftWins: leftShare(votes.value), ...board };
    if (args.json) terminal.out(JSON.stringify(view));
    else show(view, terminal);
    return EXIT_CODES.ok;
  },
});
