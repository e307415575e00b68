import type { CostsView } from "../../core/admin-view.ts";
import { isZone } from "../../core/calendar.ts";
import { CsvError } from "../../core/csv-records.ts";
import { addDays, startOfDay } from "../../core/day.ts";
import type { CostGroup } from "../../core/ledger.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { compareUsage, type Reconciliation } from "../../features/reconcile/compare.ts";
import { readUsage, type UsageFile, type UsageRow } from "../../features/reconcile/read-usage.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { type Connection, openAdmin, readView } from "../connection.ts";
import { inputFileProblem } from "../input-file.ts";
import { daemonFlags, filterQuery, jsonFlag } from "../shared-flags.ts";
import { showReconciliation } from "./reconcile-words.ts";

/** Ten years: longer spans are a mistake in a file's days. */
const MOST_DAYS = 3_660;

async function readFile(path: string): Promise<Result<UsageFile, CliProblem>> {
  const fix =
    "docs/costs.md shows the format: day,model,uncached_input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd";
  const shown = plainText(path);
  const problem = inputFileProblem(path);
  if (problem !== null) return failure(problem);
  try {
    const usage = await readUsage(Bun.file(path).stream());
    if (usage.rows.length > 0) return success(usage);
    return failure(failureProblem("bad_usage_file", `${shown} has a header, but no lines below it`, fix));
  } catch (error) {
    if (error instanceof CsvError) {
      return failure(failureProblem("bad_usage_file", plainText(`${shown}: ${error.message}`), fix));
    }
    const message = error instanceof Error ? error.message : String(error);
    return failure(failureProblem("file_unreadable", `${shown} cannot be read: ${message}`));
  }
}

function toRow(day: string, group: CostGroup): UsageRow {
  const { inputTokens, cacheReadTokens: cacheRead, cacheWriteTokens: cacheWrite, outputTokens, costNanoUsd } = group;
  const uncachedInput = inputTokens - cacheRead - cacheWrite;
  return {
    day,
    model: group.name,
    figures: { uncachedInput, cacheRead, cacheWrite, output: outputTokens, cost: costNanoUsd },
  };
}

/** The ledger's sums by model, day by day. */
async function ledgerRows(
  connection: Connection,
  file: UsageFile,
  timeZone: string,
  provider: string | undefined,
): Promise<Result<readonly UsageRow[], CliProblem>> {
  const days = file.rows.map(({ day }) => day).sort();
  const [first = "", last = ""] = [days[0], days.at(-1)];
  if (addDays(first, MOST_DAYS) < last) {
    return failure(
      failureProblem("span_too_long", `the file's days reach from ${first} to ${last}: more than ten years`),
    );
  }
  const rows: UsageRow[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) {
    const span = { from: startOfDay(timeZone, day), to: startOfDay(timeZone, addDays(day, 1)) };
    // A day that its zone left out.
    if (span.from === span.to) continue;
    const view = await readView<CostsView>(connection, `/v1/costs?${filterQuery({ ...span, by: "model", provider })}`);
    if (!view.ok) return view;
    rows.push(...view.value.groups.map((group) => toRow(day, group)));
  }
  return success(rows.filter(({ figures }) => Object.values(figures).some((figure) => figure !== 0)));
}

function readTolerance(text: string): number | null {
  return /^\d{1,3}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

async function reconcile(
  host: CliHost,
  args: { file: string; provider: string | undefined; timeZone: string },
  tolerance: number,
  connection: Connection,
): Promise<Result<Reconciliation, CliProblem>> {
  const file = await readFile(args.file);
  if (!file.ok) return file;
  host.terminal.talk(`${formatPlural(file.value.records, "record")} read`);
  const rows = await ledgerRows(connection, file.value, args.timeZone, args.provider);
  if (!rows.ok) return rows;
  const side = { rows: rows.value, timeZone: args.timeZone, provider: args.provider ?? null };
  return success(compareUsage(file.value, side, tolerance));
}

export const command = defineCommand({
  meta: {
    name: "reconcile",
    description: "Compare the ledger with a provider's usage export: per model and token class, in tokens and per cent",
    examples: [
      [
        "lodestar costs reconcile usage.csv --provider openai",
        "every day of the file against the rows at one provider",
      ],
      ["lodestar costs reconcile usage.csv --tolerance 0.1 --json", "for a script: exit code 1 above 0.1 %"],
    ],
    notes: [
      "The file is a CSV with the columns day, model and any of uncached_input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost_usd, provider; only the figures that it has are compared. Providers count days in UTC.",
      "The exit code is 1 where the total of a figure, or that of one model over all days, differs by more than the tolerance.",
    ],
  },
  args: {
    file: { type: "positional", required: true, description: "the CSV file" },
    provider: { type: "string", valueHint: "ID", description: "only the ledger's rows at this provider" },
    tolerance: { type: "string", default: "1", valueHint: "PERCENT", description: "how far figures may differ" },
    timeZone: { type: "string", default: "UTC", valueHint: "ZONE", description: "time zone of the file's days" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const tolerance = readTolerance(args.tolerance);
    if (tolerance === null) {
      return usageProblem(
        "bad_value",
        `--tolerance "${plainText(args.tolerance)}" is no percentage`,
        "--tolerance 0.5",
      );
    }
    if (!isZone(args.timeZone)) {
      return usageProblem(
        "bad_value",
        `no time zone is called "${plainText(args.timeZone)}"`,
        "--time-zone Europe/Berlin",
      );
    }
    const connection = await openAdmin(host, args, "read");
    if (!connection.ok) return connection.error;
    try {
      const view = await reconcile(host, args, tolerance, connection.value);
      if (!view.ok) return view.error;
      if (args.json) terminal.out(JSON.stringify(view.value));
      else showReconciliation(view.value, terminal);
      return view.value.isWithin ? EXIT_CODES.ok : EXIT_CODES.failure;
    } finally {
      await connection.value.close();
    }
  },
});
