import type { CountingBudget } from "../../core/bill.ts";
import type { NanoUsd } from "../../core/money.ts";

/** How full a budget is, in nano-dollars. */
export type BudgetFill = Pick<CountingBudget, "id" | "spentNanoUsd" | "reservedNanoUsd" | "limitNanoUsd">;

/** What is left of a budget, in nano-dollars: what calls that are open have reserved is not. */
export interface BudgetLeft {
  readonly id: string;
  readonly leftNanoUsd: NanoUsd;
  readonly limitNanoUsd: NanoUsd;
}

/** The budget that has the least left; null where there is none. */
export function tightestOf(budgets: readonly BudgetFill[]): BudgetLeft | null {
  const lefts = budgets.map(({ id, spentNanoUsd, reservedNanoUsd, limitNanoUsd }) => ({
    id,
    leftNanoUsd: Math.max(0, limitNanoUsd - spentNanoUsd - reservedNanoUsd),
    limitNanoUsd,
  }));
  const [first, ...others] = lefts;
  if (first === undefined) return null;
  return others.reduce((least, one) => (one.leftNanoUsd < least.leftNanoUsd ? one : least), first);
}

/** What is left of the tightest budget, read again whenever something was spent. */
export interface BudgetWatch {
  left(): BudgetLeft | null;
  /** Reads it; while that goes on, one more reading follows however often it is asked for. */
  refresh(): void;
}

/** Watches budgets; `onChange` hears of another figure. A reading that fails leaves the figure as it was. */
export function createBudgetWatch(read: () => Promise<readonly BudgetFill[]>, onChange: () => void): BudgetWatch {
  let left: BudgetLeft | null = null;
  let isReading = false;
  let isStale = false;
  async function readOn(): Promise<void> {
    while (isStale) {
      isStale = false;
      const budgets = await read().catch(() => null);
      const next = budgets === null ? left : tightestOf(budgets);
      const isSame = next?.id === left?.id && next?.leftNanoUsd === left?.leftNanoUsd;
      left = next;
      if (!isSame) onChange();
    }
    isReading = false;
  }
  return {
    left: () => left,
    refresh() {
      isStale = true;
      if (isReading) return;
      isReading = true;
      void readOn();
    },
  };
}
