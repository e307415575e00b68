import type { BudgetView, CostsView, RequestView } from "../../core/admin-view.ts";
import type { ExplainView } from "../../core/bill.ts";
import { formatUsd } from "../../core/money.ts";
import { cacheShare, type Savings } from "../../core/savings.ts";
import { horizontalBar, sparkline } from "../../terminal/bars.ts";
import { formatCount, formatPlural, formatSum, formatTime } from "../../terminal/format.ts";
import type { ScreenSize } from "../../terminal/screen-diff.ts";
import { plainText } from "../../terminal/table.ts";
import type { Colours } from "../../terminal/terminal.ts";
import { budgetBar, budgetName, paintBudget } from "../budget-bar.ts";
import type { DashboardState } from "./dashboard-state.ts";

/** What the dashboard shows, as it was read from the admin API. */
export interface DashboardData {
  readonly costs: CostsView;
  /** Cost over time in equal steps, oldest first, in nano-dollars; `unit` is how long a step is. */
  readonly trend: { readonly unit: "hour" | "day"; readonly values: readonly number[] };
  readonly budgets: readonly BudgetView[];
  /** The latest requests, of the entered group where one was. */
  readonly requests: readonly RequestView[];
  /** The entered request. */
  readonly detail: ExplainView | null;
  /** Why these numbers are not those of this moment; null when they are. */
  readonly problem: string | null;
  /** Unix ms. */
  readonly readAt: number;
}

/** How the screen is drawn. */
export interface DashboardLook {
  readonly size: ScreenSize;
  readonly style: Colours;
  readonly now: number;
}

/** From so many columns on, everything has room. */
export const WIDE = 76;

/** The first line: what is shown, whether it is of this moment. */
export function headLine(
  state: DashboardState,
  { readAt, problem }: DashboardData,
  { style, now }: DashboardLook,
): string {
  const live = problem === null ? style.green("●") : style.red("○");
  const filter = state.filter === "" ? "" : ` · ${plainText(state.filter)}`;
  return `${style.bold("costs")} ${state.period} · by ${state.by} · ${state.order}${filter} ${live} ${style.dim(formatTime(readAt, now))}`;
}

function tokenLines({ totals }: CostsView, { style, size }: DashboardLook): readonly string[] {
  const share = cacheShare(totals);
  const isWide = size.columns >= WIDE;
  const tokens = `tokens ↑${formatCount(totals.inputTokens)} ↓${formatCount(totals.outputTokens)}`;
  const more = [
    share === null ? "" : `cache ${(share * 100).toFixed(1)} % ${style.cyan(horizontalBar(share, isWide ? 10 : 5))}`,
    totals.failed === 0 ? "" : style.red(`${formatCount(totals.failed)} failed`),
  ].filter((words) => words !== "");
  if (isWide || more.length === 0) return [[tokens, ...more].join("  ")];
  return [tokens, `  ${more.join("  ")}`];
}

function savedLines(savings: Savings, { style, size }: DashboardLook): readonly string[] {
  const { freeTierNanoUsd, routingNanoUsd, cacheNanoUsd, failedNanoUsd } = savings;
  const saved = `saved ${style.green(formatUsd(savings.netNanoUsd))} net`;
  const against = `against ${plainText(savings.baselineModel)}`;
  const quality = `quality: ${savings.quality}`;
  const local = `free tier ${formatUsd(freeTierNanoUsd)} · routing ${formatUsd(routingNanoUsd)}`;
  const rest = `cache ${formatUsd(cacheNanoUsd)} · failed -${formatUsd(failedNanoUsd)}`;
  if (size.columns >= WIDE) return [`${saved} ${against} (${quality})`, style.dim(`      ${local} · ${rest}`)];
  return [`${saved}, ${quality}`, ...[against, local, rest].map((words) => style.dim(`  ${words}`))];
}

function budgetLine(budget: BudgetView, { style, size }: DashboardLook): string {
  const { reservedNanoUsd, limitNanoUsd } = budget;
  const held = reservedNanoUsd === 0 ? "" : `, ${formatUsd(reservedNanoUsd)} reserved`;
  const used = paintBudget(budgetBar(budget, size.columns >= WIDE ? 20 : 8), budget, style);
  return `budget ${plainText(budgetName(budget))} ${used} of ${formatUsd(limitNanoUsd)}${held}`;
}

/** Spend, tokens, savings and budgets, before any list. */
export function summaryLines(state: DashboardState, data: DashboardData, look: DashboardLook): readonly string[] {
  const { style, size } = look;
  const { totals } = data.costs;
  const spark = sparkline(data.trend.values, Math.max(8, Math.min(48, size.columns - 40)));
  const headline = `${style.bold(formatSum(totals))} for ${formatPlural(totals.requests, "request")}`;
  const isWide = size.columns >= WIDE;
  const unit = style.dim(`by ${data.trend.unit}`);
  const lines = [
    headLine(state, data, look),
    isWide ? `${headline}  ${style.cyan(spark)} ${unit}` : headline,
    ...(isWide ? [] : [`${style.cyan(spark)} ${unit}`]),
    ...tokenLines(data.costs, look),
    ...savedLines(data.costs.savings, look),
    ...data.budgets.slice(0, 4).map((budget) => budgetLine(budget, look)),
  ];
  if (data.problem !== null) lines.push(style.red(plainText(data.problem)));
  return lines;
}
