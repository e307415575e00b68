import { BUDGET_POLICIES, formatKeyBudget, type KeyBudget, parseKeyBudget } from "../core/budget/text.ts";
import type { KeyLimits } from "../core/key-limits.ts";
import { failure, type Result, success } from "../core/result.ts";
import { formatCount } from "../terminal/format.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import type { Flags } from "./command.ts";

/** What a client key may use. `none` takes a limit away. */
export const limitFlags = {
  budget: { type: "string", valueHint: "USD/PERIOD", description: "what it may spend: 5/day, 30/month, 100/total" },
  over: {
    type: "enum",
    options: BUDGET_POLICIES,
    description:
      "beyond its budget: tell only, a free local model where one can, or refuse (degrade for a first budget)",
  },
  rpm: { type: "string", valueHint: "N", description: "requests a minute" },
  burst: { type: "string", valueHint: "N", description: "how many of them at once (default a whole minute's)" },
  concurrent: { type: "string", valueHint: "N", description: "requests in flight at a time" },
  tpm: { type: "string", valueHint: "N", description: "tokens a minute, in and out together" },
} satisfies Flags;

/** The parsed values of {@link limitFlags}. */
interface LimitArgs {
  readonly budget?: string | undefined;
  readonly over?: KeyBudgetPolicy | undefined;
  readonly rpm?: string | undefined;
  readonly burst?: string | undefined;
  readonly concurrent?: string | undefined;
  readonly tpm?: string | undefined;
}

/** Limits as the admin API takes them: a budget without a policy keeps that of the budget before. */
interface LimitWish extends Partial<Omit<KeyLimits, "budget">> {
  readonly budget?: (Omit<KeyBudget, "over"> & Partial<Pick<KeyBudget, "over">>) | null | undefined;
}

type KeyBudgetPolicy = (typeof BUDGET_POLICIES)[number];

function countOf(flag: string, text: string | undefined): Result<number | null | undefined, CliProblem> {
  if (text === undefined) return success(undefined);
  if (text === "none") return success(null);
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return success(count);
  const fix = `--${flag} 60, or --${flag} none; to stop a key altogether: lodestar keys revoke NAME`;
  return failure(usageProblem("invalid_value", `--${flag} must be a whole number from 1, or none`, fix));
}

function budgetOf({ budget, over }: LimitArgs): Result<LimitWish["budget"], CliProblem> {
  if (budget === undefined) {
    if (over === undefined) return success(undefined);
    return failure(usageProblem("flag_missing", "--over goes with --budget", "--budget 5/day --over deny"));
  }
  if (budget === "none") return success(null);
  const parsed = parseKeyBudget(budget);
  if (parsed.ok) return success({ ...parsed.value, ...(over === undefined ? {} : { over }) });
  return failure(usageProblem("invalid_value", `--budget ${parsed.error}`, "--budget 5/day, or --budget none"));
}

/** The limits that flags state, as the admin API takes them: absent where not given, null for `none`. */
export function limitsOf(args: LimitArgs): Result<LimitWish, CliProblem> {
  const budget = budgetOf(args);
  if (!budget.ok) return budget;
  const counts: Record<string, number | null> = {};
  const named = [
    ["requestsPerMinute", "rpm"],
    ["burst", "burst"],
    ["concurrent", "concurrent"],
    ["tokensPerMinute", "tpm"],
  ] as const;
  for (const [name, flag] of named) {
    const count = countOf(flag, args[flag]);
    if (!count.ok) return count;
    if (count.value !== undefined) counts[name] = count.value;
  }
  return success({ ...counts, ...(budget.value === undefined ? {} : { budget: budget.value }) });
}

/** Limits as a few words, `$5/day (deny), 60 requests/min, 4 at a time`; empty without any. */
export function limitWords({ budget, requestsPerMinute, burst, tokensPerMinute, concurrent }: KeyLimits): string {
  const atOnce = burst === null ? "" : ` (${formatCount(burst)} at once)`;
  return [
    budget === null ? "" : `$${formatKeyBudget(budget)} (${budget.over})`,
    requestsPerMinute === null ? "" : `${formatCount(requestsPerMinute)} requests/min${atOnce}`,
    tokensPerMinute === null ? "" : `${formatCount(tokensPerMinute)} tokens/min`,
    concurrent === null ? "" : `${formatCount(concurrent)} in flight`,
  ]
    .filter((word) => word !== "")
    .join(", ");
}
