import type { Share } from "../../core/rating/share.ts";
import { positionBias } from "../../core/tournament/judging.ts";
import { playSeries, type Series } from "../../features/tournament/play.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { canShowLive } from "../live-screen.ts";
import { type ProjectArgs, projectFlag } from "../project/here.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { answersOf } from "./run-words.ts";
import { budgetFlag, createAnswerBook, findTournament, type Session, withModels, withStore } from "./session.ts";
import { type Booth, createTableReader } from "./vote-answers.ts";
import { plainBooth } from "./vote-plain.ts";
import { screenBooth } from "./vote-screen.ts";
import { endWords, idFlag } from "./words.ts";

interface Args extends ProjectArgs {
  readonly id?: string | undefined;
  readonly voter: string;
  readonly votes: number;
  readonly all: boolean;
  readonly budget?: string | undefined;
  readonly json: boolean;
}

function biasWords({ n, share, low, high }: Share): string {
  const [middle, from, to] = [share, low, high].map((part) => (part * 100).toFixed(0));
  const verdict = low > 0.5 || high < 0.5 ? "the side mattered" : "no sign that the side mattered";
  return `the left side won ${middle} % of ${formatCount(n)} decided votes (95 %: ${from}–${to}): ${verdict}`;
}

/** Votes that were cast, and the answers that could not be had. */
interface Cast extends Series {
  readonly problems: readonly CliProblem[];
}

/** What one answer of a model costs: the mean of those that are there, else the most that one can cost. */
function costOf(session: Session, model: string): number {
  const costs = answersOf(session, model).flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  return costs.length === 0 ? session.mostCostOf(model) : costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}

async function castVotes(host: CliHost, args: Args, session: Session, booth: Booth): Promise<Cast> {
  const { tournament, store } = session;
  const people = store.matches(tournament.id).filter(({ kind }) => kind === "person");
  const book = createAnswerBook(session);
  const reader = createTableReader(session, book, host.signal);
  const costs = new Map(tournament.models.map((model) => [model, costOf(session, model)]));
  const series = await playSeries({
    tournament,
    voter: args.voter,
    kind: "person",
    before: people,
    most: args.votes,
    isOpenEnded: args.all,
    costOf: (model) => costs.get(model) ?? 0,
    hasAnswer: (prompt, model) => book.find(prompt, model) !== null,
    isOut: (prompt, model) => book.isGivenAway(prompt, model) || reader.isLost(prompt, model),
    random: Math.random,
    now: () => host.now(),
    play: (table) => booth.vote(reader.open(table)),
    onMatch(match) {
      store.saveMatch(match);
      booth.reveal(match);
    },
  });
  const end = series.end === "nothing_left" && reader.isBroke() ? "budget" : series.end;
  return { ...series, end, problems: reader.problems() };
}

function tell(host: CliHost, args: Args, { tournament, store }: Session, cast: Cast): Outcome {
  const { end, matches, problems } = cast;
  const told = { id: tournament.id, voter: args.voter, votes: matches.length, end };
  const bias = positionBias(store.matches(tournament.id));
  if (args.json) host.terminal.out(JSON.stringify({ ...told, leftWins: bias, matches }));
  else {
    host.terminal.out(`${formatPlural(told.votes, "vote")} counted; stopped: ${endWords(end)}`);
    if (bias !== null) host.terminal.talk(biasWords(bias));
    host.terminal.talk(`next: lodestar tournament leaderboard ${tournament.id}`);
  }
  const [failed] = problems;
  if (end === "budget") {
    const message = "the budget ended it: no further pair has both answers, and the next could exceed it";
    return { code: "budget_reached", message, exitCode: EXIT_CODES.budget };
  }
  return told.votes === 0 && failed !== undefined ? failed : EXIT_CODES.ok;
}

async function vote(host: CliHost, args: Args, session: Session): Promise<Outcome> {
  let cast: Cast = { matches: [], end: "stopped", problems: [] };
  if (canShowLive(host) && !args.json) {
    await screenBooth(host, async (booth) => {
      cast = await castVotes(host, args, session, booth);
    });
  } else cast = await castVotes(host, args, session, plainBooth(host));
  return tell(host, args, session, cast);
}

export const command = defineCommand({
  meta: {
    name: "vote",
    description: "Compare answers yourself: blind, side by side",
    examples: [
      ["lodestar tournament vote", "the latest tournament; answers that are missing stream in"],
      ["lodestar tournament vote 1f3a9c02 --voter ada --votes 20", "another voter, for 20 votes"],
      ["printf 'left\\ntie\\n' | lodestar tournament vote", "votes a line each, where there is no terminal"],
    ],
    notes: [
      "Keys: 1 or left, 2 or right, t tie, b both bad, s skip, up and down scroll, q ends. Sides are drawn by chance and kept with the vote; names are told after it. Answers that tell who wrote them are left out.",
      "The next pair is the one whose comparison tells most for its price. It ends when the best is separated from the others at 95 %, unless --all.",
    ],
  },
  args: {
    ...idFlag,
    voter: { type: "string", default: "you", valueHint: "NAME", description: "whose votes they are" },
    votes: { type: "string", value: "integer", default: "100", valueHint: "COUNT", description: "votes at most" },
    all: { type: "boolean", description: "go on when the best is surely the best" },
    ...budgetFlag,
    ...projectFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(context) {
    const { args } = context;
    if (!/^[\w.@ -]{1,60}$/.test(args.voter) || args.voter === "check")
      return usageProblem("bad_voter", "--voter must be a plain name, and not check", "--voter ada");
    return withStore(context, args, async (store) => {
      const tournament = findTournament(store, args.id);
      if (!tournament.ok) return tournament.error;
      const kept = { store, tournament: tournament.value };
      return withModels(context, args, kept, (session) => vote(context, args, session));
    });
  },
});
