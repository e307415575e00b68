import { costAndTime } from "../../core/tournament/results.ts";
import type { StoredAnswer } from "../../core/tournament/tournament.ts";
import type { Checked } from "../../features/tournament/check-matches.ts";
import { formatDuration, formatPlural } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import type { CliHost } from "../command.ts";
import { answerIn, type Kept } from "./session.ts";

/** What is known of one model's answers. USD and milliseconds for one; null where nothing is known. */
export interface AnswerRow {
  readonly model: string;
  readonly answers: number;
  readonly costUsd: number | null;
  readonly tookMs: number | null;
  readonly checked: { readonly passed: number; readonly of: number } | null;
}

/** The answers of a model that are kept. */
export function answersOf(kept: Kept, model: string): readonly StoredAnswer[] {
  return kept.tournament.prompts.flatMap((prompt) => answerIn(kept, prompt, model) ?? []);
}

/** A row for each model. */
export function answerRows(kept: Kept, checked: Checked): readonly AnswerRow[] {
  return kept.tournament.models.map((model) => {
    const answers = answersOf(kept, model);
    return { model, answers: answers.length, ...costAndTime(answers), checked: checked.byModel.get(model) ?? null };
  });
}

/** USD of one answer for people. */
export function costWords(costUsd: number | null): string {
  if (costUsd === null) return "unknown";
  return costUsd === 0 ? "free" : `$${costUsd < 0.01 ? costUsd.toPrecision(2) : costUsd.toFixed(4)}`;
}

const COLUMNS: readonly Column<AnswerRow>[] = [
  { title: "model", cell: ({ model }) => model, canShrink: true },
  { title: "answers", cell: ({ answers }) => String(answers), align: "right" },
  { title: "cost each", cell: ({ answers, costUsd }) => (answers === 0 ? "" : costWords(costUsd)), align: "right" },
  { title: "time each", cell: ({ tookMs }) => (tookMs === null ? "" : formatDuration(tookMs)), align: "right" },
  {
    title: "checked",
    cell: ({ checked }) => (checked === null ? "" : `${checked.passed} of ${checked.of} right`),
    align: "right",
  },
];

/** What a run came to. */
export interface RunEnd {
  readonly id: string;
  readonly asked: number;
  readonly kept: number;
  readonly costUsd: number;
}

/** Prints what a run came to, and what to do next. */
export function showAnswers({ terminal }: CliHost, rows: readonly AnswerRow[], end: RunEnd): void {
  showTable(terminal, rows, COLUMNS, "no model answered");
  const cost = end.costUsd === 0 ? "for nothing" : `for ${costWords(end.costUsd)}`;
  terminal.talk(`${formatPlural(end.asked, "answer")} asked ${cost}, ${end.kept} kept from before`);
  terminal.talk(
    `next: lodestar tournament vote ${end.id}, or judge ${end.id} --judge MODEL; then leaderboard ${end.id}`,
  );
}
