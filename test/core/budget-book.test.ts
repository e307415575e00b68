import { describe, expect, test } from "bun:test";
import { type BudgetAdmission, createBudgetBook, type Moment } from "../../src/core/budget/book.ts";
import type { Budget, BudgetState } from "../../src/core/budget/budget.ts";
import type { BudgetAsk } from "../../src/core/budget/fit.ts";
import { LEASE_MS, type Reservation } from "../../src/core/budget/leases.ts";
import type { BudgetMatch, BudgetSubject } from "../../src/core/budget/match.ts";
import type { Window } from "../../src/core/calendar.ts";
import { playSchedules } from "./budget-schedule.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 22, 12);

function at(hours: number, monotonicMs = 0): Moment {
  return { wallMs: NOON + hours * HOUR_MS, monotonicMs };
}

function budget(more: Partial<Budget> = {}): Budget {
  const base = { id: "day", scope: "global", name: null, period: "day", limitNanoUsd: 10_000_000 } as const;
  return { ...base, warnAt: [50, 80], over: "deny", isUnpricedAllowed: false, origin: "file", ...more };
}

const SUBJECT: BudgetSubject = { keyId: "key_1", keyName: "ci", project: "web", provider: "lab", model: "m" };

/** One USD a million tokens both ways: an input of 1,000 tokens costs a tenth of the budget. */
const ASK: BudgetAsk = {
  inputTokens: 1_000,
  hasMedia: false,
  maxOutputTokens: 4_000,
  modelOutputTokens: 64_000,
  answerCount: 1,
  canCap: true,
  rates: { input: 1, output: 1 },
};

function open(budgets: readonly Budget[], spentOf: (match: BudgetMatch, window: Window) => number = () => 0) {
  const book = createBudgetBook({ budgets, timeZone: "UTC", spentOf });
  return {
    ...book,
    reserve: (ask: Partial<BudgetAsk> = {}, now = at(0), subject: Partial<BudgetSubject> = {}) =>
      book.reserve({ ...SUBJECT, ...subject }, () => ({ ...ASK, ...ask }), now),
    left: (now = at(0)) =>
      book.statesOf(SUBJECT, now).map(({ spentNanoUsd, reservedNanoUsd }) => [spentNanoUsd, reservedNanoUsd]),
  };
}

function held(admission: BudgetAdmission): Reservation {
  if (!admission.ok || admission.reservation === null) throw new Error("it holds nothing");
  return admission.reservation;
}

function refusalOf(admission: BudgetAdmission) {
  if (admission.ok) throw new Error("it was admitted");
  return admission.refusal;
}

describe("a reservation", () => {
  test("is the worst case, and gives back what was not used", () => {
    const book = open([budget()]);
    const reservation = held(book.reserve());
    expect(reservation).toMatchObject({ nanoUsd: 5_000_000, outputCap: null });
    expect(book.left()).toEqual([[0, 5_000_000]]);
    book.settle(reservation, 1_200_000);
    expect(book.left()).toEqual([[1_200_000, 0]]);
  });

  test("holds what the provider's own searches may cost, which leaves less for the answer", () => {
    const ask = { webSearches: 3, rates: { input: 1, output: 1, webSearchesPerThousand: 0.5 } };
    const whole = held(open([budget()]).reserve({ ...ask, webSearches: 0 }));
    expect(held(open([budget()]).reserve(ask)).nanoUsd - whole.nanoUsd).toBe(1_500_000);
    const book = open([budget({ limitNanoUsd: whole.nanoUsd })]);
    const cut = held(book.reserve(ask));
    expect(cut.nanoUsd).toBeLessThanOrEqual(whole.nanoUsd);
    expect(cut.outputCap).not.toBeNull();
    expect(open([budget({ limitNanoUsd: 1_500_000 })]).reserve(ask)).toMatchObject({ ok: false });
  });

  test("counts itself where nobody knows the cost, and nothing when it is settled again", () => {
    const book = open([budget()]);
    const reservation = held(book.reserve());
    book.settle(reservation, null);
    book.settle(reservation, null);
    expect(book.left()).toEqual([[5_000_000, 0]]);
  });

  test("is not asked for where no budget counts the call", () => {
    const book = createBudgetBook({
      budgets: [budget({ scope: "project", name: "other" })],
      timeZone: "UTC",
      spentOf: () => {
        throw new Error("asked");
      },
    });
    const ask = (): BudgetAsk => {
      throw new Error("reckoned");
    };
    expect(book.reserve(SUBJECT, ask, at(0))).toEqual({ ok: true, reservation: null });
  });

  test("holds of every budget that counts the call, and the tightest decides", () => {
    const tight = budget({ id: "key", scope: "key", name: "*", limitNanoUsd: 3_500_000 });
    const book = open([budget(), tight]);
    const reservation = held(book.reserve());
    expect(reservation).toMatchObject({ nanoUsd: 3_500_000, outputCap: 2_500 });
    expect(book.left()).toEqual([
      [0, 3_500_000],
      [0, 3_500_000],
    ]);
    const other = book.reserve({}, at(0), { keyId: "key_2", keyName: "dev" });
    expect(held(other)).toMatchObject({ nanoUsd: 3_500_000 });
  });
});

