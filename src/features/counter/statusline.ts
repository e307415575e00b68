import type { CostsView } from "../../core/admin-view.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import type { LedgerRow } from "../../core/ledger.ts";
import type { Colours } from "../../terminal/terminal.ts";
import { type BudgetFill, tightestOf } from "./budget.ts";
import { costWords, countsLine } from "./line.ts";
import { answerOf, type Counts, hasAnswered, NO_COUNTS } from "./tally.ts";

/** Programs with a line that a command of ours can fill. */
export const STATUSLINE_FORMATS = ["plain", "tmux", "starship", "claude"] as const;

/** One of {@link STATUSLINE_FORMATS}. */
export type StatuslineFormat = (typeof STATUSLINE_FORMATS)[number];

/** Counts from the ledger's sums, its newest rows, newest first, and the budgets that count the newest of them. */
export function countsOf(
  totals: CostsView["totals"],
  rows: readonly LedgerRow[],
  budgets: readonly BudgetFill[],
): Counts {
  const answer = rows.find(hasAnswered);
  const newest = rows.find(({ state }) => state !== "reserved" && state !== "streaming");
  const { requests, inputTokens, outputTokens, costNanoUsd, savedNanoUsd, unpriced } = totals;
  return {
    ...NO_COUNTS,
    ...{ requests, inputTokens, outputTokens, costNanoUsd, savedNanoUsd, unpriced },
    budget: tightestOf(budgets),
    last: answer === undefined ? null : answerOf(answer),
    trouble: newest === undefined || newest === answer ? null : (newest.fault?.kind ?? null),
  };
}

/** The session in the JSON that Claude Code hands to its `statusLine` command (https://code.claude.com/docs/en/statusline); null when there is none. */
export function claudeSession(input: string): string | null {
  const json = parseJson(input);
  const session = isJsonObject(json) ? json.session_id : undefined;
  return typeof session === "string" && session !== "" ? session : null;
}

/** One line for a format. `colours` are those of Claude Code's line, which knows ANSI; tmux reads `#` as the start of its own styles. */
export function statusline(counts: Counts, format: StatuslineFormat, width: number, colours: Colours): string {
  const line = countsLine(counts, width);
  switch (format) {
    case "plain":
    case "starship":
      return line;
    case "tmux":
      return line.replaceAll("#", "##");
    case "claude": {
      const cost = costWords(counts);
      return line.replace(cost, () => colours.green(cost));
    }
  }
}
