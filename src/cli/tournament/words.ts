import type { PlayEnd } from "../../features/tournament/play.ts";

/** Which tournament a command is about. */
export const idFlag = {
  id: { type: "positional", required: false, description: "the tournament; the latest where it is left out" },
} as const;

const END_WORDS: Readonly<Record<PlayEnd, string>> = {
  separated: "the best is separated from the others at 95 %",
  nothing_left: "nothing is left to compare",
  enough: "as many votes as were asked for",
  budget: "the budget",
  stopped: "you left",
};

/** The rule that ended a series. */
export function endWords(end: PlayEnd): string {
  return END_WORDS[end];
}
