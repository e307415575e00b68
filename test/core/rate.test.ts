import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createConcurrencyBook, createRateBook, FAILED_AUTH_LIMIT } from "../../src/core/rate.ts";

describe("a rate book", () => {
  test("lets a burst through and then one an interval", () => {
    const book = createRateBook({ burst: 3, intervalMs: 100 });
    for (let event = 0; event < 3; event += 1) {
      expect(book.waitMs("a", 1000)).toBe(0);
      book.count("a", 1000);
    }
    expect(book.waitMs("a", 1000)).toBe(100);
    expect(book.waitMs("a", 1099)).toBe(1);
    expect(book.waitMs("a", 1100)).toBe(0);
    book.count("a", 1100);
    expect(book.waitMs("a", 1100)).toBe(100);
    expect(book.waitMs("a", 9000)).toBe(0);
  });

  test("lets the whole burst through at any fraction of a millisecond, and counts it down one by one", () => {
    const limits = fc.record({ burst: fc.integer({ min: 1, max: 60 }), perMinute: fc.integer({ min: 1, max: 1000 }) });
    fc.assert(
      fc.property(limits, fc.double({ min: 0, max: 1e9, noNaN: true }), ({ burst, perMinute }, now) => {
        const book = createRateBook({ burst, intervalMs: 60_000 / perMinute });
        for (let event = 0; event < burst; event += 1) {
          expect([book.left("a", now), book.waitMs("a", now)]).toEqual([burst - event, 0]);
          book.count("a", now);
        }
        expect(book.left("a", now)).toBe(0);
        expect(book.waitMs("a", now)).toBeGreaterThan(0);
        expect(book.fullInMs("a", now)).toBeCloseTo((burst * 60_000) / perMinute, 3);
      }),
    );
  });

  test("keeps keys apart, and forgets one that did well", () => {
    const book = createRateBook({ burst: 1, intervalMs: 100 });
    book.count("a", 0);
    expect([book.waitMs("a", 0), book.waitMs("b", 0)]).toEqual([100, 0]);
    book.forget("a");
    expect(book.waitMs("a", 0)).toBe(0);
  });

  test("holds a bounded number of keys, the least recently counted goes first", () => {
    const book = createRateBook({ burst: 1, intervalMs: 100 }, 2);
    book.count("a", 0);
    book.count("b", 0);
    book.count("a", 0);
    book.count("c", 0);
    expect([book.waitMs("a", 0) > 0, book.waitMs("b", 0), book.waitMs("c", 0) > 0]).toEqual([true, 0, true]);
  });

  test("never lets more than the burst and one an interval through, however events fall", () => {
    const limits = fc.record({ burst: fc.integer({ min: 1, max: 5 }), intervalMs: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 100 }), (limit, gaps) => {
        const book = createRateBook(limit);
        const taken: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (book.waitMs("k", now) > 0) continue;
          book.count("k", now);
          taken.push(now);
        }
        for (const [index, start] of taken.entries()) {
          for (const [offset, end] of taken.slice(index).entries()) {
            expect(offset + 1).toBeLessThanOrEqual(limit.burst + Math.floor((end - start) / limit.intervalMs));
          }
        }
      }),
    );
  });

  test("allows ten wrong keys at once, which is far from guessing one of 2^256", () => {
    const book = createRateBook(FAILED_AUTH_LIMIT);
    for (let event = 0; event < 10; event += 1) book.count("10.0.0.1", 0);
    expect(book.waitMs("10.0.0.1", 0)).toBe(6000);
  });
});

describe("a concurrency book", () => {
  test("gives out so many places a key and takes each back once", () => {
    const book = createConcurrencyBook(2);
    const first = book.take("a");
    const second = book.take("a");
    expect(book.take("a")).toBeNull();
    expect(book.take("b")).not.toBeNull();
    first?.();
    first?.();
    expect(book.open("a")).toBe(1);
    expect(book.take("a")).not.toBeNull();
    second?.();
    expect(book.open("a")).toBe(1);
  });

  test("ends at zero after any order of taking and giving back", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ key: fc.constantFrom("a", "b"), isTake: fc.boolean() })), (steps) => {
        const book = createConcurrencyBook(3);
        const held: (() => void)[] = [];
        for (const { key, isTake } of steps) {
          const place = isTake ? book.take(key) : null;
          if (place !== null) held.push(place);
          else if (!isTake) held.shift()?.();
          expect(book.open(key)).toBeLessThanOrEqual(3);
        }
        for (const giveBack of held) giveBack();
        expect([book.open("a"), book.open("b")]).toEqual([0, 0]);
      }),
    );
  });
});
