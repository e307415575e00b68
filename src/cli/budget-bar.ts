import type { BudgetView } from "../core/admin-view.ts";
import { horizontalBar } from "../terminal/bars.ts";
import type { Colours } from "../terminal/terminal.ts";

/** The share of the limit that is spent or reserved; of a limit of 0 everything is. */
function shareUsed({ limitNanoUsd, spentNanoUsd, reservedNanoUsd }: BudgetView): number {
  return limitNanoUsd === 0 ? 1 : (spentNanoUsd + reservedNanoUsd) / limitNanoUsd;
}

/** What a budget is called: one of many alike with what it counts. */
export function budgetName({ id, name }: Pick<BudgetView, "id" | "name">): string {
  return name !== null && id.endsWith("*") ? `${id} ${name}` : id;
}

/** How much of a budget is used, as a bar of `width` columns and in whole percent: 100 only where nothing is left. */
export function budgetBar(budget: BudgetView, width: number): string {
  const share = shareUsed(budget);
  return `${horizontalBar(share, width)} ${Math.floor(share * 100)} %`;
}

/** Red where nothing is left, yellow beyond the first threshold of the budget's own, else green. */
export function paintBudget(text: string, budget: BudgetView, style: Colours): string {
  const share = shareUsed(budget);
  if (share >= 1) return style.red(text);
  return budget.warnAt.some((percent) => share * 100 >= percent) ? style.yellow(text) : style.green(text);
}
