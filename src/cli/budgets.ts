import type { BudgetsView, BudgetView } from "../core/admin-view.ts";
import { formatUsd } from "../core/money.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { type Column, showTable } from "../terminal/table.ts";
import type { Colours } from "../terminal/terminal.ts";
import { budgetBar, paintBudget } from "./budget-bar.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

const BAR_CELLS = 12;

function policyWords({ over, unpriced, origin }: BudgetView): string {
  return [over, unpriced === "allow" ? "unpriced allowed" : "", origin === "file" ? "" : `by its ${origin}`]
    .filter((word) => word !== "")
    .join(", ");
}

function countsWords({ scope, name }: BudgetView): string {
  if (name === null) return "everything";
  return name === "*" ? `each ${scope}` : `${scope} ${name}`;
}

function columns(now: number, style: Colours): readonly Column<BudgetView>[] {
  return [
    { title: "budget", cell: ({ id }) => id, canShrink: true },
    { title: "counts", cell: countsWords, canShrink: true },
    {
      title: "used",
      cell: (view) => budgetBar(view, BAR_CELLS),
      paint: (text, view) => paintBudget(text, view, style),
    },
    { title: "limit", cell: ({ limitNanoUsd }) => formatUsd(limitNanoUsd), align: "right" },
    { title: "spent", cell: ({ spentNanoUsd }) => formatUsd(spentNanoUsd), align: "right" },
    { title: "reserved", cell: ({ reservedNanoUsd }) => formatUsd(reservedNanoUsd), align: "right" },
    { title: "left", cell: ({ leftNanoUsd }) => formatUsd(leftNanoUsd), align: "right" },
    {
      title: "resets in",
      cell: ({ resetsAt }) => (resetsAt === null ? "never" : formatDuration(resetsAt - now)),
      align: "right",
    },
    { title: "when over", cell: policyWords },
  ];
}

export const command = defineCommand({
  meta: {
    name: "budgets",
    description: "Limits on spending: how much of each is used, and what happens beyond",
    group: "See",
    examples: [
      ["lodestar budgets", "every budget as it stands"],
      ["lodestar budgets add --period month --limit 30", "30 USD a month for everything"],
      ["lodestar budgets add --scope project --name web --period day --limit 5 --over deny", "for one project"],
    ],
    notes: [
      "An attempt reserves its worst case before it is made and settles at what it cost. Free models always may be asked.",
    ],
  },
  args: { ...jsonFlag, ...daemonFlags },
  subCommands: {
    add: async () => (await import("./budgets-add.ts")).command,
    remove: async () => (await import("./budgets-remove.ts")).command,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const view = await fetchView<BudgetsView>(host, args, "read", "/v1/budgets");
    if (!view.ok) return view.error;
    if (args.json) {
      terminal.out(JSON.stringify(view.value));
      return EXIT_CODES.ok;
    }
    const empty = "no budgets: nothing limits what is spent; lodestar budgets add --period month --limit 30";
    showTable(terminal, view.value.budgets, columns(host.now(), terminal.style), empty);
    if (view.value.budgets.length > 0) terminal.talk(`days and months as in ${view.value.timeZone}`);
    return EXIT_CODES.ok;
  },
});