describe("what does not fit", () => {
  const cases: readonly (readonly [
    title: string,
    limitNanoUsd: number,
    ask: Partial<BudgetAsk>,
    cap: number | null | "refused",
  ])[] = [
    ["is capped at what is left", 3_000_000, {}, 2_000],
    ["is capped at no less than 1,000 tokens", 2_000_000, {}, 1_000],
    ["is refused below that", 1_999_000, {}, "refused"],
    ["fits to the last token", 5_000_000, {}, null],
    ["is capped by one token less", 4_999_999, {}, 3_999],
    ["may be shorter where the client wants less", 1_200_000, { maxOutputTokens: 200 }, null],
    ["is refused where not even that fits", 1_198_000, { maxOutputTokens: 200 }, "refused"],
    ["is refused where a target takes no limit", 3_000_000, { canCap: false }, "refused"],
    ["shares the limit among several answers", 10_000_000, { answerCount: 3 }, 3_000],
    ["costs no more than the model can write", 70_000_000, { maxOutputTokens: null }, 34_500],
    ["leaves a model's own limit alone where that fits", 200_000_000, { maxOutputTokens: null }, null],
    [
      "is capped where nothing says how long it may become",
      200_000_000,
      { maxOutputTokens: null, modelOutputTokens: null },
      16_384,
    ],
    ["takes all that a small budget has", 9_000_000, { maxOutputTokens: null }, 8_000],
    ["leaves half of a larger one to the next", 31_000_000, { maxOutputTokens: null }, 15_000],
    ["is free at a price of nothing", 0, { rates: { input: 0, output: 0 } }, null],
    ["is refused by a budget of nothing", 0, {}, "refused"],
    ["writes nothing where nothing is to be written", 1_000_000, { maxOutputTokens: 0, canCap: false }, null],
  ];
  for (const [title, limitNanoUsd, ask, cap] of cases) {
    test(title, () => {
      const admission = open([budget({ limitNanoUsd })]).reserve(ask);
      expect(admission.ok ? (admission.reservation?.outputCap ?? null) : "refused").toBe(cap);
      if (admission.ok) expect(admission.reservation?.nanoUsd).toBeLessThanOrEqual(limitNanoUsd);
    });
  }

  test("is refused by name, with what is spent, what is held and what it would need", () => {
    const book = open([budget({ limitNanoUsd: 6_000_000 })], () => 500_000);
    held(book.reserve());
    expect(refusalOf(book.reserve())).toMatchObject({
      reason: "over-budget",
      leastNanoUsd: 2_000_000,
      isHeld: true,
      mayDegrade: false,
      state: { spentNanoUsd: 500_000, reservedNanoUsd: 5_000_000, resetsAt: Date.UTC(2026, 10, 23) },
    });
  });

  test("is only held up where open calls stand in the way, not what is spent", () => {
    const reasons = [0, 2_000_000, 4_500_000].map((spent) => {
      const book = open([budget({ limitNanoUsd: 6_000_000 })], () => spent);
      book.reserve();
      return refusalOf(book.reserve()).isHeld;
    });
    expect(reasons).toEqual([true, true, false]);
  });

  test("waits for the last of several budgets, and degrades where all of them would", () => {
    const day = budget({ limitNanoUsd: 0, over: "degrade" });
    const month = budget({ id: "month", period: "month", limitNanoUsd: 0, over: "degrade" });
    const total = budget({ id: "total", period: "total", limitNanoUsd: 0 });
    expect(refusalOf(open([month, day]).reserve())).toMatchObject({ mayDegrade: true, state: { budget: month } });
    expect(refusalOf(open([total, day]).reserve())).toMatchObject({ mayDegrade: false, state: { budget: total } });
  });

  test("passes a budget that only warns, whole", () => {
    const book = open([budget({ over: "warn", limitNanoUsd: 1 })]);
    expect(held(book.reserve({ maxOutputTokens: null }))).toMatchObject({ nanoUsd: 65_000_000, outputCap: null });
  });
});

