import type { Budget, BudgetState, BudgetStep } from "./budget.ts";

/** A step of a budget with its state at that moment, before anyone is told. */
export interface BudgetNote {
  readonly step: BudgetStep;
  /** The threshold that was reached; else how much of the limit is spent. */
  readonly percent: number;
  readonly state: BudgetState;
}

/** How much of the limit is spent, in whole percent; a budget of nothing is used up by anything. */
export function percentSpent({ budget, spentNanoUsd }: Pick<BudgetState, "budget" | "spentNanoUsd">): number {
  if (budget.limitNanoUsd === 0) return spentNanoUsd > 0 ? 100 : 0;
  return Math.floor((spentNanoUsd / budget.limitNanoUsd) * 100);
}

function thresholdsOf({ warnAt }: Budget): readonly number[] {
  return [...new Set([...warnAt, 100])].toSorted((left, right) => left - right);
}

/** What is told when spending has risen so that `told` percent, the most that was told before, is passed. */
export function stepsAfter(told: number, state: BudgetState): readonly BudgetNote[] {
  const now = percentSpent(state);
  return thresholdsOf(state.budget)
    .filter((percent) => percent > told && percent <= now)
    .map((percent) => ({ step: percent === 100 ? "exceeded" : "warning", percent, state }));
}
