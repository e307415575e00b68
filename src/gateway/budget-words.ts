import type { BudgetRefusal } from "../core/budget/book.ts";
import type { Budget, BudgetPeriod } from "../core/budget/budget.ts";
import { leftOf } from "../core/budget/cells.ts";
import type { Fault } from "../core/fault.ts";
import { formatUsd } from "../core/money.ts";
import { type Target, targetName } from "../core/target.ts";

const SPANS: Readonly<Record<BudgetPeriod, string>> = {
  day: "today",
  week: "this week",
  month: "this month",
  total: "in all",
};

/** `the budget of the key "ci"`, `the budget`. */
function nameOf({ scope }: Budget, name: string | null): string {
  return name === null ? "the budget" : `the budget of the ${scope} "${name}"`;
}

/** Where a person raises it. */
function fixOf({ origin, scope, id }: Budget, name: string | null): string {
  if (origin === "key") return `\`lodestar keys limit ${name}\` raises it`;
  if (origin === "project")
    return "the project's own `.lodestar.yaml` may only lower it further, and its owner may raise it there";
  const place = scope === "global" ? "" : ` with \`scope: ${scope}\``;
  return `raise \`limitUsd\` of "${id}" in the configuration (\`budgets\`${place}), or ask a local model, which is free`;
}

function resetOf(resetsAt: number | null): string {
  return resetsAt === null ? "it does not begin again" : `it begins again at ${new Date(resetsAt).toISOString()}`;
}

/** Open calls end any moment; a client that asks again at once would only ask again. */
const HELD_RETRY_MS = 2_000;

function overBudget({ state, leastNanoUsd, isHeld }: BudgetRefusal, target: Target): Fault {
  const { budget, name, spentNanoUsd, reservedNanoUsd, resetsAt } = state;
  const open = reservedNanoUsd > 0 ? ` and ${formatUsd(reservedNanoUsd)} is reserved for open attempts` : "";
  const least =
    leastNanoUsd === null
      ? ""
      : `; ${targetName(target)} would need ${formatUsd(leastNanoUsd)} for the shortest answer`;
  const left = formatUsd(Math.max(0, leftOf(state)));
  const who = nameOf(budget, name);
  const message = `${who.charAt(0).toUpperCase()}${who.slice(1)} does not allow this call: ${formatUsd(spentNanoUsd)} of ${formatUsd(budget.limitNanoUsd)} is spent ${SPANS[budget.period]}${open}, so ${left} is left${least}. To go on: ${isHeld ? "try again when an open call has ended" : resetOf(resetsAt)}; ${fixOf(budget, name)}.`;
  if (isHeld) return { kind: "budget-held", message, retryAfterMs: HELD_RETRY_MS };
  return { kind: "over-budget", message, resetsAt };
}

function unpriced({ state }: BudgetRefusal, target: Target): Fault {
  const name = targetName(target);
  const message = `No price is known for ${name}, so ${nameOf(state.budget, state.name)} could not count what it costs. Give it a price (\`prices: { overrides: { "${name}": { input: 1, output: 2 } } }\`, USD per million tokens), or let it pass uncounted with \`unpriced: allow\` at "${state.budget.id}".`;
  return { kind: "unpriced", message };
}

/** What a client is told that may not make a call: which budget, what is spent of what, when it begins again, what to do. */
export function refusalFault(refusal: BudgetRefusal, target: Target): Fault {
  return refusal.reason === "unpriced" ? unpriced(refusal, target) : overBudget(refusal, target);
}
