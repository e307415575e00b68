import { annotateStream, type Reviewer, type Tally } from "../../features/diff/annotated.ts";
import { githubLines, sarifOf } from "../../features/diff/ci.ts";
import { type PatchReport, reportOf } from "../../features/diff/report.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import type { DiffArgs } from "./flags.ts";

/** Hunks of less risk are no result of code scanning, unless the threshold says so. */
const LEAST_TOLD = 30;

/** Who made the notes of a report, and what they cost. */
export interface ReviewFacts {
  /** `rules`, or `rules and model` where a model was asked and answered. */
  readonly annotatedBy: "rules" | "rules and model";
  /** The model that was wanted, and why it said nothing where it did not. */
  readonly model: string | null;
  readonly problem: string | null;
  readonly calls: number;
  readonly costUsd: number | null;
}

async function collect(bytes: AsyncIterable<Uint8Array>, review: Reviewer, tally: Tally) {
  const report = { files: [...reportOf([]).files], hunks: [...reportOf([]).hunks] };
  let hasText = false;
  for await (const batch of annotateStream(bytes, review, tally)) {
    if (batch.kind === "text") {
      hasText ||= batch.lines.some((line) => line.trim() !== "");
      continue;
    }
    const { files, hunks } = reportOf(batch.files);
    report.files.push(...files);
    report.hunks.push(...hunks);
  }
  return { report, hasText };
}

function print(report: PatchReport, name: string, facts: ReviewFacts, args: DiffArgs, host: CliHost): void {
  const { terminal, version } = host;
  const least = args.riskThreshold ?? LEAST_TOLD;
  if (args.sarif) {
    terminal.out(JSON.stringify(sarifOf(report, least, version), null, 2));
    return;
  }
  if (args.github) {
    for (const line of githubLines(report, least)) terminal.out(line);
    return;
  }
  const risk = Math.max(0, ...report.hunks.map((hunk) => hunk.risk));
  terminal.out(JSON.stringify({ version: 1, source: name, risk, ...facts, ...report }));
}

/** Tells programs of a patch: `--json`, `--sarif`, `--github`. Input that is no patch is a problem. */
export async function tellPrograms(
  source: { readonly name: string; readonly bytes: AsyncIterable<Uint8Array>; problem(): Promise<CliProblem | null> },
  args: DiffArgs,
  host: CliHost,
  more: { readonly review: Reviewer; readonly tally: Tally; facts(): ReviewFacts },
): Promise<CliProblem | null> {
  const { report, hasText } = await collect(source.bytes, more.review, more.tally);
  const problem = await source.problem();
  if (problem !== null) return problem;
  if (hasText && report.files.length === 0) {
    const fix = "pipe the output of git diff, git show, git log -p or diff -u";
    return failureProblem("not_a_patch", `${source.name} holds no patch`, fix);
  }
  print(report, source.name, more.facts(), args, host);
  return null;
}
