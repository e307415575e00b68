import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LodestarEvent } from "../../../src/core/event.ts";
import type { AttemptIntent, AttemptOutcome, LedgerRow } from "../../../src/core/ledger.ts";
import { createTally, NO_COUNTS } from "../../../src/features/counter/tally.ts";
import { createMemoryLedger } from "../../../src/stores/memory/ledger.ts";
import { intentOf, NOON, outcomeOf, PRICE, usageOf } from "../../stores/attempts.ts";

type More = Partial<AttemptIntent> & Partial<AttemptOutcome>;

function settled(more: More = {}): Extract<LodestarEvent, { event: "settled" }> {
  const { requestId = "req_1", attempt = 1 } = more;
  const intent = { ...intentOf(), ...pick(intentOf(), more), requestId, attempt };
  const outcome = { ...outcomeOf(), ...pick(outcomeOf(), more), requestId, attempt };
  return { event: "settled", at: outcome.endedAt, intent, outcome };
}

function pick<Base extends object>(base: Base, more: object): Partial<Base> {
  return Object.fromEntries(Object.entries(more).filter(([name]) => name in base)) as Partial<Base>;
}

function rowOf({ intent, outcome }: ReturnType<typeof settled>): LedgerRow {
  return { ...intent, ...outcome };
}

function fallback(requestId: string): LodestarEvent {
  return {
    event: "fallback",
    at: NOON,
    requestId,
    from: "bad/b",
    to: "good/m",
    fault: "upstream-error",
    message: "500",
  };
}

describe("the tally of a session", () => {
  test("starts at nothing and adds what its own attempts used", () => {
    const tally = createTally("session_1");
    expect(tally.counts()).toEqual(NO_COUNTS);
    expect(tally.note(settled())).toBe(true);
    expect(tally.counts()).toEqual({
      requests: 1,
      inputTokens: 150,
      outputTokens: 20,
      costNanoUsd: 12_345,
      savedNanoUsd: 1_000,
      unpriced: 0,
      budget: null,
      last: { model: "deepseek/deepseek-v4-flash", route: "alias:cheap" },
      trouble: null,
    });
  });

  test("leaves other sessions, other events and what it knows alone", () => {
    const tally = createTally("session_1");
    tally.note(settled());
    const before = tally.counts();
    expect(tally.note(settled())).toBe(false);
    expect(tally.noteRow(rowOf(settled()))).toBe(false);
    expect(tally.note(settled({ requestId: "req_2", session: "session_2" }))).toBe(false);
    expect(tally.note(settled({ requestId: "req_3", session: null }))).toBe(false);
    expect(tally.note(fallback("req_9"))).toBe(false);
    expect(tally.note({ event: "config", at: NOON, outcome: "loaded", message: "" })).toBe(false);
    expect(tally.noteRow({ ...rowOf(settled({ requestId: "req_4" })), state: "streaming" })).toBe(false);
    expect(tally.counts()).toEqual(before);
  });

  test("names a failed attempt and its stand-in until one answers", () => {
    const tally = createTally("session_1");
    const fault = { kind: "upstream-error", message: "500" } as const;
    tally.note(settled({ state: "failed", usage: usageOf(0, 0), costNanoUsd: 0, savedNanoUsd: null, fault }));
    expect(tally.counts()).toMatchObject({ requests: 1, last: null, trouble: "upstream-error" });
    expect(tally.note(fallback("req_1"))).toBe(true);
    expect(tally.counts().trouble).toBe("upstream-error, now good/m");
    tally.note(settled({ attempt: 2, provider: "good", model: "m", routeReason: "chain:duo#2", endedAt: NOON + 950 }));
    expect(tally.counts()).toMatchObject({
      requests: 1,
      last: { model: "good/m", route: "chain:duo#2" },
      trouble: null,
    });
  });

  test("an attempt without a price is counted as such, an answer that was cut off before its first word is none", () => {
    const tally = createTally("session_1");
    tally.note(settled({ costNanoUsd: null }));
    tally.note(
      settled({ requestId: "req_2", state: "aborted", usage: usageOf(10, 0), provider: "other", endedAt: NOON + 999 }),
    );
    expect(tally.counts()).toMatchObject({ unpriced: 1, last: { model: "deepseek/deepseek-v4-flash" } });
  });

  test("an older row that comes late adds to the sums and is not the last answer", () => {
    const tally = createTally("session_1");
    tally.note(settled({ requestId: "req_2", endedAt: NOON + 5_000 }));
    expect(tally.noteRow(rowOf(settled({ provider: "old", endedAt: NOON })))).toBe(true);
    expect(tally.counts()).toMatchObject({ requests: 2, last: { model: "deepseek/deepseek-v4-flash" } });
  });

  test("has the same sums as the ledger, in whatever order events and rows come", async () => {
    const attempt = fc.record({
      request: fc.nat(5),
      input: fc.nat(100_000),
      output: fc.nat(10_000),
      cost: fc.option(fc.nat(1_000_000_000)),
      saved: fc.option(fc.nat(1_000_000)),
      session: fc.constantFrom("session_1", "session_2"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(attempt, { maxLength: 20 }),
        fc.infiniteStream(fc.boolean()),
        async (attempts, isRow) => {
          const ledger = createMemoryLedger({ now: () => NOON });
          const tally = createTally("session_1");
          const count = new Map<string, number>();
          for (const { request, input, output, cost, saved, session } of attempts) {
            const requestId = `req_${session}_${request}`;
            count.set(requestId, (count.get(requestId) ?? 0) + 1);
            const usage = usageOf(input, output);
            const event = settled({
              ...{ requestId, attempt: count.get(requestId) ?? 1, session },
              ...{ usage, costNanoUsd: cost, savedNanoUsd: saved },
            });
            ledger.reserve(event.intent);
            ledger.settle(event.outcome, PRICE);
            for (let times = 0; times < 2; times++) {
              if (isRow.next().value === true) tally.noteRow(rowOf(event));
              else tally.note(event);
            }
          }
          await ledger.flush();
          const { requests, inputTokens, outputTokens, costNanoUsd, savedNanoUsd, unpriced } = ledger.totals({
            session: "session_1",
          });
          const truth = { requests, inputTokens, outputTokens, costNanoUsd, savedNanoUsd, unpriced };
          expect(tally.counts()).toMatchObject(truth);
        },
      ),
    );
  });
});
