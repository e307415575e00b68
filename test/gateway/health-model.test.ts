import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Fault } from "../../src/core/fault.ts";
import { createBus } from "../../src/gateway/bus.ts";
import { createHealthBook } from "../../src/gateway/health.ts";
import { createFakeClock } from "../stores/fake-clock.ts";

const GROUPS: Readonly<Record<string, string>> = { a: "team", b: "team", c: "c" };
const ACCOUNTS = Object.keys(GROUPS);

type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "ask"; readonly account: string; readonly outcome: "answer" | Fault }
  | { readonly kind: "probe"; readonly account: string; readonly isUp: boolean };

const account = fc.constantFrom(...ACCOUNTS);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant<Fault>({ kind: "connect", message: "m" }),
  fc.constant<Fault>({ kind: "upstream-error", message: "m" }),
  fc.constant<Fault>({ kind: "bad-request", message: "m", status: 400 }),
  fc.constant<Fault>({ kind: "client-left", message: "m" }),
  fc
    .integer({ min: 1, max: 90_000 })
    .map((retryAfterMs): Fault => ({ kind: "rate-limited", message: "m", retryAfterMs })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 40_000 }).map((ms): Step => ({ kind: "wait", ms })),
  fc.record({ kind: fc.constant("ask" as const), account, outcome: fc.oneof(fc.constant("answer" as const), fault) }),
  fc.record({ kind: fc.constant("probe" as const), account, isUp: fc.boolean() }),
);

/** What must hold whatever happens, kept apart from the book: when each group last asked for a pause, and who failed how often. */
function createModel() {
  const pausedUntil = new Map<string, number>();
  const faults = new Map<string, number>();
  return {
    note(name: string, outcome: "answer" | Fault, now: number): void {
      if (outcome === "answer") faults.set(name, 0);
      else if (outcome.kind === "rate-limited") {
        const group = GROUPS[name] ?? name;
        pausedUntil.set(group, Math.max(pausedUntil.get(group) ?? 0, now + (outcome.retryAfterMs ?? 0)));
      } else if (outcome.kind === "connect" || outcome.kind === "upstream-error")
        faults.set(name, (faults.get(name) ?? 0) + 1);
    },
    probed: (name: string) => faults.set(name, (faults.get(name) ?? 0) + 1),
    pauseOf: (name: string): number => pausedUntil.get(GROUPS[name] ?? name) ?? 0,
    faultsOf: (name: string): number => faults.get(name) ?? 0,
  };
}

test("over any history a pause is kept to its end by all who share it, few faults leave nobody out, and nobody is left out for ever", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const fake = createFakeClock(1_000_000);
      const clock = { ...fake, monotonic: fake.now, random: () => 0 };
      const policy = { failures: 3, windowMs: 60_000, isOff: false };
      const book = createHealthBook(
        clock,
        createBus(),
        () => policy,
        (_, name) => GROUPS[name] ?? name,
      );
      const model = createModel();
      for (const one of steps) {
        if (one.kind === "wait") clock.advance(one.ms);
        else if (one.kind === "probe") {
          book.probed("p", one.account, one.isUp ? null : { kind: "connect", message: "m" });
          if (!one.isUp) model.probed(one.account);
        } else if (book.coolingUntil("p", one.account) === null) {
          const target = { provider: "p", account: one.account, model: "m" };
          book.asked(target);
          model.note(one.account, one.outcome, clock.now());
          if (one.outcome === "answer") book.succeeded(target);
          else book.failed(target, one.outcome);
        }
        for (const name of ACCOUNTS) {
          const until = book.coolingUntil("p", name) ?? 0;
          const pause = model.pauseOf(name);
          if (pause > clock.now()) expect(until).toBeGreaterThanOrEqual(pause);
          if (pause <= clock.now() && model.faultsOf(name) < policy.failures) expect(until).toBe(0);
          expect(until - clock.now()).toBeLessThanOrEqual(300_000);
        }
      }
    }),
  );
});

/** A book that takes an account out at its first failure; every account is a group of its own. */
function openBook() {
  const fake = createFakeClock(1_000_000);
  const clock = { ...fake, monotonic: fake.now, random: () => 0 };
  const policy = { failures: 1, windowMs: 60_000, isOff: false };
  const book = createHealthBook(
    clock,
    createBus(),
    () => policy,
    (_, name) => name,
  );
  return { book, clock };
}

test("one trial at a time: of any number that find a half-open account, the first goes and the others stay away until it is over", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 29_999 }),
      fc.boolean(),
      (crowd, waitMs, isGood) => {
        const { book, clock } = openBook();
        const target = { provider: "p", account: "a", model: "m" };
        const broken: Fault = { kind: "upstream-error", message: "m" };
        book.failed(target, broken);
        clock.advance(5_000);
        let trials = 0;
        for (let asker = 0; asker < crowd; asker += 1) {
          if (book.coolingUntil("p", "a") !== null) continue;
          book.asked(target);
          trials += 1;
        }
        clock.advance(waitMs);
        expect([trials, book.coolingUntil("p", "a") !== null]).toEqual([1, true]);
        if (isGood) book.succeeded(target);
        else book.failed(target, broken);
        expect(book.coolingUntil("p", "a")).toBe(isGood ? null : clock.now() + 10_000);
      },
    ),
  );
});

test("a trial whose client leaves lets the next one go at once", () => {
  const { book, clock } = openBook();
  const target = { provider: "p", account: "a", model: "m" };
  book.failed(target, { kind: "connect", message: "m" });
  clock.advance(5_000);
  book.asked(target);
  book.failed(target, { kind: "client-left", message: "m" });
  expect([book.coolingUntil("p", "a"), book.snapshot()[0]?.state]).toEqual([null, "half-open"]);
});

test("a call that needed no answer leaves no trial and no silence behind, and says nothing of the account", () => {
  const { book, clock } = openBook();
  const target = { provider: "p", account: "a", model: "m" };
  book.asked(target);
  expect(book.watched("p", "a")).toMatchObject({ silentSince: clock.now(), lastSeenAt: null });
  book.spared(target);
  expect([book.watched("p", "a").silentSince, book.snapshot()]).toEqual([null, []]);
  book.failed(target, { kind: "connect", message: "m" });
  clock.advance(5_000);
  book.asked(target);
  book.spared(target);
  expect(book.coolingUntil("p", "a")).toBeNull();
});
