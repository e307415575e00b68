import { type BudgetBook, type BudgetRefusal, createBudgetBook, type Moment } from "../core/budget/book.ts";
import type { Budget, BudgetState, BudgetStep } from "../core/budget/budget.ts";
import { type BudgetRules, leftOf } from "../core/budget/cells.ts";
import type { BudgetAsk } from "../core/budget/fit.ts";
import type { Reservation } from "../core/budget/leases.ts";
import type { BudgetSubject } from "../core/budget/match.ts";
import { type BudgetNote, percentSpent } from "../core/budget/steps.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import type { LodestarEvent } from "../core/event.ts";
import type { Fault } from "../core/fault.ts";
import { inputTokensFor } from "../core/input-bound.ts";
import type { NanoUsd } from "../core/money.ts";
import type { RateCard } from "../core/price.ts";
import type { FreeModel } from "../core/substitute.ts";
import type { Target } from "../core/target.ts";
import type { Clock } from "../host/clock.ts";
import type { PriceBook } from "../host/prices/prices.ts";
import { refusalFault } from "./budget-words.ts";
import type { Bus } from "./bus.ts";
import type { Caller } from "./call.ts";
import type { Demand } from "./demand.ts";

/** What a guard stands on. */
export interface GuardParts extends Pick<BudgetRules, "spentOf"> {
  /** The budgets of this moment: another list means that they changed. */
  readonly budgets: () => readonly Budget[];
  readonly timeZone: () => string;
  /** All that a key ever spent, as the ledger has it. */
  readonly spentByKey: (keyId: string) => NanoUsd;
  readonly keyNameOf: (keyId: string) => string | null;
  /** Keys, projects and providers that are listed even before they spend. */
  readonly known: () => readonly BudgetSubject[];
  readonly freeModels: () => readonly FreeModel[];
  readonly prices: PriceBook;
  readonly isLocal: (provider: string) => boolean;
  readonly isSubscription: (provider: string) => boolean;
  readonly bus: Bus;
  readonly clock: Clock;
}

/** One attempt that asks to be let through. */
export interface Asking {
  readonly requestId: string;
  readonly caller: Pick<Caller, "keyId" | "project">;
  readonly target: Target;
  /** Unix ms, as in its intent. */
  readonly startedAt: number;
  /** Null for what nobody charges for. */
  readonly demand: (() => Demand) | null;
}

/** What an admitted attempt holds. */
export interface Hold {
  readonly reservedNanoUsd: NanoUsd;
  /** The limit of output to be sent; null where the request goes out as it is. */
  readonly outputCap: number | null;
  /** The attempt lives. */
  renew(): void;
  /** Counts what it cost (null: as much as it reserved), and then gives what is to be told of it; `isCut`: by our limit. */
  settle(costNanoUsd: NanoUsd | null, isCut: boolean): () => void;
}

/** An attempt that may not be made, and the budget in its way. */
export interface Denial {
  readonly fault: Fault;
  readonly refusal: BudgetRefusal | null;
}

/** Admitted, with what is held where a budget counts it; or denied. */
export type Admission =
  | { readonly ok: true; readonly hold: Hold | null }
  | { readonly ok: false; readonly denial: Denial };

/**
 * Stands before every call that could cost money. Where no budget counts a call nothing is reckoned, and where none is
 * configured nothing is done at all.
 */
export interface BudgetGuard {
  admit(asking: Asking): Admission;
  /** Tells what became of a request for a budget: nobody answered it, or a free model did. */
  tell(step: Extract<BudgetStep, "refused" | "degraded">, refusal: BudgetRefusal, requestId: string): void;
  /** Every budget as it stands. */
  states(): readonly BudgetState[];
  /** The budgets that count a caller's calls, to one target or (without) to all alike. */
  statesOf(caller: Asking["caller"], target?: Pick<Target, "provider" | "model">): readonly BudgetState[];
  /** What the tightest of these budgets has left, never below 0; null where none counts the calls, or the ledger cannot be read. */
  remaining(caller: Asking["caller"], target?: Pick<Target, "provider" | "model">): NanoUsd | null;
  /** All that a key ever spent; null while the ledger cannot be read. */
  keySpend(keyId: string): NanoUsd | null;
  /** The chat models that never cost anything, best first. */
  freeModels(): readonly FreeModel[];
}

const FREE: Admission = { ok: true, hold: null };
const NOWHERE = { provider: "", model: "" };

function eventOf({ step, percent, state }: BudgetNote, requestId: string | null, at: number): LodestarEvent {
  const { budget, name, spentNanoUsd, resetsAt } = state;
  const { id, scope, period, limitNanoUsd } = budget;
  return {
    event: "budget",
    at,
    budget: id,
    scope,
    name,
    period,
    step,
    percent,
    spentNanoUsd,
    limitNanoUsd,
    resetsAt,
    requestId,
  };
}

function unreadable(error: unknown): Denial {
  const message = `What was spent cannot be read from the ledger (${String(error)}), so no paid model is asked. \`lodestar doctor\` says what to do.`;
  return { fault: { kind: "unavailable", message }, refusal: null };
}

/** Where a figure is only told beside an answer, a ledger that cannot be read must not spoil that. */
function unlessBroken<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function tightest(states: readonly BudgetState[]): BudgetState | null {
  return states.reduce<BudgetState | null>(
    (least, state) => (least === null || leftOf(state) < leftOf(least) ? state : least),
    null,
  );
}

