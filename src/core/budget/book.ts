import type { NanoUsd } from "../money.ts";
import type { Budget, BudgetState } from "./budget.ts";
import {
  type BudgetCell,
  type BudgetCells,
  type BudgetRules,
  cellKey,
  createBudgetCells,
  leftOf,
  stateOf,
} from "./cells.ts";
import { type BudgetAsk, fitCall } from "./fit.ts";
import { createBudgetLeases, type Reservation } from "./leases.ts";
import { type BudgetMatch, type BudgetSubject, indexBudgets, type MatchBudgets } from "./match.ts";
import { type BudgetNote, percentSpent, stepsAfter } from "./steps.ts";

/** Why a call may not be made. */
export interface BudgetRefusal {
  readonly reason: "over-budget" | "unpriced";
  /** The budget that stands in the way; of several the one that begins again last. */
  readonly state: BudgetState;
  /** What the call would have to reserve at least; null where nobody knows. */
  readonly leastNanoUsd: NanoUsd | null;
  /** Whether it would fit, were nothing held for calls that are open. */
  readonly isHeld: boolean;
  /** Whether every budget in the way would have a free model answer instead. */
  readonly mayDegrade: boolean;
}

/** Admitted, with what it holds: null where no budget counts the call. Or refused. */
export type BudgetAdmission =
  | { readonly ok: true; readonly reservation: Reservation | null }
  | { readonly ok: false; readonly refusal: BudgetRefusal };

/** A moment on both clocks: the wall's decides the window, the monotonic one leases. Milliseconds. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * Budgets in memory: every member is one synchronous step. What a budget has left is its limit less what is spent and what
 * is reserved, so that calls beside one another can never overrun it together.
 */
export interface BudgetBook {
  /** `ask` is reckoned only where a budget counts the call, which costs something; a free one is never asked about. */
  reserve(subject: BudgetSubject, ask: () => BudgetAsk, now: Moment): BudgetAdmission;
  /** Puts the cost in the place of the reservation, which itself counts where the cost is null. Says what is to be told. */
  settle(reservation: Reservation, costNanoUsd: NanoUsd | null): readonly BudgetNote[];
  /** The attempt lives. */
  renew(reservation: Reservation, now: Moment): void;
  /** The budgets that count a subject, as they stand. */
  statesOf(subject: BudgetSubject, now: Moment): readonly BudgetState[];
  /** All budgets as they stand; of those that say `*`, the names that `known` and the calls so far brought up. */
  states(now: Moment, known: readonly BudgetSubject[]): readonly BudgetState[];
  /** Counts by other rules from now on: what was spent is learnt anew, what is open stays reserved. */
  use(rules: BudgetRules): void;
}

function refuse(
  reason: BudgetRefusal["reason"],
  blockers: readonly BudgetCell[],
  leastNanoUsd: NanoUsd | null,
): BudgetAdmission {
  const end = ({ window }: BudgetCell): number => window.to ?? Number.POSITIVE_INFINITY;
  const [first, ...others] = blockers;
  if (first === undefined) throw new Error("a call that does not fit has a budget in its way");
  const last = others.reduce((latest, cell) => (end(cell) > end(latest) ? cell : latest), first);
  const mayDegrade = blockers.every(({ budget }) => budget.over === "degrade");
  const isHeld = leastNanoUsd !== null && blockers.every((cell) => leftOf(cell) + cell.reservedNanoUsd >= leastNanoUsd);
  return { ok: false, refusal: { reason, state: stateOf(last), leastNanoUsd, isHeld, mayDegrade } };
}

/** What the budgets that can refuse leave; null where none of them can. */
function leastLeft(binding: readonly BudgetCell[]): NanoUsd | null {
  return binding.length === 0 ? null : Math.min(...binding.map(leftOf));
}

type Fitted = Pick<Reservation, "nanoUsd" | "outputCap">;

