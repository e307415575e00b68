import type { CostsView } from "../core/admin-view.ts";
import { formatUsd } from "../core/money.ts";
import { spanOf } from "../core/period.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCount, formatDay, formatPlural } from "../terminal/format.ts";
import { usageProblem } from "../terminal/problem.ts";
import { type Column, renderTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, filterFlags, filterQuery, jsonFlag } from "./shared-flags.ts";
import { momentProblem, spanArgs } from "./span.ts";

type Group = CostsView["groups"][number];

/** The words of a row with no name, by what the rows are grouped by. */
const NAMELESS: Readonly<Record<string, string>> = {
  key: "(no key)",
  project: "(no project)",
  session: "(no session)",
};

/** A sum never hides what it leaves out: rows without a price make it `unknown`, or a lower bound. */
function costWords({ costNanoUsd, unpriced }: Group | CostsView["totals"]): string {
  if (unpriced === 0) return formatUsd(costNanoUsd);
  return costNanoUsd === 0 ? "unknown" : `≥ ${formatUsd(costNanoUsd)}`;
}

function columnsFor(view: CostsView): readonly Column<Group>[] {
  return [
    { title: view.by, cell: (group) => group.name || (NAMELESS[view.by] ?? "(none)"), canShrink: true },
    { title: "requests", cell: (group) => formatCount(group.requests), align: "right" },
    { title: "attempts", cell: (group) => formatCount(group.attempts), align: "right" },
    { title: "failed", cell: (group) => formatCount(group.failed), align: "right" },
    { title: "input", cell: (group) => formatCount(group.inputTokens), align: "right" },
    { title: "cached", cell: (group) => formatCount(group.cacheReadTokens), align: "right" },
    { title: "output", cell: (group) => formatCount(group.outputTokens), align: "right" },
    { title: "unpriced", cell: (group) => formatCount(group.unpriced), align: "right" },
    { title: "cost", cell: costWords, align: "right" },
  ];
}

function spanWords(view: CostsView): string {
  const { from, to } = view;
  if (from === null && to === null) return "all time";
  const start = from === null ? "the beginning" : formatDay(from);
  return `${view.period === "custom" ? "" : `${view.period}, `}${start} to ${to === null ? "now" : formatDay(to - 1)}`;
}

function show(view: CostsView, terminal: Terminal): void {
  const { totals } = view;
  const headline = `${costWords(totals)} for ${formatPlural(totals.requests, "request")}`;
  terminal.out(`${terminal.style.bold(headline)} (${spanWords(view)})`);
  if (totals.savedNanoUsd > 0)
    terminal.out(`saved against the baseline model: ${formatUsd(totals.savedNanoUsd)} (quality unmeasured)`);
  if (totals.unpriced > 0) {
    terminal.out(
      `${formatPlural(totals.unpriced, "attempt")} used tokens but ${totals.unpriced === 1 ? "has" : "have"} no known price, and so no cost here`,
    );
  }
  if (view.groups.length === 0) return;
  terminal.out("");
  const total: Group = { ...totals, name: "total" };
  for (const line of renderTable([...view.groups, total], columnsFor(view), terminal)) terminal.out(line);
}

export const command = defineCommand({
  meta: {
    name: "costs",
    description: "What was spent, by model, provider, project, key, session or day",
    group: "See",
    examples: [
      ["lodestar costs --period today --by provider", "today's spend by provider"],
      ["lodestar costs --from 2026-11-01 --to 2026-11-15 --by day", "half a month, day by day"],
      ["lodestar costs query --state failed", "every failed attempt as a line of JSON"],
    ],
    notes: ["Totals are the sums of the rows that `costs query` prints. Money in JSON is integer nano-dollars."],
  },
  args: {
    period: { type: "enum", options: ["today", "week", "month", "all"], description: "which time (default month)" },
    by: {
      type: "enum",
      options: ["model", "provider", "project", "key", "session", "day"],
      default: "model",
      description: "what to group by",
    },
    ...filterFlags,
    ...jsonFlag,
    ...daemonFlags,
  },
  subCommands: { query: async () => (await import("./costs-query.ts")).command },
  async run({ args, terminal, ...host }) {
    const { from: fromText, to: toText, period, by } = args;
    if (period !== undefined && (fromText ?? toText) !== undefined) {
      return usageProblem("flags_conflict", "--period and --from/--to exclude each other", "give one of them");
    }
    const problem = momentProblem("from", fromText, "start") ?? momentProblem("to", toText, "end");
    if (problem !== null) return problem;
    const isSpan = fromText !== undefined || toText !== undefined;
    const named = period ?? "month";
    const from = spanOf(named, host.now()).from ?? undefined;
    const span = isSpan ? spanArgs(args) : { from, to: undefined };
    const { provider, model, project, key, session, state } = args;
    const query = filterQuery({ ...span, by, provider, model, project, key, session, state });
    const answer = await fetchView<CostsView>({ ...host, terminal }, args, "read", `/v1/costs?${query}`);
    if (!answer.ok) return answer.error;
    // The span was reckoned here, in this shell's time zone; only its name is ours to give.
    const view = isSpan ? answer.value : { ...answer.value, period: named };
    if (args.json) terminal.out(JSON.stringify(view));
    else show(view, terminal);
    return EXIT_CODES.ok;
  },
});
