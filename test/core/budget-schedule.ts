import { type BudgetBook, createBudgetBook, type Moment } from "../../src/core/budget/book.ts";
import type { Budget } from "../../src/core/budget/budget.ts";
import type { BudgetAsk } from "../../src/core/budget/fit.ts";
import { LEASE_MS, type Reservation } from "../../src/core/budget/leases.ts";
import { type BudgetMatch, type BudgetSubject, matchBudget } from "../../src/core/budget/match.ts";
import { type Window, windowOf } from "../../src/core/calendar.ts";
import type { NanoUsd } from "../../src/core/money.ts";
import { worstCase } from "../../src/core/price.ts";
import { createChance } from "../long/support/chance.ts";

const HOUR_MS = 3_600_000;
const ZONES = ["UTC", "Europe/Prague", "America/Santiago", "Asia/Kathmandu"] as const;
const START = Date.UTC(2026, 9, 24, 20);
const RATES = [
  { input: 1, output: 4 },
  { input: 3, output: 15, cacheWrite5m: 3.75 },
  {
    input: { base: 2, tiers: [{ above: 2_000, price: 4 }] },
    output: { base: 8, tiers: [{ above: 2_000, price: 12 }] },
  },
  { input: 0, output: 0 },
] as const;

/** One attempt as the world knows it, whatever the book thinks. */
interface Truth {
  readonly reservation: Reservation | null;
  readonly subject: BudgetSubject;
  readonly startedAt: number;
  /** Never more than this, since the answer is capped at what was sent. */
  readonly mostNanoUsd: NanoUsd;
  /** What it did cost; null while it runs, and for one that nobody heard of again. */
  costNanoUsd: NanoUsd | null;
  state: "open" | "settled" | "lost";
}

/** What a schedule came to. */
export interface Played {
  readonly admitted: number;
  readonly refused: number;
  readonly capped: number;
  readonly expired: number;
  /** The most by which a budget that can refuse was overrun, in nano-dollars. */
  readonly overspentNanoUsd: NanoUsd;
  /** Where the book's own sums differ from the ledger's and the open calls'. */
  readonly mismatches: number;
}

type Chance = () => number;

/** What happens in a step, each with the chance of it and of those before it. */
const ACTS = [
  [0.5, "reserve"],
  [0.8, "settleAny"],
  [0.85, "lose"],
  [0.95, "jump"],
  [0.97, "reload"],
  [1, "renewAny"],
] as const;

function pick<Value>(values: readonly Value[], chance: Chance): Value {
  const value = values[Math.floor(chance() * values.length)];
  if (value === undefined) throw new Error("nothing to pick");
  return value;
}

function anyBudget(index: number, chance: Chance): Budget {
  const [scope, name] = pick(
    [
      ["global", null],
      ["key", "*"],
      ["key", "ci"],
      ["project", "web"],
      ["provider", "*"],
      ["model", "one/*"],
      ["model", "*"],
    ] as const,
    chance,
  );
  return {
    id: `budget-${index}`,
    scope,
    name,
    period: pick(["day", "week", "month", "total"] as const, chance),
    limitNanoUsd: pick([0, 1, 3_000_000, 20_000_000, 100_000_000], chance),
    warnAt: [50, 80],
    over: pick(["warn", "degrade", "deny", "deny"] as const, chance),
    isUnpricedAllowed: chance() < 0.5,
    origin: "file",
  };
}

function anySubject(chance: Chance): BudgetSubject {
  const [keyId, keyName] = pick(
    [
      [null, null],
      ["key_1", "ci"],
      ["key_2", "dev"],
    ] as const,
    chance,
  );
  const project = pick([null, "web", "cli"], chance);
  const [provider, model] = pick(
    [
      ["one", "a"],
      ["one", "b"],
      ["two", "a"],
    ] as const,
    chance,
  );
  return { keyId, keyName, project, provider, model };
}