describe("a model without a price", () => {
  test("is refused by any budget that does not allow it, whatever its policy", () => {
    const refused = open([budget({ over: "warn" })]).reserve({ rates: null });
    expect(refusalOf(refused)).toMatchObject({ reason: "unpriced", leastNanoUsd: null });
  });

  test("holds nothing where it is allowed, and is refused when nothing is left", () => {
    const allowing = budget({ isUnpricedAllowed: true });
    expect(held(open([allowing]).reserve({ rates: null }))).toMatchObject({ nanoUsd: 0, outputCap: null });
    const spent = open([allowing], () => 10_000_000).reserve({ rates: null });
    expect(refusalOf(spent)).toMatchObject({ reason: "over-budget" });
  });
});

describe("whom a budget counts", () => {
  const cases: readonly (readonly [scope: Budget["scope"], name: string | null, isCounted: boolean])[] = [
    ["global", null, true],
    ["key", "ci", true],
    ["key", "key_1", true],
    ["key", "*", true],
    ["key", "dev", false],
    ["project", "web", true],
    ["project", "*", true],
    ["project", "cli", false],
    ["provider", "lab", true],
    ["provider", "other", false],
    ["model", "lab/m", true],
    ["model", "lab/*", true],
    ["model", "*", true],
    ["model", "m", false],
    ["model", "lab", false],
  ];
  for (const [scope, name, isCounted] of cases) {
    test(`${scope} ${name ?? ""} ${isCounted ? "counts" : "does not count"} this call`, () => {
      const admission = open([budget({ scope, name })]).reserve();
      expect(admission.ok && admission.reservation !== null).toBe(isCounted);
    });
  }

  test("never counts a caller without a key or a project where it asks for one", () => {
    const book = open([budget({ scope: "key", name: "*" }), budget({ scope: "project", name: "*" })]);
    const admission = book.reserve({}, at(0), { keyId: null, keyName: null, project: null });
    expect(admission).toEqual({ ok: true, reservation: null });
  });

  test("keeps two budgets of one id but of two origins apart", () => {
    const own = budget({ scope: "project", name: "web", limitNanoUsd: 8_000_000 });
    const asked = budget({ scope: "project", name: "web", limitNanoUsd: 6_000_000, origin: "project" });
    const book = open([own, asked]);
    held(book.reserve());
    expect(book.statesOf(SUBJECT, at(0)).map((state) => state.budget.limitNanoUsd)).toEqual([8_000_000, 6_000_000]);
    expect(book.left()).toEqual([
      [0, 5_000_000],
      [0, 5_000_000],
    ]);
  });

  test("lists budgets before anyone spends, and names of `*` as they come up", () => {
    const each = budget({ id: "each", scope: "key", name: "*" });
    const book = open([each, budget()]);
    const names = (states: readonly BudgetState[]) => states.map((state) => `${state.budget.id} ${state.name ?? ""}`);
    expect(names(book.states(at(0), []))).toEqual(["day "]);
    expect(names(book.states(at(0), [SUBJECT]))).toEqual(["each ci", "day "]);
    held(book.reserve({}, at(0), { keyId: "key_2", keyName: "dev" }));
    expect(names(book.states(at(0), []))).toEqual(["each ci", "each dev", "day "]);
  });
});

