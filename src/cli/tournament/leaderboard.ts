import type { TieModel } from "../../core/rating/outcome-model.ts";
import type { Share } from "../../core/rating/share.ts";
import { TASK_CLASSES, type TaskClass } from "../../core/routing/task-class.ts";
import type { JudgeReport } from "../../core/tournament/judging.ts";
import { positionBias } from "../../core/tournament/judging.ts";
import { isDecided } from "../../core/tournament/pairing.ts";
import { type ModelResult, type Results, resultsOf } from "../../core/tournament/results.ts";
import type { Match } from "../../core/tournament/tournament.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDuration } from "../../terminal/format.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";
import { applyResults } from "./apply.ts";
import { BOARD_COLUMNS, readTies, talkOfBasis, tiesFlag } from "./board.ts";
import { judgeReports, judgeWords } from "./judge.ts";
import { answersOf, costWords } from "./run-words.ts";
import { findTournament, type Kept, withStore } from "./session.ts";
import { idFlag } from "./words.ts";

interface Args extends DaemonArgs {
  readonly id?: string | undefined;
  readonly task?: TaskClass | undefined;
  readonly byTask: boolean;
  readonly by: "all" | "person" | "judge" | "check";
  readonly ties: string;
  readonly apply?: "evidence" | "rule" | undefined;
  readonly json: boolean;
}

/** The results of one class of task, or of all (null). */
interface ClassResults {
  readonly taskClass: TaskClass | null;
  readonly results: Results;
  readonly leftWins: Share | null;
  /** The best is surely the best, at 95 %. */
  readonly isSeparated: boolean;
}

const COLUMNS: readonly Column<ModelResult>[] = [
  ...BOARD_COLUMNS,
  {
    title: "right",
    cell: ({ checked }) => (checked === null ? "" : `${checked.passed}/${checked.of}`),
    align: "right",
  },
  { title: "cost each", cell: ({ answers, costUsd }) => (answers === 0 ? "" : costWords(costUsd)), align: "right" },
  { title: "time each", cell: ({ tookMs }) => (tookMs === null ? "" : formatDuration(tookMs)), align: "right" },
  { title: "Pareto", cell: ({ isPareto }) => (isPareto ? "yes" : "") },
];

/** How often a model's answers passed, as the votes of checks tell. */
function checkedOf(matches: readonly Match[], model: string): ModelResult["checked"] {
  const results = new Map<string, boolean>();
  for (const { kind, prompt, left, right, winner } of matches) {
    if (kind !== "check" || (left !== model && right !== model)) continue;
    results.set(
      prompt,
      winner === "tie" || (winner === "left" ? left === model : winner === "right" && right === model),
    );
  }
  const passed = [...results.values()].filter((isRight) => isRight).length;
  return results.size === 0 ? null : { passed, of: results.size };
}

function resultsFor(
  kept: Kept,
  all: readonly Match[],
  taskClass: TaskClass | null,
  by: Args["by"],
  ties: TieModel,
): ClassResults {
  const ofClass = all.filter((match) => taskClass === null || match.taskClass === taskClass);
  const matches = ofClass.filter(({ kind }) => by === "all" || kind === by);
  const prompts = kept.tournament.prompts.filter((prompt) => taskClass === null || prompt.taskClass === taskClass);
  const part = { ...kept, tournament: { ...kept.tournament, prompts } };
  const results = resultsOf(
    matches,
    ties,
    (model) => answersOf(part, model),
    (model) => checkedOf(ofClass, model),
  );
  return { taskClass, results, leftWins: positionBias(matches), isSeparated: isDecided(kept.tournament, matches) };
}

function show({ terminal }: CliHost, parts: readonly ClassResults[], judges: readonly JudgeReport[]): void {
  for (const { taskClass, results, leftWins, isSeparated } of parts) {
    if (taskClass !== null) terminal.out(terminal.style.bold(taskClass));
    showTable(terminal, results.standings, COLUMNS, "nobody was compared with anybody else");
    talkOfBasis(terminal, results, leftWins);
    terminal.talk(isSeparated ? "the best is separated from the others at 95 %" : "no first place is sure yet");
  }
  for (const report of judges) for (const line of judgeWords(report)) terminal.talk(line);
}

function classesOf({ task, byTask }: Args, matches: readonly Match[]): readonly (TaskClass | null)[] {
  if (task !== undefined) return [task];
  return byTask ? TASK_CLASSES.filter((name) => matches.some(({ taskClass }) => taskClass === name)) : [null];
}

async function leaderboard(host: CliHost, args: Args, kept: Kept, ties: TieModel): Promise<Outcome> {
  const { id, models } = kept.tournament;
  const matches = kept.store.matches(id);
  const parts = classesOf(args, matches).map((taskClass) => resultsFor(kept, matches, taskClass, args.by, ties));
  if (parts.every(({ results }) => results.standings.length === 0)) {
    const fix = `lodestar tournament vote ${id}, or lodestar tournament judge ${id} --judge MODEL`;
    return failureProblem("no_votes", `tournament ${id} has no such votes yet`, fix);
  }
  const judges = judgeReports(kept, matches);
  const applied = args.apply === undefined ? null : await applyResults(host, args, kept, args.apply);
  if (applied !== null && !applied.ok) return applied.error;
  if (args.json) {
    const told = { id, models, scale: 400, base: 10, init: 1000, classes: parts, judges };
    host.terminal.out(JSON.stringify({ ...told, applied: applied?.value ?? null }));
    return EXIT_CODES.ok;
  }
  show(host, parts, judges);
  for (const line of applied?.value.lines ?? []) host.terminal.out(line);
  return EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "leaderboard",
    description: "Ratings with intervals and rank ranges, beside cost and time",
    examples: [
      ["lodestar tournament leaderboard", "the latest tournament, by all votes"],
      ["lodestar tournament leaderboard 1f3a9c02 --by-task --by person", "each class of task, by people's votes alone"],
      ["lodestar tournament leaderboard --apply evidence", "let `lodestar recommend` and the router know"],
    ],
    notes: [
      "A rank is a range: who is surely better, at 95 %, stands before, who is surely worse behind. Pareto: nobody is rated higher and costs no more.",
      "--apply evidence gives each answer's share of its votes to `lodestar recommend`; --apply rule writes a rule for `auto` per class in which the best is surely the best. Both say how to undo it.",
    ],
  },
  args: {
    ...idFlag,
    task: { type: "enum", options: [...TASK_CLASSES], description: "only this class of task" },
    byTask: { type: "boolean", description: "a leaderboard for each class of task" },
    by: {
      type: "enum",
      options: ["all", "person", "judge", "check"],
      default: "all",
      description: "whose votes count",
    },
    ...tiesFlag,
    apply: { type: "enum", options: ["evidence", "rule"], description: "use the result from now on" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(context) {
    const { args } = context;
    const ties = readTies(args.ties);
    if (!ties.ok) return ties.error;
    return withStore(context, args, async (store) => {
      const tournament = findTournament(store, args.id);
      if (!tournament.ok) return tournament.error;
      return leaderboard(context, args, { store, tournament: tournament.value }, ties.value);
    });
  },
});
