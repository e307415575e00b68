import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createSqliteLedger } from "../../src/stores/sqlite/ledger.ts";
import { createLedgerReader } from "../../src/stores/sqlite/ledger-queries.ts";
import { StoreError } from "../../src/stores/store-error.ts";
import { intentOf, NOON, outcomeOf, PRICE } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

function openWithClock() {
  const folder = temporaryFolder();
  const clock = createFakeClock(NOON);
  const stores = mustOpen(folder.path, clock);
  return {
    path: folder.path,
    clock,
    ledger: stores.ledger,
    [Symbol.dispose]: () => {
      stores.close();
      folder[Symbol.dispose]();
    },
  };
}

/** A ledger whose file cannot grow until it is allowed to. */
function openFullLedger(maxQueueBytes: number) {
  const folder = temporaryFolder();
  mustOpen(folder.path).close();
  const path = join(folder.path, "ledger.db");
  const writer = new Database(path, { readwrite: true, strict: true });
  writer.run("PRAGMA journal_mode = WAL");
  const setMaxPages = (pages: number) => writer.run("PRAGMA max_page_count = " + String(pages));
  setMaxPages(1);
  const clock = createFakeClock(NOON);
  const reader = createLedgerReader(new Database(path, { readonly: true, strict: true }), path);
  const ledger = createSqliteLedger({ path, writer, reader, clock, maxQueueBytes });
  return { ledger, clock, makeRoom: () => setMaxPages(1_000_000), [Symbol.dispose]: folder[Symbol.dispose] };
}

describe("group commit", () => {
  test("writes what is queued after 50 ms, not before", () => {
    using store = openWithClock();
    store.ledger.reserve(intentOf());
    store.clock.advance(49);
    expect([...store.ledger.query({})]).toHaveLength(0);
    store.clock.advance(1);
    expect([...store.ledger.query({})]).toHaveLength(1);
    expect(store.clock.pending).toBe(0);
  });

  test("writes at once when 500 rows wait, in batches of at most 500", () => {
    using store = openWithClock();
    for (let number = 0; number < 1_250; number += 1) store.ledger.reserve(intentOf({ requestId: `req_${number}` }));
    store.clock.advance(0);
    expect([...store.ledger.query({})]).toHaveLength(1_000);
    store.clock.advance(50);
    expect([...store.ledger.query({})]).toHaveLength(1_250);
  });

  test("writes an intent and its outcome as one row when both still wait", () => {
    using store = openWithClock();
    store.ledger.reserve(intentOf());
    store.ledger.stream("req_1", 1);
    store.ledger.settle(outcomeOf(), PRICE);
    expect(store.ledger.health().queued).toBe(1);
    store.clock.advance(50);
    expect([...store.ledger.query({})]).toMatchObject([{ state: "final" }]);
  });

  test("close commits what is queued", () => {
    using folder = temporaryFolder();
    const stores = mustOpen(folder.path, createFakeClock(NOON));
    stores.ledger.reserve(intentOf());
    stores.close();
    const again = mustOpen(folder.path);
    expect([...again.ledger.query({})]).toHaveLength(1);
    again.close();
  });

  test("one row the database refuses costs only itself and is reported", async () => {
    using store = openWithClock();
    store.ledger.reserve(intentOf({ requestId: "old" }));
    store.ledger.settle(outcomeOf({ requestId: "old" }), PRICE);
    await store.ledger.flush();
    store.ledger.reserve(intentOf({ requestId: "good" }));
    store.ledger.reserve(intentOf({ requestId: "old" }));
    store.ledger.reserve(intentOf({ requestId: "fine" }));
    await store.ledger.flush();
    expect([...store.ledger.query({})].map(({ requestId }) => requestId).toSorted()).toEqual(["fine", "good", "old"]);
    expect(store.ledger.totals({}).attempts).toBe(3);
    expect(store.ledger.health()).toMatchObject({
      queued: 0,
      rejected: 1,
      lastError: expect.stringContaining("old#1"),
    });
  });
});

/** Enough long rows that no free page of the file can take them. */
function reserveMany(ledger: ReturnType<typeof openFullLedger>["ledger"], count: number): number {
  let accepted = 0;
  for (let number = 0; number < count; number += 1) {
    if (ledger.reserve(intentOf({ requestId: `req_${number}`, client: "x".repeat(2_000) }))) accepted += 1;
  }
  return accepted;
}

describe("a full disk", () => {
  test("keeps the rows, says so, and writes them when there is room again", async () => {
    using store = openFullLedger(10_000_000);
    reserveMany(store.ledger, 150);
    const failed = await store.ledger.flush().then(
      () => null,
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(StoreError);
    expect(failed).toMatchObject({ fault: { code: "store_full", message: expect.stringContaining("ledger.db") } });
    expect(store.ledger.health()).toMatchObject({ queued: 150, lastError: expect.stringContaining("disk is full") });
    store.clock.advance(1_000);
    expect(store.ledger.health().queued).toBe(150);
    store.makeRoom();
    store.clock.advance(20_000);
    expect(store.ledger.health()).toMatchObject({ queued: 0, lastError: null, rejected: 0 });
    expect(store.ledger.totals({}).attempts).toBe(150);
    expect([...store.ledger.query({})]).toHaveLength(150);
    store.ledger.close();
  });

  test("lets the file be closed; what waited is lost then, as a flush before tells", async () => {
    using store = openFullLedger(10_000_000);
    reserveMany(store.ledger, 150);
    expect(store.ledger.flush()).rejects.toBeInstanceOf(StoreError);
    expect(store.ledger.health().queued).toBe(150);
    expect(() => store.ledger.close()).not.toThrow();
    expect(store.clock.pending).toBe(0);
  });

  test("tries again with growing pauses, at most 5 s apart", () => {
    using store = openFullLedger(10_000_000);
    reserveMany(store.ledger, 50);
    let tries = 0;
    const errorAt: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      const before = store.ledger.health().lastError;
      store.clock.advance(1_000);
      if (before !== null) errorAt.push(second);
      tries += 1;
    }
    expect(tries).toBe(60);
    expect(errorAt.length).toBeGreaterThan(50);
    store.makeRoom();
    store.clock.advance(5_000);
    expect(store.ledger.health().queued).toBe(0);
    store.ledger.close();
  });

  test("refuses new attempts when the queue reaches its bound, but takes every outcome owed", () => {
    using store = openFullLedger(200_000);
    const accepted = reserveMany(store.ledger, 1_000);
    expect(accepted).toBeGreaterThan(20);
    expect(accepted).toBeLessThan(100);
    expect(store.ledger.health().isFull).toBe(true);
    for (let number = 0; number < accepted; number += 1)
      store.ledger.settle(outcomeOf({ requestId: `req_${number}` }), PRICE);
    expect(store.ledger.health().queued).toBe(accepted);
    store.makeRoom();
    store.clock.advance(20_000);
    expect(store.ledger.reserve(intentOf({ requestId: "next" }))).toBe(true);
    expect(store.ledger.totals({})).toMatchObject({ attempts: accepted, costNanoUsd: accepted * 12_345 });
    store.ledger.close();
  });
});
