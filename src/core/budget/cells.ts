import { type Window, windowOf } from "../calendar.ts";
import type { NanoUsd } from "../money.ts";
import type { Budget, BudgetState } from "./budget.ts";
import type { BudgetMatch } from "./match.ts";
import { percentSpent } from "./steps.ts";

/** What a book counts by, and where it learns what was spent before. */
export interface BudgetRules {
  readonly budgets: readonly Budget[];
  /** IANA name. */
  readonly timeZone: string;
  /** What settled attempts that started within the window cost, as the ledger has it. Asked once for each name and window. */
  readonly spentOf: (match: BudgetMatch, window: Window) => NanoUsd;
}

/** One budget in one window, for one of those that it counts apart. */
export interface BudgetCell extends BudgetMatch {
  readonly window: Window;
  spentNanoUsd: NanoUsd;
  reservedNanoUsd: NanoUsd;
  /** The most that was told, in percent of the limit. */
  toldPercent: number;
}

/** What open calls hold, and what those hold whose attempts nobody has heard of for long. */
export type HeldIn = (match: BudgetMatch, window: Window) => Record<"live" | "expired", NanoUsd>;

/** The cells that were looked at: at most one a name, of its last window. */
export interface BudgetCells {
  /** The cell of a moment, learnt from the ledger where it is new. */
  at(match: BudgetMatch, wallMs: number): BudgetCell;
  /** The cell of a moment, if it was looked at. */
  find(match: BudgetMatch, wallMs: number): BudgetCell | null;
  all(): readonly BudgetCell[];
}

/** Names that clients may choose freely (models, projects) must not fill the memory: what is forgotten is learnt anew. */
const MOST_CELLS = 20_000;

/** Whether a moment (Unix ms) lies in a window. */
export function isWithin(at: number, { from, to }: Window): boolean {
  return at >= (from ?? Number.NEGATIVE_INFINITY) && at < (to ?? Number.POSITIVE_INFINITY);
}

/** A cell as others see it. */
export function stateOf({ budget, name, window, spentNanoUsd, reservedNanoUsd }: BudgetCell): BudgetState {
  return { budget, name, spentNanoUsd, reservedNanoUsd, from: window.from, resetsAt: window.to };
}

/** What is left of a budget, below 0 where it is overrun. */
export function leftOf({ budget, spentNanoUsd, reservedNanoUsd }: Omit<BudgetState, "from" | "resetsAt">): NanoUsd {
  return budget.limitNanoUsd - spentNanoUsd - reservedNanoUsd;
}

/** Tells budgets apart: one in a project's own file may stand beside the user's of the same id. */
export function cellKey({ budget, id }: BudgetMatch): string {
  return `${budget.origin} ${budget.id} ${id}`;
}

/** Cells by these rules; `heldIn` is asked when one is new. */
export function createBudgetCells({ spentOf, timeZone }: BudgetRules, heldIn: HeldIn): BudgetCells {
  const cells = new Map<string, BudgetCell>();

  function load(match: BudgetMatch, window: Window): BudgetCell {
    const { live, expired } = heldIn(match, window);
    const spentNanoUsd = spentOf(match, window) + expired;
    const cell = { ...match, window, spentNanoUsd, reservedNanoUsd: live, toldPercent: 0 };
    return { ...cell, toldPercent: percentSpent(cell) };
  }

  function find(match: BudgetMatch, wallMs: number): BudgetCell | null {
    const cell = cells.get(cellKey(match));
    return cell !== undefined && isWithin(wallMs, cell.window) ? cell : null;
  }

  return {
    at(match, wallMs) {
      const known = find(match, wallMs);
      if (known !== null) return known;
      const cell = load(match, windowOf(match.budget.period, wallMs, timeZone));
      if (cells.size >= MOST_CELLS) cells.clear();
      cells.set(cellKey(match), cell);
      return cell;
    },
    find,
    all: () => [...cells.values()],
  };
}