/** The book under the budgets of this moment: read anew when they change. */
function followingBook({ budgets, timeZone, spentOf }: GuardParts): () => BudgetBook | null {
  let current = budgets();
  let zone = timeZone();
  const book = createBudgetBook({ budgets: current, timeZone: zone, spentOf });
  return function bookNow() {
    if (budgets() !== current || timeZone() !== zone) {
      current = budgets();
      zone = timeZone();
      book.use({ budgets: current, timeZone: zone, spentOf });
    }
    return current.length === 0 ? null : book;
  };
}

/** The dearer of a model's usual price and that of the service tier asked for, since a provider may serve either. */
function ratesFor({ target, startedAt }: Asking, { serviceTier }: Demand, prices: PriceBook): RateCard | null {
  const { provider, model } = target;
  const tier = serviceTier === null ? null : prices.priceOf(provider, model, startedAt, serviceTier);
  return (tier ?? prices.priceOf(provider, model, startedAt))?.rates ?? null;
}

function askOf(asking: Asking, demand: Demand, { prices }: GuardParts): BudgetAsk {
  const { provider, model } = asking.target;
  const { input, maxOutputTokens, answerCount, webSearches, canCap } = demand;
  return {
    inputTokens: inputTokensFor(input, model),
    hasMedia: input.imageCount + input.mediaTokens > 0,
    maxOutputTokens,
    modelOutputTokens: prices.factsOf(provider, model).maxOutputTokens,
    answerCount,
    webSearches,
    canCap,
    rates: ratesFor(asking, demand, prices),
  };
}

/** What each key spent, learnt once and counted on. */
function createKeySpend({ spentByKey }: GuardParts) {
  const spent = new Map<string, NanoUsd>();
  return {
    of(keyId: string): NanoUsd {
      const known = spent.get(keyId) ?? spentByKey(keyId);
      spent.set(keyId, known);
      return known;
    },
    add(keyId: string | null, costNanoUsd: NanoUsd | null): void {
      const known = keyId === null ? undefined : spent.get(keyId);
      if (keyId !== null && known !== undefined) spent.set(keyId, known + (costNanoUsd ?? 0));
    },
  };
}

/** Makes a guard. The ledger is asked once for each name and window, when the first call needs to know. */
export function createBudgetGuard(parts: GuardParts): BudgetGuard {
  const { bus, clock, isLocal, isSubscription, keyNameOf } = parts;
  const bookNow = followingBook(parts);
  const keySpend = createKeySpend(parts);
  bus.subscribe((event) => {
    if (event.event === "settled") keySpend.add(event.intent.keyId, event.outcome.costNanoUsd);
  });

  const moment = (wallMs: number): Moment => ({ wallMs, monotonicMs: clock.monotonic() });
  const emit = (note: BudgetNote, requestId: string): void => bus.emit(eventOf(note, requestId, clock.now()));

  function subjectOf({ keyId, project }: Asking["caller"], target: Pick<Target, "provider" | "model">): BudgetSubject {
    const { provider, model } = target;
    return { keyId, keyName: keyId === null ? null : keyNameOf(keyId), project, provider, model };
  }

  function holdOf(book: BudgetBook, reservation: Reservation, requestId: string): Hold {
    const { nanoUsd, outputCap, subject } = reservation;
    return {
      reservedNanoUsd: nanoUsd,
      outputCap,
      renew: () => book.renew(reservation, moment(reservation.startedAt)),
      settle(costNanoUsd, isCut) {
        const notes = book.settle(reservation, costNanoUsd);
        return function tellAll() {
          for (const note of notes) emit(note, requestId);
          if (!isCut) return;
          const state = tightest(book.statesOf(subject, moment(clock.now())));
          if (state !== null) emit({ step: "capped", percent: percentSpent(state), state }, requestId);
        };
      },
    };
  }

  function reserve(book: BudgetBook, asking: Asking, demand: () => Demand): Admission {
    const { caller, target, startedAt, requestId } = asking;
    const subject = subjectOf(caller, target);
    const admission = book.reserve(subject, () => askOf(asking, demand(), parts), moment(startedAt));
    if (!admission.ok) {
      const { refusal } = admission;
      return { ok: false, denial: { fault: refusalFault(refusal, target), refusal } };
    }
    const { reservation } = admission;
    return reservation === null ? FREE : { ok: true, hold: holdOf(book, reservation, requestId) };
  }

  function statesOf(caller: Asking["caller"], target: Pick<Target, "provider" | "model"> = NOWHERE) {
    return bookNow()?.statesOf(subjectOf(caller, target), moment(clock.now())) ?? [];
  }

  return {
    admit(asking) {
      const book = bookNow();
      const { demand, target } = asking;
      const isFree = isLocal(target.provider) && !isCloudModel(target.model);
      if (book === null || demand === null || isFree || isSubscription(target.provider)) return FREE;
      try {
        return reserve(book, asking, demand);
      } catch (error) {
        return { ok: false, denial: unreadable(error) };
      }
    },
    tell: (step, { state }, requestId) => emit({ step, percent: percentSpent(state), state }, requestId),
    states: () => bookNow()?.states(moment(clock.now()), parts.known()) ?? [],
    statesOf,
    remaining(caller, target) {
      const state = unlessBroken(() => tightest(statesOf(caller, target)));
      return state === null ? null : Math.max(0, leftOf(state));
    },
    keySpend: (keyId) => unlessBroken(() => keySpend.of(keyId)),
    freeModels: parts.freeModels,
  };
}
