import type { ProjectListView, ProjectSummaryView } from "../../core/project-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatSum } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { budgetWords } from "./words.ts";

function whereOf({ folder, isConfigured }: ProjectSummaryView): string {
  if (folder !== null) return folder;
  return isConfigured ? "(your configuration)" : "(stated by its clients)";
}

const COLUMNS: readonly Column<ProjectSummaryView>[] = [
  { title: "project", cell: ({ name }) => name, canShrink: true },
  { title: "requests", cell: ({ month }) => formatCount(month.requests), align: "right" },
  { title: "this month", cell: ({ month }) => formatSum(month), align: "right" },
  { title: "budgets", cell: ({ budgets }) => budgets.map(budgetWords).join("; ") || "none", canShrink: true },
  { title: "folder", cell: whereOf, canShrink: true },
];

export const command = defineCommand({
  meta: {
    name: "list",
    description: "Every project that is known, configured or spent something this month",
    examples: [["lodestar project list --json", "with every budget and what is used of it, in nano-dollars"]],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const view = await fetchView<ProjectListView>({ ...rest, terminal }, args, "read", "/v1/projects");
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else showTable(terminal, view.value.projects, COLUMNS, "no projects yet: lodestar project init --template cli");
    return EXIT_CODES.ok;
  },
});
