import type { Context } from "hono";
import type { BudgetsView } from "../../core/admin-view.ts";
import type { Budget, BudgetState } from "../../core/budget/budget.ts";
import { windowOf } from "../../core/calendar.ts";
import type { AdminContext } from "./context.ts";

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

/** A budget that counts each one apart, before anyone spent: the window is as for all of them. */
function untouched(budget: Budget, admin: AdminContext): BudgetState {
  const { from, to } = windowOf(budget.period, admin.now(), admin.settings().timeZone);
  return { budget, name: budget.name, spentNanoUsd: 0, reservedNanoUsd: 0, from, resetsAt: to };
}

/** `GET /v1/budgets`: every budget as it stands, and one entry each where a budget counts several apart. */
export function answerBudgets(context: Context, admin: AdminContext): Response {
  const { budgets, timeZone } = admin.settings();
  const states = admin.budgets();
  const others = budgets.filter(({ id }) => !states.some(({ budget }) => budget.id === id));
  const all = [...states, ...others.map((budget) => untouched(budget, admin))];
  const view: BudgetsView = { timeZone, budgets: all.map(viewOf) };
  return context.json(view);
}
