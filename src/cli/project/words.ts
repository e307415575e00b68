import { formatUsd } from "../../core/money.ts";
import type { ProjectBudgetView } from "../../core/project-view.ts";

/** `$1.25 of $5.00 a month`. */
export function budgetWords({ spentNanoUsd, limitNanoUsd, period }: ProjectBudgetView): string {
  const span = period === "total" ? "in all" : `a ${period}`;
  return `${formatUsd(spentNanoUsd)} of ${formatUsd(limitNanoUsd)} ${span}`;
}
