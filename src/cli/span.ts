import { parseMoment } from "../core/period.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";

/** A moment of the command line as Unix ms, or the problem with it. */
export function momentProblem(name: string, text: string | undefined, edge: "start" | "end"): CliProblem | null {
  if (text === undefined || parseMoment(text, edge) !== null) return null;
  const message = `--${name} "${plainText(text)}" is no day (2026-11-22), ISO time or Unix milliseconds`;
  return usageProblem("bad_value", message, `--${name} 2026-11-01`);
}

/** `--from` and `--to` as Unix ms, read in this shell's time zone. */
export function spanArgs(args: { readonly from?: string | undefined; readonly to?: string | undefined }): {
  from: number | undefined;
  to: number | undefined;
} {
  return {
    from: args.from === undefined ? undefined : (parseMoment(args.from, "start") ?? undefined),
    to: args.to === undefined ? undefined : (parseMoment(args.to, "end") ?? undefined),
  };
}
