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