function anyAsk(chance: Chance): BudgetAsk {
  return {
    inputTokens: Math.floor(chance() * 4_000),
    hasMedia: chance() < 0.2,
    maxOutputTokens: pick([null, null, 0, 200, 4_000, 100_000], chance),
    modelOutputTokens: pick([null, 2_000, 64_000], chance),
    answerCount: pick([1, 1, 1, 3], chance),
    canCap: chance() < 0.9,
    rates: pick([...RATES, null], chance),
  };
}

/** The output that an upstream may write: what it was told, else what the client or the model allows. */
function mostCost(ask: BudgetAsk, reservation: Reservation | null): NanoUsd {
  if (ask.rates === null) return 0;
  if (reservation === null) return 0;
  const { outputCap } = reservation;
  const most = outputCap ?? ask.maxOutputTokens ?? ask.modelOutputTokens ?? 16_384;
  return worstCase(ask.rates, { ...ask, outputTokens: most * ask.answerCount });
}

function isIn(at: number, { from, to }: Window): boolean {
  return at >= (from ?? Number.NEGATIVE_INFINITY) && at < (to ?? Number.POSITIVE_INFINITY);
}

/**
 * One schedule of calls against a book: they are admitted, settled, lost and forgotten in any order, while clocks jump and the
 * configuration is loaded anew, and beside it a ledger that knows the truth.
 */
class Schedule {
  private readonly chance: Chance;
  private readonly timeZone: string;
  private budgets: readonly Budget[];
  private readonly book: BudgetBook;
  private readonly truths: Truth[] = [];
  private now: Moment = { wallMs: START, monotonicMs: 0 };
  private counts = { admitted: 0, refused: 0, capped: 0, expired: 0, overspentNanoUsd: 0, mismatches: 0 };

  constructor(seed: number) {
    this.chance = createChance(seed).next;
    this.timeZone = pick(ZONES, this.chance);
    this.budgets = this.anyBudgets();
    this.book = createBudgetBook(this.rules());
  }

  play(steps: number): Played {
    for (let step = 0; step < steps; step += 1) this.step();
    for (const truth of this.truths) if (truth.state === "open") this.settle(truth);
    this.compare();
    return this.counts;
  }

  private anyBudgets(): readonly Budget[] {
    return Array.from({ length: 1 + Math.floor(this.chance() * 4) }, (_, index) => anyBudget(index, this.chance));
  }

  private rules() {
    return {
      budgets: this.budgets,
      timeZone: this.timeZone,
      spentOf: (match: BudgetMatch, window: Window) =>
        this.costIn(match, window, (truth) => (truth.state === "settled" ? (truth.costNanoUsd ?? 0) : 0)),
    };
  }

  private costIn(match: BudgetMatch, window: Window, cost: (truth: Truth) => NanoUsd): NanoUsd {
    const counted = this.truths.filter(
      ({ subject, startedAt }) => isIn(startedAt, window) && matchBudget(match.budget, subject)?.id === match.id,
    );
    return counted.reduce((sum, truth) => sum + cost(truth), 0);
  }

  private step(): void {
    const dice = this.chance();
    const [, act] = ACTS.find(([below]) => dice < below) ?? ACTS[0];
    this[act]();
  }

  private reserve(): void {
    const subject = anySubject(this.chance);
    const ask = anyAsk(this.chance);
    const admission = this.book.reserve(subject, () => ask, this.now);
    if (!admission.ok) {
      this.counts.refused += 1;
      return;
    }
    const { reservation } = admission;
    if (reservation === null) return;
    this.counts.admitted += 1;
    if (reservation.outputCap !== null) this.counts.capped += 1;
    const mostNanoUsd = mostCost(ask, reservation);
    const startedAt = this.now.wallMs;
    this.truths.push({ reservation, subject, startedAt, mostNanoUsd, costNanoUsd: null, state: "open" });
    this.audit(subject);
  }

  /** At worst: what was paid, and what every call that is open or lost may still cost. */
  private audit(subject: BudgetSubject): void {
    for (const budget of this.budgets) {
      const match = matchBudget(budget, subject);
      if (match === null || budget.over === "warn") continue;
      const window = windowOf(budget.period, this.now.wallMs, this.timeZone);
      const worst = this.costIn(match, window, ({ costNanoUsd, mostNanoUsd }) => costNanoUsd ?? mostNanoUsd);
      this.counts.overspentNanoUsd = Math.max(this.counts.overspentNanoUsd, worst - budget.limitNanoUsd);
    }
  }

