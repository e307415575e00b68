import type { ProjectDetailView } from "../../core/project-view.ts";
import { failure, type Result } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDuration, formatSum, formatTime } from "../../terminal/format.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { type Column, plainText, renderFacts, showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { placeOf } from "../setup/target.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";
import { findHere, noProjectFile, tellProject } from "./here.ts";
import { budgetWords } from "./words.ts";

/** One rule, and who says it. */
interface Rule {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

const SOURCES: Readonly<Record<string, string>> = {
  configuration: "your configuration",
  file: ".lodestar.yaml",
  both: "both; the stricter counts",
};

const COLUMNS: readonly Column<Rule>[] = [
  { title: "rule", cell: ({ name }) => name, canShrink: true },
  { title: "value", cell: ({ value }) => value, canShrink: true },
  { title: "said by", cell: ({ source }) => source },
];

function cacheWords(cacheTtlMs: number): string {
  return cacheTtlMs === 0 ? "off" : `at most ${formatDuration(cacheTtlMs)}`;
}

function valuesOf(view: ProjectDetailView): readonly (readonly [name: string, value: string])[] {
  const { aliases, chains, models, tag, cacheTtlMs, keepsPrompts, budgets, rules } = view;
  return [
    ...Object.entries(aliases).map(([name, target]) => [`aliases.${name}`, target] as const),
    ...Object.entries(chains).map(([name, targets]) => [`chains.${name}`, targets.join(", ")] as const),
    ...(models.length === 0 ? [] : [["models", models.map((list) => list.join(", ")).join("; and ")] as const]),
    ...(tag === null ? [] : [["tag", tag] as const]),
    ...budgets.map((budget) => [`budgets.${budget.period}`, `${budgetWords(budget)}, then ${budget.over}`] as const),
    ...(cacheTtlMs === null ? [] : [["cache", cacheWords(cacheTtlMs)] as const]),
    ...(rules.length === 0 ? [] : [["rules", rules.map(({ name }) => name).join(", ")] as const]),
    ...(keepsPrompts ? [["keepPrompts", "true"] as const] : []),
  ];
}

function show(view: ProjectDetailView, terminal: Terminal, now: number): void {
  const read = view.updatedAt === null ? "" : `, as of ${formatTime(view.updatedAt, now)}`;
  const facts: [string, string][] = [
    ["project", view.name],
    ["folder", view.folder === null ? "none made known" : `${plainText(view.folder)}${read}`],
    ["this month", `${formatSum(view.month)} for ${view.month.requests} requests`],
  ];
  for (const line of renderFacts(facts, terminal.style)) terminal.out(line);
  terminal.out("");
  const rules = valuesOf(view).map(([name, value]): Rule => {
    const source = SOURCES[view.sources[name] ?? ""] ?? SOURCES.configuration ?? "";
    return { name, value, source };
  });
  showTable(terminal, rules, COLUMNS, "it has no rules of its own: yours hold");
}

/** The project of this folder, made known as every command there does it. */
async function detailHere(host: CliHost, args: DaemonArgs): Promise<Result<ProjectDetailView, CliProblem>> {
  const found = findHere(host, undefined);
  if (!found.ok) return found;
  if (found.value === null) return failure(noProjectFile(placeOf(host.environment, undefined).cwd));
  return tellProject(host, args, found.value);
}

export const command = defineCommand({
  meta: {
    name: "show",
    description: "What holds for a project's requests, and who says so",
    examples: [
      ["lodestar project show", "the project of this folder"],
      ["lodestar project show web", "another one that is known"],
    ],
  },
  args: {
    name: { type: "positional", required: false, description: "its name; without one, that of this folder" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const { name } = args;
    const view =
      name === undefined
        ? await detailHere(host, args)
        : await fetchView<ProjectDetailView>(host, args, "read", `/v1/projects/${encodeURIComponent(name)}`);
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else show(view.value, terminal, host.now());
    return EXIT_CODES.ok;
  },
});
