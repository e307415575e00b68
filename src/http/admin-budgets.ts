import type { Context } from "hono";
import type { BudgetsView } from "../core/admin-view.ts";
import type { BudgetState } from "../core/budget.ts";
import type { AdminContext } from "./admin-context.ts";

function viewOf({ budget, name, spentNanoUsd, reservedNanoUsd, from, resetsAt }: BudgetState) {
  const { id, scope, period, limitNanoUsd, warnAt, over, isUnpricedAllowed, origin } = budget;
  const leftNanoUsd = Math.max(0, limitNanoUsd - spentNanoUsd - reservedNanoUsd);
  return {
    id,
    scope,
    name,
    period,
    limitNanoUsd,
    spentNanoUsd,
    reservedNanoUsd,
    leftNanoUsd,
    from,
    resetsAt,
    over,
    warnAt,
    unpriced: isUnpricedAllowed ? "allow" : "deny",
    origin,
  } as const;
}

/** `GET /v1/budgets`: every budget as it stands, and one entry each where a budget counts several apart. */
export function answerBudgets(context: Context, admin: AdminContext): Response {
  const view: BudgetsView = { timeZone: admin.settings().timeZone, budgets: admin.budgets().map(viewOf) };
  return context.json(view);
}
