import type { NanoUsd } from "../money.ts";

/** What a budget counts. `model` names are `provider/model`, with `*` as in the models of a key. */
export type BudgetScope = "global" | "key" | "project" | "provider" | "model";

/** How long a budget counts before it begins at 0 again, by the calendar of the configured time zone; weeks start on Monday. */
export type BudgetPeriod = "day" | "week" | "month" | "total";

/**
 * What happens when a call does not fit: `warn` lets it pass and tells, `degrade` sends it to a free local model where
 * the client named no model of its own and one can do it, `deny` refuses. A free call always passes.
 */
export type BudgetPolicy = "warn" | "degrade" | "deny";

/** A limit on spending. */
export interface Budget {
  /** Stable and readable: `month`, `day:project:web`. */
  readonly id: string;
  readonly scope: BudgetScope;
  /** Whose: a key's name or id, a project, a provider, a model pattern; `*` gives each one its own. Null for `global`. */
  readonly name: string | null;
  readonly period: BudgetPeriod;
  readonly limitNanoUsd: NanoUsd;
  /** Percentages of the limit that are told when spending reaches them, ascending. 100 is always told. */
  readonly warnAt: readonly number[];
  readonly over: BudgetPolicy;
  /** Whether a paid model without a known price may be asked at all under this budget. */
  readonly isUnpricedAllowed: boolean;
  /** Who set it: the user's file, the key itself, or a project's own file (which may only lower). */
  readonly origin: "file" | "key" | "project";
}

/** How much of a budget is used, for one of those that it counts apart. */
export interface BudgetState {
  readonly budget: Budget;
  /** Whom it counts, where the budget says `*`; else the budget's own name. */
  readonly name: string | null;
  /** Settled since the window began. */
  readonly spentNanoUsd: NanoUsd;
  /** Held for calls that are open. */
  readonly reservedNanoUsd: NanoUsd;
  /** Unix ms; null for `total`. */
  readonly from: number | null;
  readonly resetsAt: number | null;
}

/** Something a person wants to know about a budget. */
export type BudgetStep = "warning" | "exceeded" | "capped" | "degraded" | "refused";
