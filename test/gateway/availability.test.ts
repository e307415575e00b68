import { describe, expect, test } from "bun:test";
import { sumTallies } from "../../src/core/availability.ts";
import type { Bucket } from "../../src/core/availability-span.ts";
import { createAvailabilityBook } from "../../src/gateway/availability.ts";
import type { HealthFilter } from "../../src/stores/ports.ts";
import { intentOf, NOON, outcomeOf } from "../stores/attempts.ts";
import { createFakeClock } from "../stores/fake-clock.ts";

const MINUTES: HealthFilter = { width: "minute", from: 0, to: Number.MAX_SAFE_INTEGER };

/** A book over a store that can refuse; `written` are the batches that it took. */
function open() {
  const fake = createFakeClock(NOON);
  const written: (readonly Bucket[])[] = [];
  const said: string[] = [];
  const store = { isFull: false, pruned: 0, isClosed: false };
  const history = {
    buckets: () => [],
    add(buckets: readonly Bucket[]) {
      if (store.isFull) throw new Error("disk full");
      written.push(buckets);
    },
    prune: () => {
      store.pruned += 1;
      return 0;
    },
    close: () => {
      store.isClosed = true;
    },
  };
  const clock = { ...fake, monotonic: fake.now, random: () => 0 };
  const book = createAvailabilityBook(history, clock, { write: (_level, message) => said.push(message) });
  const note = (model = "m"): void => {
    const at = clock.now();
    book.note({
      event: "settled",
      at,
      intent: intentOf({ model, startedAt: at }),
      outcome: outcomeOf({ endedAt: at, fault: null }),
    });
  };
  const answered = (): number => sumTallies(book.buckets(MINUTES).map(({ tally }) => tally)).answered;
  return { clock, book, store, written, said, note, answered };
}

describe("what becomes of calls", () => {
  test("counts at once, and is written in one batch a second", () => {
    const { clock, written, note, answered } = open();
    for (let call = 0; call < 5; call += 1) note();
    expect([answered(), written.length]).toEqual([5, 0]);
    clock.advance(1_000);
    expect(written.map((batch) => batch.map(({ width, tally }) => [width, tally.answered]))).toEqual([
      [
        ["minute", 5],
        ["hour", 5],
        ["day", 5],
      ],
    ]);
    clock.advance(60_000);
    expect(written.length).toBe(1);
  });

  test("waits while the store refuses, which the log says once, and is written whole when it takes it again", () => {
    const { clock, store, written, said, note, answered } = open();
    store.isFull = true;
    for (let call = 0; call < 5; call += 1) {
      note();
      clock.advance(10_000);
    }
    expect([said, answered()]).toEqual([["the health history could not be written"], 5]);
    store.isFull = false;
    clock.advance(60_000);
    expect(
      sumTallies(
        written
          .flat()
          .filter(({ width }) => width === "hour")
          .map(({ tally }) => tally),
      ).answered,
    ).toBe(5);
  });

  test("is bounded, whatever models clients think of", () => {
    const { book, note, answered } = open();
    for (let model = 0; model < 1_000; model += 1) note(`invented-${model}`);
    const names = book.buckets(MINUTES).map(({ model }) => model);
    expect([names.length, names.includes("(other)"), answered()]).toEqual([201, true, 1_000]);
  });

  test("is written at the end, and nothing is noted after it", () => {
    const { book, store, written, note } = open();
    note();
    book.close();
    note();
    expect([written.length, store.isClosed]).toEqual([1, true]);
  });

  test("makes old buckets go once an hour", () => {
    const { clock, store, note } = open();
    for (let minute = 0; minute < 90; minute += 1) {
      note();
      clock.advance(60_000);
    }
    expect(store.pruned).toBe(2);
  });
});
