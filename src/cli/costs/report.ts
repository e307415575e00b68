import { writeFileSync } from "node:fs";
import { utcOfDay } from "../../core/day.ts";
import type { Report } from "../../core/report.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { reportCsv } from "../../features/reports/csv.ts";
import { reportHtml } from "../../features/reports/html.ts";
import { reportMarkdown } from "../../features/reports/markdown.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, filterArgs, filterFlags, filterQuery } from "../shared-flags.ts";

const FORMATS = {
  md: reportMarkdown,
  csv: reportCsv,
  json: (report: Report) => `${JSON.stringify(report)}\n`,
  html: reportHtml,
} as const satisfies Readonly<Record<string, (report: Report) => string>>;

const FORMAT_NAMES = ["md", "csv", "json", "html"] as const;

interface Days {
  readonly month?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What is wrong with the days of a report, before anyone is asked. */
function daysProblem({ month, from, to }: Days): CliProblem | null {
  const bad = (message: string, fix: string): CliProblem => usageProblem("bad_value", message, fix);
  if (month !== undefined && (from ?? to) !== undefined) {
    return usageProblem("flags_conflict", "--month and --from/--to exclude each other", "give one of them");
  }
  if (month !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    return bad(`--month "${plainText(month)}" is no month`, "--month 2026-10");
  }
  for (const [name, day] of [["from", from] as const, ["to", to] as const]) {
    if (day !== undefined && utcOfDay(day) === null) {
      return bad(`--${name} "${plainText(day)}" is no day; a report is about whole days`, `--${name} 2026-10-01`);
    }
  }
  if (to !== undefined && from === undefined) return bad("--to needs --from", `--from ${to.slice(0, 8)}01 --to ${to}`);
  if (from !== undefined && to !== undefined && to < from)
    return bad(`--from ${from} is after --to ${to}`, "swap them");
  return null;
}

function writeReport(path: string, text: string): Result<number, CliProblem> {
  try {
    writeFileSync(path, text);
    return success(new TextEncoder().encode(text).length);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return failure(failureProblem("file_not_written", `${plainText(path)} cannot be written: ${message}`));
  }
}

/** What a reader of a report without rows must know. */
function progressWords({ progress, span, totals }: Report): string | null {
  if (progress === "future") return `${span.title} has not begun: the report is empty`;
  if (totals.attempts === 0) return `no request was made in ${span.title}: the report is empty`;
  return progress === "running" ? `${span.title} is not over: these are the sums so far` : null;
}

export const command = defineCommand({
  meta: {
    name: "report",
    description: "A month or any days as one report: Markdown, CSV, JSON or a self-contained HTML page with charts",
    examples: [
      ["lodestar costs report --month 2026-10 --format html --out october.html", "one page, no other file, no network"],
      ["lodestar costs report --from 2026-11-01 --to 2026-11-15 --by tag", "half a month, also by tag, as Markdown"],
    ],
    notes: [
      "Days and months are those of the `timeZone` setting; spans of more than three months are shown by month. Every sum equals that of `costs` for the same time.",
    ],
  },
  args: {
    month: { type: "string", valueHint: "YYYY-MM", description: "which month (default: this one)" },
    format: { type: "enum", options: [...FORMAT_NAMES], description: "how it is written (default md)" },
    out: { type: "string", alias: "o", valueHint: "FILE", description: "write to this file instead of stdout" },
    by: {
      type: "enum",
      options: ["key", "session", "tag", "task", "file", "client"],
      description: "one more table, grouped by this",
    },
    ...filterFlags,
    from: { type: "string", valueHint: "DAY", description: "first day" },
    to: { type: "string", valueHint: "DAY", description: "last day, included (default today)" },
    json: { type: "boolean", alias: "j", description: "the same as --format json" },
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const { month, from, to, by } = args;
    const problem = daysProblem(args);
    if (problem !== null) return problem;
    if (args.json && args.format !== undefined && args.format !== "json") {
      return usageProblem(
        "flags_conflict",
        `--json and --format ${args.format} exclude each other`,
        "give one of them",
      );
    }
    const query = filterQuery({ month, from, to, by, ...filterArgs(args) });
    const view = await fetchView<Report>({ ...rest, terminal }, args, "read", `/v1/costs/report?${query}`);
    if (!view.ok) return view.error;
    const words = progressWords(view.value);
    if (words !== null) terminal.talk(words);
    const text = FORMATS[args.json ? "json" : (args.format ?? "md")](view.value);
    if (args.out === undefined) {
      terminal.write(text);
      return EXIT_CODES.ok;
    }
    const written = writeReport(args.out, text);
    if (!written.ok) return written.error;
    const rows = formatPlural(view.value.totals.attempts, "attempt");
    terminal.talk(`wrote ${plainText(args.out)}: ${formatCount(written.value)} bytes, ${rows}`);
    return EXIT_CODES.ok;
  },
});