/** What to reserve of these budgets, or the refusal. */
function fit(cells: readonly BudgetCell[], ask: BudgetAsk): Fitted | BudgetAdmission {
  const { rates } = ask;
  const binding = cells.filter(({ budget }) => budget.over !== "warn");
  if (rates === null) {
    const forbidding = cells.filter(({ budget }) => !budget.isUnpricedAllowed);
    if (forbidding.length > 0) return refuse("unpriced", forbidding, null);
    const spent = binding.filter((cell) => leftOf(cell) <= 0);
    return spent.length > 0 ? refuse("over-budget", spent, null) : { nanoUsd: 0, outputCap: null };
  }
  const fitted = fitCall(ask, rates, leastLeft(binding));
  if (fitted.ok) return { nanoUsd: fitted.reservedNanoUsd, outputCap: fitted.outputCap };
  const { leastNanoUsd } = fitted;
  return refuse(
    "over-budget",
    binding.filter((cell) => leftOf(cell) < leastNanoUsd),
    leastNanoUsd,
  );
}

const UNCOUNTED: BudgetAdmission = { ok: true, reservation: null };

function tell(cell: BudgetCell): readonly BudgetNote[] {
  const state = stateOf(cell);
  const notes = stepsAfter(cell.toldPercent, state);
  cell.toldPercent = Math.max(cell.toldPercent, percentSpent(state));
  return notes;
}

/** What is counted by, all of one configuration. */
interface Counting {
  readonly budgets: readonly Budget[];
  readonly matchAll: MatchBudgets;
  readonly cells: BudgetCells;
}

/** Everything to be listed, in the order of the configuration: what is named, what is known, what was looked at. */
function listAll({ budgets, matchAll, cells }: Counting, known: readonly BudgetSubject[]): readonly BudgetMatch[] {
  const named = budgets.flatMap((budget) =>
    budget.name === "*" ? [] : [{ budget, id: budget.name ?? "", name: budget.name }],
  );
  const all = [...named, ...known.flatMap(matchAll), ...cells.all()];
  const distinct = [...new Map(all.map((match) => [cellKey(match), match])).values()];
  return distinct.toSorted((left, right) => budgets.indexOf(left.budget) - budgets.indexOf(right.budget));
}

/** Opens a book. Nothing is asked of the ledger before the first call that a budget counts. */
export function createBudgetBook(first: BudgetRules): BudgetBook {
  const leases = createBudgetLeases();
  const countBy = (rules: BudgetRules): Counting => ({
    budgets: rules.budgets,
    matchAll: indexBudgets(rules.budgets),
    cells: createBudgetCells(rules, leases.heldIn),
  });
  let counting = countBy(first);

  /** The cells that already count a reservation. */
  function cellsOf({ subject, startedAt }: Reservation): readonly BudgetCell[] {
    return counting.matchAll(subject).flatMap((match) => counting.cells.find(match, startedAt) ?? []);
  }

  function expire(monotonicMs: number): void {
    for (const reservation of leases.expire(monotonicMs)) {
      for (const cell of cellsOf(reservation)) {
        cell.reservedNanoUsd -= reservation.nanoUsd;
        cell.spentNanoUsd += reservation.nanoUsd;
      }
    }
  }

  function cellsNow(matches: readonly BudgetMatch[], { wallMs, monotonicMs }: Moment): readonly BudgetCell[] {
    expire(monotonicMs);
    return matches.map((match) => counting.cells.at(match, wallMs));
  }

  return {
    reserve(subject, ask, now) {
      const matches = counting.matchAll(subject);
      if (matches.length === 0) return UNCOUNTED;
      const cells = cellsNow(matches, now);
      const fitted = fit(cells, ask());
      if ("ok" in fitted) return fitted;
      const reservation = { ...fitted, subject, startedAt: now.wallMs };
      leases.add(reservation, now.monotonicMs);
      for (const cell of cells) cell.reservedNanoUsd += reservation.nanoUsd;
      return { ok: true, reservation };
    },
    settle(reservation, costNanoUsd) {
      const lease = leases.end(reservation);
      if (lease === null) return [];
      const { nanoUsd } = reservation;
      return cellsOf(reservation).flatMap((cell) => {
        if (lease.isExpired) cell.spentNanoUsd -= nanoUsd;
        else cell.reservedNanoUsd -= nanoUsd;
        cell.spentNanoUsd += costNanoUsd ?? nanoUsd;
        return tell(cell);
      });
    },
    renew: (reservation, { monotonicMs }) => leases.renew(reservation, monotonicMs),
    statesOf: (subject, now) => cellsNow(counting.matchAll(subject), now).map(stateOf),
    states: (now, known) => cellsNow(listAll(counting, known), now).map(stateOf),
    use(rules) {
      counting = countBy(rules);
    },
  };
}
