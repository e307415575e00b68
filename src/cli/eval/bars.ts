import { join } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type Bar, isReached, regressions } from "../../features/routing-eval/bar.ts";
import { type DecisionTime, measureDecision } from "../../features/routing-eval/latency.ts";
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
  "Decision time: it depends on the machine; `lodestar eval routing --only decision` measures it.",
];

/** The group that needs no data: how long a decision takes on this machine. */
const DECISION = "decision";

interface Wish {
  readonly groups: readonly BarGroup[];
  readonly isTimed: boolean;
}

function chooseGroups(only: string | undefined): Result<Wish, CliProblem> {
  if (only === undefined) return success({ groups: BAR_GROUPS, isTimed: true });
  const names = [...BAR_GROUPS.map(({ name }) => name), DECISION];
  const wanted = only.split(",").map((name) => name.trim());
  const stranger = wanted.find((name) => !names.includes(name));
  if (stranger === undefined) {
    const groups = BAR_GROUPS.filter(({ name }) => wanted.includes(name));
    return success({ groups, isTimed: wanted.includes(DECISION) });
  }
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

function showDecision(time: DecisionTime, terminal: Terminal): void {
  const { characters, rounds, p50, p99 } = time;
  terminal.out(
    `decision time on this machine: p50 ${p50.toFixed(0)} µs (asked for: 100), p99 ${p99.toFixed(0)} µs (1000); ${rounds} prompts of ${characters} characters, ten rules, six candidates`,
  );
}

async function measureGroups(groups: readonly BarGroup[], folder: string, terminal: Terminal): Promise<readonly Bar[]> {
  const bars: Bar[] = [];
  for (const group of groups) {
    terminal.talk(`measuring ${group.name} …`);
    bars.push(...(await group.measure(folder)));
  }
  return bars;
}

/** Measures on the recorded data, group by group; fails where a figure is worse than the shipped one. */
export async function evaluateRecorded(
  { data, only, write, json }: RecordedArgs,
  terminal: Terminal,
): Promise<Outcome> {
  const wish = chooseGroups(only);
  if (!wish.ok) return wish.error;
  const { groups, isTimed } = wish.value;
  if (write !== undefined && only !== undefined) {
    return usageProblem("flags_conflict", "--write needs every figure", "leave out --only");
  }
  const root = data ?? USUAL_ROOT;
  const folder = findRecorded(root);
  if (folder === null && groups.length > 0) return noDataProblem(root);
  const bars = folder === null ? [] : await measureGroups(groups, folder, terminal);
  const decision = isTimed ? measureDecision(() => performance.now()) : null;
  if (json) {
    terminal.out(JSON.stringify({ bars: bars.map((bar) => ({ ...bar, isReached: isReached(bar) })), decision }));
  } else {
    if (bars.length > 0) showBars(bars, terminal);
    if (decision !== null) showDecision(decision, terminal);
  }
  if (write !== undefined) {
    await writeFigures(write, bars);
    return EXIT_CODES.ok;
  }
  const worse = regressions(bars, shipped);
  return worse.length > 0 ? worseProblem(worse) : EXIT_CODES.ok;
}

function noDataProblem(root: string): CliProblem {
  return failureProblem(
    "no_recorded_data",
    `there is no recorded routing data in ${plainText(root)}: train/routellm_mmlu.jsonl was looked for there, in routing/ and in data/routing/`,
    "name its folder with --data, or give rows of your own with --train and --test",
  );
}
