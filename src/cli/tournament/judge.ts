import type { Share } from "../../core/rating/share.ts";
import { type JudgeReport, judgeReport } from "../../core/tournament/judging.ts";
import type { Match } from "../../core/tournament/tournament.ts";
import { judgeTable, judgeVoter } from "../../features/tournament/judge.ts";
import { type PlayEnd, playSeries } from "../../features/tournament/play.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { modelNamed } from "../models/pick-for.ts";
import { type ProjectArgs, projectFlag } from "../project/here.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { answersOf, costWords } from "./run-words.ts";
import {
  answerIn,
  budgetFlag,
  createAnswerBook,
  findTournament,
  type Session,
  withModels,
  withStore,
} from "./session.ts";
import { endWords, idFlag } from "./words.ts";

interface Args extends ProjectArgs {
  readonly id?: string | undefined;
  readonly judge?: string | undefined;
  readonly votes: number;
  readonly all: boolean;
  readonly budget?: string | undefined;
  readonly json: boolean;
}

/** Verdicts in a row that could not be had, after which the judge is given up. */
const MOST_FAILURES = 3;

function percent({ share, low, high, n }: Share): string {
  const [middle, from, to] = [share, low, high].map((part) => Math.round(part * 100));
  return `${middle} % of ${n} (95 %: ${from}–${to})`;
}

/** What is known of a judge, a line each. */
export function judgeWords(report: JudgeReport): readonly string[] {
  const { consistent, longerWins, ownFamily, agreement } = report;
  const lines = [
    `${report.voter}: ${formatPlural(report.matches, "match").replace(/matchs$/, "matches")} judged in both orders`,
  ];
  if (consistent !== null) lines.push(`both orders gave the same: ${percent(consistent)}; the others count as ties`);
  if (longerWins !== null) {
    const isSure = longerWins.low > 0.5;
    lines.push(`the longer answer won: ${percent(longerWins)}${isSure ? "; length may be what it judges" : ""}`);
  }
  for (const { model, wins } of ownFamily)
    lines.push(
      `warning: ${plainText(model)} is of the judge's own family, and judges prefer their own${wins === null ? "" : `; it won ${percent(wins)}`}`,
    );
  if (agreement !== null)
    lines.push(
      `agreement with people on ${formatPlural(agreement.matches, "same vote")}: Krippendorff's α ${agreement.alpha.toFixed(2)} (1 always, 0 as by chance)`,
    );
  return lines;
}

/** The reports of every judge of a tournament. */
export function judgeReports(
  session: Pick<Session, "store" | "tournament">,
  matches: readonly Match[],
): readonly JudgeReport[] {
  const prompts = new Map(session.tournament.prompts.map((prompt) => [prompt.id, prompt]));
  const lengthOf = (match: Match, side: "left" | "right"): number => {
    const prompt = prompts.get(match.prompt);
    return prompt === undefined ? 0 : (answerIn(session, prompt, match[side])?.text.length ?? 0);
  };
  const voters = new Set(matches.filter(({ kind }) => kind === "judge").map(({ voter }) => voter));
  return [...voters].map((voter) => judgeReport(voter, matches, lengthOf));
}

function show(host: CliHost, args: Args, session: Session, end: PlayEnd, judged: number, voter: string): void {
  const { tournament, store, asker } = session;
  const reports = judgeReports(session, store.matches(tournament.id)).filter((report) => report.voter === voter);
  if (args.json) {
    const told = { event: "end", at: host.now(), id: tournament.id, end, judged, costUsd: asker.spentUsd() };
    host.terminal.out(JSON.stringify({ ...told, judge: reports[0] ?? null }));
    return;
  }
  for (const report of reports) for (const line of judgeWords(report)) host.terminal.out(line);
  host.terminal.talk(`stopped: ${endWords(end)}; this run judged ${judged}, for ${costWords(asker.spentUsd())}`);
  host.terminal.talk(`next: lodestar tournament leaderboard ${tournament.id}`);
}

async function judge(host: CliHost, args: Args, session: Session, model: string): Promise<Outcome> {
  const { tournament, store, asker } = session;
  const before = store.matches(tournament.id).filter(({ kind }) => kind === "judge");
  const voter = judgeVoter(model);
  const book = createAnswerBook(session);
  let failures = 0;
  let problem: CliProblem | null = null;
  const parts = {
    model,
    asker,
    signal: host.signal,
    answerOf: (table: Parameters<typeof judgeTable>[0], side: "left" | "right") => book.find(table.prompt, table[side]),
    onFailure(error: CliProblem | null) {
      failures += 1;
      problem =
        error ??
        failureProblem("no_verdict", `${plainText(model)} answered without a verdict`, "ask a stronger model to judge");
      return failures >= MOST_FAILURES ? ("stop" as const) : ("go_on" as const);
    },
  };
  const series = await playSeries({
    tournament,
    voter,
    kind: "judge",
    before,
    most: args.votes,
    isOpenEnded: args.all,
    costOf: () => 0,
    hasAnswer: (prompt, name) => book.find(prompt, name) !== null,
    isOut: (prompt, name) => book.find(prompt, name) === null || book.isGivenAway(prompt, name),
    random: Math.random,
    now: () => host.now(),
    play: async (table) => {
      const played = await judgeTable(table, parts);
      if (played.kind === "verdict") failures = 0;
      return played;
    },
    onMatch(match) {
      store.saveMatch(match);
      if (args.json) host.terminal.out(JSON.stringify({ event: "vote", ...match }));
    },
  });
  if (series.end === "stopped" && problem !== null) return problem;
  show(host, args, session, series.end, series.matches.length, voter);
  if (series.end !== "budget") return EXIT_CODES.ok;
  return {
    code: "budget_reached",
    message: "the budget ended it before the next verdict",
    exitCode: EXIT_CODES.budget,
  };
}

export const command = defineCommand({
  meta: {
    name: "judge",
    description: "Have a model compare the answers, in both orders",
    examples: [
      ["lodestar tournament judge --judge best", "the latest tournament, until the best is surely the best"],
      [
        "lodestar tournament judge 1f3a9c02 --judge ollama/qwen2.5-coder:7b --all --budget 0",
        "every pair, by a model that costs nothing",
      ],
    ],
    notes: [
      "Where the two orders disagree the vote is a tie. What is told of a judge: how often they agreed, whether the longer answer won, whether it judged its own family, and how far it agrees with your own votes.",
    ],
  },
  args: {
    ...idFlag,
    judge: {
      type: "string",
      valueHint: "MODEL",
      description: "who judges; asked for on a terminal where it is left out",
    },
    votes: { type: "string", value: "integer", default: "200", valueHint: "COUNT", description: "verdicts at most" },
    all: { type: "boolean", description: "go on when the best is surely the best" },
    ...budgetFlag,
    ...projectFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(context) {
    const { args } = context;
    return withStore(context, args, async (store) => {
      const tournament = findTournament(store, args.id);
      if (!tournament.ok) return tournament.error;
      const kept = { store, tournament: tournament.value };
      if (tournament.value.models.every((model) => answersOf(kept, model).length === 0)) {
        const fix = `lodestar tournament run --resume ${tournament.value.id}`;
        return failureProblem("no_answers", "this tournament has no answers to judge yet", fix);
      }
      const model = await modelNamed(context, args, args.judge, "Which model shall judge?");
      if (!model.ok) return model.error;
      return withModels(context, args, kept, (session) => judge(context, args, session, model.value));
    });
  },
});
