import { decimalOf, NANO_PER_USD, type NanoUsd, parseDecimal, toNanoUsd } from "../money.ts";
import { failure, type Result, success } from "../result.ts";
import type { Budget, BudgetPeriod, BudgetScope } from "./budget.ts";

export const BUDGET_SCOPES = ["global", "key", "project", "provider", "model"] as const satisfies BudgetScope[];
export const BUDGET_PERIODS = ["day", "week", "month", "total"] as const satisfies BudgetPeriod[];
export const BUDGET_POLICIES = ["warn", "degrade", "deny"] as const satisfies Budget["over"][];

/** The largest limit in USD: what nano-dollars in a `number` can count exactly. */
const MOST_USD = 9_000_000;

/** What the amount of a budget must be, for messages. */
export const LIMIT_HINT = "must be an amount in USD from 0 to 9000000, with at most nine decimals";

/** The limit of a budget in exact nano-dollars, from a number or its decimal text; null where it is no such amount. */
export function limitOf(amount: number | string): NanoUsd | null {
  const text = typeof amount === "string" ? amount.trim() : "";
  // An exponent or a page of digits is no amount that a person means, and would cost time to expand.
  if (typeof amount === "string" && !/^\d{1,7}(?:\.\d{1,9})?$/.test(text)) return null;
  if (typeof amount === "number" && !(amount >= 0 && amount <= MOST_USD)) return null;
  const usd = typeof amount === "string" ? parseDecimal(text) : decimalOf(amount);
  if (usd === undefined) return null;
  const isWhole = usd.scale <= 9 || usd.mantissa % 10n ** BigInt(usd.scale - 9) === 0n;
  const nano = toNanoUsd(usd);
  return isWhole && nano <= MOST_USD * NANO_PER_USD ? nano : null;
}

/** The id of a budget: `month`, `day:project:web`. */
export function budgetIdOf({ scope, name, period }: Pick<Budget, "scope" | "name" | "period">): string {
  return scope === "global" ? period : `${period}:${scope}:${name}`;
}

/** What a client key may spend, on top of every other budget. */
export interface KeyBudget extends Pick<Budget, "period" | "limitNanoUsd" | "over"> {}

/** Reads `5/day` or `$2.50/month`; the error is a clause with what to write. */
export function parseKeyBudget(text: string): Result<Omit<KeyBudget, "over">, string> {
  const [amount = "", unit = "", ...more] = text.trim().replace(/^\$/, "").split("/");
  const limitNanoUsd = limitOf(amount);
  const period = BUDGET_PERIODS.find((known) => known === unit.trim());
  if (limitNanoUsd === null || period === undefined || more.length > 0) {
    return failure("must be USD and a period, such as 5/day, 20/week, 30/month or 100/total");
  }
  return success({ limitNanoUsd, period });
}

/** `5/day`, as {@link parseKeyBudget} reads it back exactly. */
export function formatKeyBudget({ limitNanoUsd, period }: Pick<KeyBudget, "limitNanoUsd" | "period">): string {
  return `${formatLimit(limitNanoUsd)}/${period}`;
}

/** Nano-dollars as the plain decimal number of dollars that {@link limitOf} reads back exactly: `0.05`, `30`. */
export function formatLimit(nano: NanoUsd): string {
  const fraction = String(nano % NANO_PER_USD)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${Math.floor(nano / NANO_PER_USD)}${fraction === "" ? "" : `.${fraction}`}`;
}
