import type { CostsView } from "../core/admin-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { usageProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { showDashboard } from "./costs/dashboard.ts";
import { showSums } from "./costs/sums.ts";
import { showWhatIf } from "./costs/what-if.ts";
import { daemonFlags, filterArgs, filterFlags, filterQuery, jsonFlag } from "./shared-flags.ts";
import { spanProblem } from "./span.ts";

export const command = defineCommand({
  meta: {
    name: "costs",
    description: "What was spent, by model, provider, project, key, session, day or label",
    group: "See",
    examples: [
      ["lodestar costs --period today --by provider", "today's spend by provider"],
      ["lodestar costs --from 2026-11-01 --to 2026-11-15 --by day", "half a month, day by day"],
      ["lodestar costs --dashboard", "live: spend, savings, cache, budgets, the latest requests"],
      ["lodestar costs --what-if openai/gpt-5.4-nano", "this month's rows at another model's price"],
      ["lodestar costs query --state failed", "every failed attempt as a line of JSON"],
    ],
    notes: [
      "Totals are the sums of the rows that `costs query` prints. Money in JSON is integer nano-dollars.",
      "--dashboard takes keys: ? lists them. Without a terminal, or with --json, it is one snapshot.",
    ],
  },
  args: {
    period: { type: "enum", options: ["today", "week", "month", "all"], description: "which time (default month)" },
    by: {
      type: "enum",
      options: ["model", "provider", "project", "key", "session", "day", "tag", "task", "file", "client"],
      default: "model",
      description: "what to group by",
    },
    dashboard: { type: "boolean", alias: "d", description: "a live view in the terminal" },
    whatIf: { type: "string", valueHint: "PROVIDER/MODEL", description: "what this model would have cost" },
    ...filterFlags,
    ...jsonFlag,
    ...daemonFlags,
  },
  subCommands: {
    query: async () => (await import("./costs/query.ts")).command,
    export: async () => (await import("./costs/export.ts")).command,
    prune: async () => (await import("./costs/prune.ts")).command,
    check: async () => (await import("./costs/check.ts")).command,
    report: async () => (await import("./costs/report.ts")).command,
    explain: async () => (await import("./costs/explain.ts")).command,
    reconcile: async () => (await import("./costs/reconcile.ts")).command,
  },
  async run({ args, terminal, ...host }) {
    const { from: fromText, to: toText, period, by } = args;
    if (period !== undefined && (fromText ?? toText) !== undefined) {
      return usageProblem("flags_conflict", "--period and --from/--to exclude each other", "give one of them");
    }
    const problem = spanProblem({ from: fromText, to: toText });
    if (problem !== null) return problem;
    if (args.dashboard && args.whatIf !== undefined) {
      return usageProblem("flags_conflict", "--dashboard and --what-if exclude each other", "give one of them");
    }
    const filters = filterArgs(args);
    const isSpan = fromText !== undefined || toText !== undefined;
    if (args.dashboard) {
      if (isSpan) return usageProblem("flags_conflict", "--dashboard shows a period up to now", "--period week");
      return showDashboard({ ...host, terminal }, args, { period: period ?? "month", by, filters });
    }
    const span = isSpan ? { from: fromText, to: toText } : { period: period ?? "month" };
    if (args.whatIf !== undefined)
      return showWhatIf({ ...host, terminal }, args, { ...span, ...filters, as: args.whatIf });
    const query = filterQuery({ ...span, ...filters, by });
    const answer = await fetchView<CostsView>({ ...host, terminal }, args, "read", `/v1/costs?${query}`);
    if (!answer.ok) return answer.error;
    if (args.json) terminal.out(JSON.stringify(answer.value));
    else showSums(answer.value, terminal);
    return EXIT_CODES.ok;
  },
});