describe("windows", () => {
  test("begin at nothing; what was asked before counts where it began", () => {
    const book = open([budget()]);
    const late = held(book.reserve({}, at(11)));
    expect(book.left(at(13))).toEqual([[0, 0]]);
    held(book.reserve({}, at(13)));
    book.settle(late, 4_000_000);
    expect(book.left(at(13))).toEqual([[0, 5_000_000]]);
  });

  test("are learnt once each, and once more after the clock was set back, with what is open", () => {
    const asked: string[] = [];
    const book = open([budget()], (_, { from }) => {
      asked.push(new Date(from ?? 0).toISOString().slice(0, 10));
      return 1_000_000;
    });
    held(book.reserve());
    held(book.reserve({ maxOutputTokens: 1_000 }, at(1)));
    book.left(at(24));
    book.left(at(25));
    expect(asked).toEqual(["2026-11-22", "2026-11-23"]);
    expect(book.left(at(0))).toEqual([[1_000_000, 7_000_000]]);
    expect(asked).toHaveLength(3);
  });

  test("are learnt anew when the configuration is", () => {
    const book = open([budget()]);
    const reservation = held(book.reserve());
    book.use({ budgets: [budget({ limitNanoUsd: 6_000_000 })], timeZone: "UTC", spentOf: () => 500_000 });
    expect(book.left()).toEqual([[500_000, 5_000_000]]);
    expect(book.reserve().ok).toBe(false);
    book.settle(reservation, 100_000);
    expect(book.left()).toEqual([[600_000, 0]]);
  });
});

describe("leases", () => {
  test("that run out count as spent, until their attempt is heard of", () => {
    const book = open([budget()]);
    const reservation = held(book.reserve());
    expect(book.left(at(0, LEASE_MS - 1))).toEqual([[0, 5_000_000]]);
    expect(book.left(at(0, LEASE_MS))).toEqual([[5_000_000, 0]]);
    book.settle(reservation, 1_000_000);
    expect(book.left(at(0, LEASE_MS))).toEqual([[1_000_000, 0]]);
  });

  test("are renewed by the attempt, and by no setting of the clock", () => {
    const book = open([budget({ period: "total" })]);
    const reservation = held(book.reserve());
    book.renew(reservation, at(0, LEASE_MS - 1));
    expect(book.left(at(1_000, LEASE_MS + 1))).toEqual([[0, 5_000_000]]);
    expect(book.left(at(-1_000, 2 * LEASE_MS - 1))).toEqual([[5_000_000, 0]]);
  });
});

describe("thresholds", () => {
  function steps(spends: readonly number[], more: Partial<Budget> = {}, before = 0): readonly string[] {
    const book = open([budget({ over: "warn", ...more })], () => before);
    return spends.flatMap((cost) =>
      book.settle(held(book.reserve()), cost).map(({ step, percent }) => `${step} ${percent}`),
    );
  }

  test("are told once each, in order, also when one call passes several", () => {
    expect(steps([4_000_000, 1_000_000, 500_000])).toEqual(["warning 50"]);
    expect(steps([4_999_999, 1])).toEqual(["warning 50"]);
    expect(steps([12_000_000, 1_000_000])).toEqual(["warning 50", "warning 80", "exceeded 100"]);
  });

  test("that were passed before a start are not told again", () => {
    expect(steps([3_000_000, 1_000_000], {}, 6_000_000)).toEqual(["warning 80", "exceeded 100"]);
  });

  test("of a budget of nothing are reached by anything", () => {
    expect(steps([0, 1], { limitNanoUsd: 0, warnAt: [] })).toEqual(["exceeded 100"]);
  });

  test("are told anew in a new window", () => {
    const book = open([budget({ over: "warn", warnAt: [] })]);
    const spend = (hours: number) => book.settle(held(book.reserve({}, at(hours))), 10_000_000).length;
    expect([spend(0), spend(1), spend(13), spend(14)]).toEqual([1, 0, 1, 0]);
  });
});

describe("whatever is asked, settled, lost, renewed, loaded anew, and whatever happens to the clock", () => {
  test("no budget is ever overrun, and every sum is the ledger's", () => {
    const played = playSchedules(2_000, 40, 1);
    console.log(`budget schedules: 2000 of 40 steps ${JSON.stringify(played)}`);
    expect(played).toMatchObject({ overspentNanoUsd: 0, mismatches: 0 });
    for (const count of [played.admitted, played.refused, played.capped, played.expired]) {
      expect(count).toBeGreaterThan(300);
    }
  });
});
