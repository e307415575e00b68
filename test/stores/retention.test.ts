import { describe, expect, test } from "bun:test";
import { startRetention } from "../../src/stores/retention.ts";
import { DAY, intentOf, NOON, outcomeOf, PRICE } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const HOUR = 3_600_000;

describe("retention", () => {
  test("deletes what is older than its days in small chunks, with pauses, and keeps the sums", async () => {
    using folder = temporaryFolder();
    const clock = createFakeClock(NOON);
    const { ledger, close } = mustOpen(folder.path, clock);
    for (let number = 0; number < 600; number += 1) {
      ledger.reserve(intentOf({ requestId: `old_${number}`, startedAt: NOON - 91 * DAY }));
      ledger.settle(outcomeOf({ requestId: `old_${number}` }), PRICE);
    }
    ledger.reserve(intentOf({ requestId: "kept", startedAt: NOON - 89 * DAY }));
    await ledger.flush();
    const before = ledger.totals({});
    const left = () => [...ledger.query({})].length;
    const stop = startRetention({
      store: ledger,
      clock,
      days: () => 90,
      onError: (error) => expect(error).toBeUndefined(),
    });
    const counts = [left()];
    for (let chunk = 0; chunk < 4; chunk += 1) {
      clock.advance(200);
      counts.push(left());
    }
    expect(counts).toEqual([601, 351, 101, 1, 1]);
    expect(ledger.totals({})).toEqual(before);
    stop();
    close();
  });

  test("a clock that is set a year ahead deletes nothing for a day, and nothing at all when it is set back", () => {
    const clock = createFakeClock(NOON);
    let aheadMs = 0;
    const asked: number[] = [];
    const prune = (before: number) => {
      asked.push(before);
      return 0;
    };
    const now = () => clock.now() + aheadMs;
    const options = { store: { prune }, clock: { ...clock, now }, days: () => 90, onError: () => undefined };
    const stop = startRetention({ ...options, newest: () => NOON - DAY });
    clock.advance(200);
    expect(asked).toHaveLength(1);
    aheadMs = 365 * DAY;
    clock.advance(20 * HOUR);
    expect(asked).toHaveLength(1);
    aheadMs = 0;
    clock.advance(HOUR);
    expect(asked.at(-1)).toBe(clock.now() - 90 * DAY);
    expect(asked).toHaveLength(2);
    aheadMs = 365 * DAY;
    clock.advance(26 * HOUR);
    // Whoever lets it be for a day means it.
    expect(asked.length).toBeGreaterThan(2);
    stop();
  });

  test.each([
    ["a year older than the clock says, is held for a day", 365, 24],
    ["of yesterday, begins at once", 1, 0],
  ])("a start whose newest row is %s", (_, daysOld, heldRounds) => {
    const clock = createFakeClock(NOON);
    let rounds = 0;
    const prune = () => {
      rounds += 1;
      return 0;
    };
    const stop = startRetention({
      store: { prune },
      clock,
      days: () => 90,
      newest: () => NOON - daysOld * DAY,
      onError: () => undefined,
    });
    clock.advance(200 + heldRounds * HOUR - 1);
    expect(rounds).toBe(0);
    clock.advance(1);
    expect(rounds).toBe(1);
    stop();
  });

  test("comes back every hour, reports a store that refuses, and ends when told", () => {
    const clock = createFakeClock(NOON);
    const errors: unknown[] = [];
    let rounds = 0;
    const prune = () => {
      rounds += 1;
      if (rounds === 2) throw new Error("disk full");
      return 0;
    };
    const stop = startRetention({ store: { prune }, clock, days: () => 90, onError: (error) => errors.push(error) });
    clock.advance(200 + 3 * HOUR);
    expect(rounds).toBe(4);
    expect(errors).toMatchObject([{ message: "disk full" }]);
    stop();
    clock.advance(10 * HOUR);
    expect(rounds).toBe(4);
    expect(clock.pending).toBe(0);
  });
});
