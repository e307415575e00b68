import { parseDuration } from "../../config/units.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { usageProblem } from "../../terminal/problem.ts";
import type { Flags } from "../command.ts";

/** How far back a command looks. */
export const sinceFlag = {
  since: { type: "string", valueHint: "TIME", default: "7d", description: "how far back, such as 12h or 30d" },
} satisfies Flags;

/** The moment (Unix ms) that a time such as `7d` reaches back to from `now`; null where it is no time. */
export function sinceOf(since: string, now: number): number | null {
  const back = parseDuration(since);
  return back === null ? null : Math.max(0, now - back);
}

/** What is said of a time that is none. */
export function sinceProblem(since: string): CliProblem {
  return usageProblem("bad_value", `--since ${since} is no time with its unit`, "--since 7d");
}
