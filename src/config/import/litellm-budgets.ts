import type { BudgetPeriod } from "../../core/budget/budget.ts";
import { limitOf } from "../../core/budget/text.ts";
import { type Draft, ourProvider } from "./draft.ts";
import { asBlock, asText } from "./read.ts";

/** LiteLLM counts from the first call, we by the calendar; what is no day, week or month of ours stays a note. */
const PERIODS: Readonly<Record<string, BudgetPeriod>> = {
  "24h": "day",
  "1d": "day",
  "7d": "week",
  "1w": "week",
  "30d": "month",
  "1mo": "month",
};

interface Found {
  readonly what: string;
  readonly of: { readonly scope: "global" } | { readonly scope: "provider"; readonly name: string };
  readonly amount: unknown;
  readonly duration: string | null;
}

/** Adds one budget, or a note where it cannot be said in our words. */
function addBudget({ what, of, amount, duration }: Found, draft: Draft): void {
  const limitUsd = typeof amount === "string" ? Number(amount) : amount;
  const period = duration === null ? "total" : PERIODS[duration];
  if (typeof limitUsd !== "number" || limitOf(limitUsd) === null || period === undefined) {
    draft.notes.push(`${what}: ${String(amount)} for ${duration ?? "ever"} is no day, week or month.`);
    return;
  }
  const budgets = Array.isArray(draft.others.budgets) ? draft.others.budgets : [];
  draft.others.budgets = [...budgets, { ...of, period, limitUsd, over: "deny" }];
}

/**
 * Carries over the budgets of LiteLLM's proxy (`max_budget`, `budget_duration`, `provider_budget_config`); returns the names
 * of the settings it has dealt with. Source: docs.litellm.ai/docs/proxy/users and /provider_budget_routing.
 */
export function addBudgets(settings: Readonly<Record<string, unknown>>, draft: Draft): readonly string[] {
  const { max_budget: amount, budget_duration: length, provider_budget_config: providers } = settings;
  if (amount !== undefined) {
    addBudget({ what: "The budget of the proxy", of: { scope: "global" }, amount, duration: asText(length) }, draft);
  }
  for (const [name, value] of Object.entries(asBlock(providers))) {
    const block = asBlock(value);
    const known = ourProvider(name);
    const what = `The budget of the provider ${name}`;
    if (known === null) draft.notes.push(`${what}: Lodestar has no provider of that name.`);
    else {
      const duration = asText(block.time_period);
      addBudget({ what, of: { scope: "provider", name: known }, amount: block.budget_limit, duration }, draft);
    }
  }
  return ["max_budget", "budget_duration", "provider_budget_config"];
}