  private settleAny(): void {
    const open = this.truths.filter(({ state }) => state === "open");
    if (open.length > 0) this.settle(pick(open, this.chance));
  }

  private settle(truth: Truth): void {
    const share = pick([0, 0, this.chance(), 1], this.chance);
    const isUnknown = this.chance() < 0.05;
    // An unknown cost counts the reservation, in the book and in the ledger alike.
    const cost = isUnknown ? (truth.reservation?.nanoUsd ?? 0) : Math.floor(truth.mostNanoUsd * share);
    if (truth.reservation !== null) this.book.settle(truth.reservation, isUnknown ? null : cost);
    truth.costNanoUsd = cost;
    truth.state = "settled";
  }

  /** An attempt that is never heard of again, and whose lease runs out. */
  private lose(): void {
    const open = this.truths.filter(({ state }) => state === "open");
    if (open.length === 0 || this.chance() < 0.7) return;
    const lost = pick(open, this.chance);
    for (const truth of open) {
      if (truth !== lost && truth.reservation !== null) this.book.renew(truth.reservation, this.later(LEASE_MS));
    }
    this.now = this.later(LEASE_MS + 1);
    // Heard of again after all, or not.
    lost.state = this.chance() < 0.5 ? "open" : "lost";
    this.counts.expired += 1;
  }

  private later(milliseconds: number): Moment {
    return { wallMs: this.now.wallMs + milliseconds, monotonicMs: this.now.monotonicMs + milliseconds };
  }

  /** Time passes, or somebody sets the clock: the monotonic one never goes back. */
  private jump(): void {
    const hours = pick([0.2, 1, 13, 24, 200, 800, -0.5, -3, -30, -500], this.chance);
    const passedMs = hours < 1 ? Math.max(0, hours) * HOUR_MS : 60_000;
    this.now = { wallMs: this.now.wallMs + hours * HOUR_MS, monotonicMs: this.now.monotonicMs + passedMs };
  }

  private reload(): void {
    // Limits may rise, and budgets may come that are not yet overrun; nobody can take back what was spent.
    this.budgets = this.budgets.map((budget) => ({
      ...budget,
      limitNanoUsd: budget.limitNanoUsd * pick([1, 2], this.chance),
    }));
    this.book.use(this.rules());
  }

  private renewAny(): void {
    for (const { reservation, state } of this.truths) {
      if (state === "open" && reservation !== null) this.book.renew(reservation, this.now);
    }
  }

  /** The book's sums are the ledger's, and what it holds is what is open. */
  private compare(): void {
    for (const subject of [anySubject(this.chance), anySubject(this.chance)]) {
      for (const state of this.book.statesOf(subject, this.now)) {
        const match = matchBudget(state.budget, subject);
        if (match === null) continue;
        const window = { from: state.from, to: state.resetsAt };
        const lost = this.costIn(match, window, (truth) =>
          truth.state === "lost" ? (truth.reservation?.nanoUsd ?? 0) : 0,
        );
        const paid = this.costIn(match, window, ({ costNanoUsd }) => costNanoUsd ?? 0);
        if (state.spentNanoUsd + state.reservedNanoUsd !== paid + lost) this.counts.mismatches += 1;
      }
    }
  }
}

/** Plays so many schedules from one seed on, and adds up what they came to. */
export function playSchedules(count: number, steps: number, firstSeed: number): Played {
  const sum = { admitted: 0, refused: 0, capped: 0, expired: 0, overspentNanoUsd: 0, mismatches: 0 };
  for (let index = 0; index < count; index += 1) {
    const played = new Schedule(firstSeed + index).play(steps);
    sum.admitted += played.admitted;
    sum.refused += played.refused;
    sum.capped += played.capped;
    sum.expired += played.expired;
    sum.mismatches += played.mismatches;
    sum.overspentNanoUsd = Math.max(sum.overspentNanoUsd, played.overspentNanoUsd);
  }
  return sum;
}
