import { formatUsd } from "../../core/money.ts";
import type { ProjectBudgetView, ProjectSummaryView } from "../../core/project-view.ts";

/** `$1.25 of $5.00 a month`. */
export function budgetWords({ spentNanoUsd, limitNanoUsd, period }: ProjectBudgetView): string {
  const span = period === "total" ? "in all" : `a ${period}`;
  return `${formatUsd(spentNanoUsd)} of ${formatUsd(limitNanoUsd)} ${span}`;
}

/** What a project cost this month; a sum that leaves out what has no price says so. */
export function monthWords({ month }: ProjectSummaryView): string {
  if (month.unpriced === 0) return formatUsd(month.costNanoUsd);
  return month.costNanoUsd === 0 ? "unknown" : `≥ ${formatUsd(month.costNanoUsd)}`;
}
