import { join } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type Bar, isReached, regressions } from "../../features/routing-eval/bar.ts";
import { renderPage } from "../../features/routing-eval/markdown.ts";
import { findRecorded } from "../../features/routing-eval/recorded.ts";
import { BAR_GROUPS, type BarGroup } from "../../features/routing-eval/run-bars.ts";
import shipped from "../../features/routing-eval/shipped.gen.json" with { type: "json" };
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText, showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { Outcome } from "../command.ts";
import { figure, interval } from "./figures.ts";

/** What `lodestar eval routing` was told about recorded data. */
export interface RecordedArgs {
  readonly data?: string | undefined;
  readonly only?: string | undefined;
  readonly write?: string | undefined;
  readonly json: boolean;
}

/** Where the data stands beside a checkout. */
const USUAL_ROOT = "../shared";
const PAGE = "docs/routing-evaluation.md";
const SHIPPED = "src/features/routing-eval/shipped.gen.json";

/** Bars of the design that recorded rows cannot tell, and where they are told. */
const ELSEWHERE: readonly string[] = [
  "Savings at real costs of eleven models: such rows are not among the recorded data; `--train` and `--test` measure them on one's own.",
  "Task classes: the [model card](model-card.md), by the command that trains them.",
  "Difficulty for small local models: its [card](difficulty-card.md), by the command that trains it.",
  "Decision time: it depends on the machine, so it is no figure of this page.",
];

function chooseGroups(only: string | undefined): Result<readonly BarGroup[], CliProblem> {
  if (only === undefined) return success(BAR_GROUPS);
  const names = BAR_GROUPS.map(({ name }) => name);
  const wanted = only.split(",").map((name) => name.trim());
  const stranger = wanted.find((name) => !names.includes(name));
  if (stranger === undefined) return success(BAR_GROUPS.filter(({ name }) => wanted.includes(name)));
  const message = `there is no group of figures called "${plainText(stranger)}".${didYouMean(stranger, names)}`;
  return failure(usageProblem("unknown_figures", message, `groups: ${names.join(", ")}`));
}

function verdict(bar: Bar): string {
  const reached = isReached(bar);
  return reached === null ? "" : reached ? "reached" : "missed";
}

function showBars(bars: readonly Bar[], terminal: Terminal): void {
  showTable<Bar>(
    terminal,
    bars,
    [
      { title: "WHAT", cell: ({ what }) => what, canShrink: true },
      { title: "FIGURE", cell: ({ unit }) => unit, canShrink: true },
      { title: "ROWS", cell: ({ rows }) => String(rows), align: "right" },
      { title: "VALUE (95 %)", cell: ({ value }) => interval(value), align: "right" },
      { title: "ASKED FOR", cell: ({ wanted }) => figure(wanted), align: "right" },
      { title: "", cell: verdict },
    ],
    "no figures",
  );
  for (const { what, condition, controls, note } of bars) {
    const named = Object.entries(controls).map(([name, value]) => `${name} ${figure(value)}`);
    const also = condition === null ? "" : ` ${condition.what} ${figure(condition.value)};`;
    terminal.out(`${what}:${also} controls: ${named.join(", ")}; ${note}`);
  }
}

async function writeFigures(root: string, bars: readonly Bar[]): Promise<void> {
  await Bun.write(join(root, PAGE), renderPage(bars, ELSEWHERE));
  const figures = Object.fromEntries(bars.map(({ id, value }) => [id, Number(value.value.toFixed(4))]));
  await Bun.write(join(root, SHIPPED), `${JSON.stringify(figures, null, 2)}\n`);
}

function worseProblem(worse: readonly Bar[]): CliProblem {
  const before: Readonly<Record<string, number>> = shipped;
  const lines = worse.map(
    ({ id, what, value }) => `${what}: ${figure(value.value)}, shipped with ${figure(before[id] ?? null)}`,
  );
  return failureProblem(
    "routing_got_worse",
    lines.join("\n"),
    "look at what changed in core/learn and features/routing-eval",
  );
}

/** Measures on the recorded data, group by group; fails where a figure is worse than the shipped one. */
export async function evaluateRecorded(
  { data, only, write, json }: RecordedArgs,
  terminal: Terminal,
): Promise<Outcome> {
  const groups = chooseGroups(only);
  if (!groups.ok) return groups.error;
  if (write !== undefined && only !== undefined) {
    return usageProblem("flags_conflict", "--write needs every figure", "leave out --only");
  }
  const root = data ?? USUAL_ROOT;
  const folder = findRecorded(root);
  if (folder === null) {
    const message = `there is no recorded routing data in ${plainText(root)}: train/routellm_mmlu.jsonl was looked for there, in routing/ and in data/routing/`;
    return failureProblem(
      "no_recorded_data",
      message,
      "name its folder with --data, or give rows of your own with --train and --test",
    );
  }
  const bars: Bar[] = [];
  for (const group of groups.value) {
    terminal.talk(`measuring ${group.name} …`);
    bars.push(...(await group.measure(folder)));
  }
  if (json) terminal.out(JSON.stringify({ bars: bars.map((bar) => ({ ...bar, isReached: isReached(bar) })) }));
  else showBars(bars, terminal);
  if (write !== undefined) {
    await writeFigures(write, bars);
    return EXIT_CODES.ok;
  }
  const worse = regressions(bars, shipped);
  return worse.length > 0 ? worseProblem(worse) : EXIT_CODES.ok;
}
