import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addAttempt,
  availabilityOf,
  countsAgainstAvailability,
  isTelling,
  sumTallies,
  type Tally,
} from "../../src/core/availability.ts";
import { BUCKET_MS, type Bucket, overSpan, SPANS, widthsOf, windowOf } from "../../src/core/availability-span.ts";
import { FAULT_RULES, type FaultKind } from "../../src/core/fault.ts";
import type { AttemptIntent, AttemptOutcome } from "../../src/core/ledger.ts";
import { intentOf, outcomeOf } from "../stores/attempts.ts";

const KINDS = Object.keys(FAULT_RULES) as FaultKind[];
const NOW = Date.UTC(2026, 10, 22, 12, 34, 56);
const SERIES = { provider: "p", account: "a", model: "m" };

const counts = fc.dictionary(fc.constantFrom("0", "8", "40"), fc.integer({ min: 1, max: 9 }));
const tally: fc.Arbitrary<Tally> = fc.record({
  answered: fc.nat(20),
  faults: fc.dictionary(fc.constantFrom(...KINDS.filter(countsAgainstAvailability)), fc.integer({ min: 1, max: 9 })),
  latency: counts,
  firstToken: counts,
});

function tallyOf(intent: AttemptIntent, outcome: AttemptOutcome): Tally | null {
  if (!isTelling(outcome)) return null;
  const sum = sumTallies([]);
  addAttempt(sum, intent, outcome);
  return sum;
}

describe("what counts against a provider", () => {
  test("is what it failed at and what it does not serve this key, and nothing that clients or we did", () => {
    expect(KINDS.filter(countsAgainstAvailability)).toEqual([
      "connect",
      "timeout",
      "rate-limited",
      "quota-exhausted",
      "auth",
      "overloaded",
      "upstream-error",
      "garbage",
      "truncated",
    ]);
  });

  test.each(["refused", "hit", "aborted"] as const)("is not an attempt that is %s", (state) => {
    expect(tallyOf(intentOf(), outcomeOf({ state, fault: null }))).toBeNull();
  });

  test("an answer is counted with its times, and without content without a first token", () => {
    const intent = intentOf({ startedAt: NOW });
    const answered = tallyOf(
      intent,
      outcomeOf({ state: "final", fault: null, endedAt: NOW + 1_000, firstTokenMs: 100 }),
    );
    expect(availabilityOf(answered ?? fail())).toMatchObject({
      attempts: 1,
      failed: 0,
      ratio: 1,
      latencyMs: { p50: 1_024, p95: 1_024 },
      firstTokenMs: { p50: 99 },
    });
    const silent = tallyOf(intent, outcomeOf({ state: "estimated", fault: null, endedAt: NOW, firstTokenMs: null }));
    expect(availabilityOf(silent ?? fail()).firstTokenMs).toBeNull();
  });
});

function fail(): never {
  throw new Error("the attempt counts");
}

describe("tallies", () => {
  test("add up to the same in any order and in any parts", () => {
    fc.assert(
      fc.property(fc.array(tally, { maxLength: 6 }), fc.nat(6), (all, cut) => {
        const parts = sumTallies([sumTallies(all.slice(cut)), sumTallies(all.slice(0, cut))]);
        expect(availabilityOf(parts)).toEqual(availabilityOf(sumTallies(all)));
      }),
    );
  });

  test("of nothing have no ratio: that is no data", () => {
    expect(availabilityOf(sumTallies([]))).toEqual({
      attempts: 0,
      failed: 0,
      ratio: null,
      faults: {},
      latencyMs: null,
      firstTokenMs: null,
    });
  });
});

describe("a span", () => {
  test.each(SPANS)(
    "of %s ends with the cell that now is in, and has whole cells, in every width that it can be had in",
    (span) => {
      for (const by of [undefined, ...widthsOf(span)]) {
        const { from, to, width } = windowOf(span, NOW, by);
        expect(to).toBeGreaterThan(NOW);
        expect(to - NOW).toBeLessThanOrEqual(BUCKET_MS[width]);
        const view = overSpan([], span, NOW, by);
        expect(view.cells.length * view.cellMs).toBe(to - from);
        expect([view.cells[0]?.at, view.cellMs]).toEqual([from, BUCKET_MS[width]]);
      }
    },
  );

  test("can be had as fine as it is kept", () => {
    expect(SPANS.map((span) => widthsOf(span))).toEqual([
      ["minute", "hour"],
      ["minute", "hour", "day"],
      ["hour", "day"],
    ]);
  });

  test("has in its cells all that it has in all, and nothing from outside it or of another width", () => {
    const bucket = fc.record({
      width: fc.constantFrom("minute" as const, "hour" as const, "day" as const),
      at: fc.integer({ min: -3_000, max: 10 }).map((minutes) => Math.floor(NOW / 60_000 + minutes) * 60_000),
      tally,
    });
    fc.assert(
      fc.property(fc.array(bucket, { maxLength: 12 }), fc.constantFrom(...SPANS), (drawn, span) => {
        const buckets: Bucket[] = drawn.map((one) => ({ ...SERIES, ...one }));
        const { width, from, to } = windowOf(span, NOW);
        const within = buckets.filter((one) => one.width === width && one.at >= from && one.at < to);
        const { attempts, failed } = availabilityOf(sumTallies(within.map((one) => one.tally)));
        const view = overSpan(buckets, span, NOW);
        expect([view.attempts, view.failed]).toEqual([attempts, failed]);
        const sum = (pick: "attempts" | "failed") => view.cells.reduce((total, cell) => total + cell[pick], 0);
        expect([sum("attempts"), sum("failed")]).toEqual([attempts, failed]);
      }),
    );
  });
});
