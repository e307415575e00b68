import { parseMoment } from "../core/period.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";

/** What is wrong with the moments of a command line; which instants they are is for the daemon's time zone to say. */
export function momentProblem(moments: Readonly<Record<string, string | undefined>>): CliProblem | null {
  for (const [name, text] of Object.entries(moments)) {
    if (text === undefined || parseMoment(text, "start", "UTC") !== null) continue;
    const message = `--${name} "${plainText(text)}" is no day (2026-11-22), ISO time or Unix milliseconds`;
    return usageProblem("bad_value", message, `--${name} 2026-11-01`);
  }
  return null;
}

/** What is wrong with `--from` and `--to`. Two days, or two instants, are in order or not whatever the time zone. */
export function spanProblem({
  from,
  to,
}: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}): CliProblem | null {
  const problem = momentProblem({ from, to });
  if (problem !== null || from === undefined || to === undefined) return problem;
  const [start, end] = [parseMoment(from, "start", "UTC") ?? 0, parseMoment(to, "end", "UTC") ?? 0];
  const isOrdered = from.length !== to.length || start < end;
  return isOrdered ? null : usageProblem("bad_value", `--from ${from} is after --to ${to}`, "swap them");
}
