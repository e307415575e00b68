import { afterEach, expect, test } from "bun:test";
import type { LodestarEvent } from "../../../src/core/event.ts";
import type { LedgerRow } from "../../../src/core/ledger.ts";
import type { BudgetFill } from "../../../src/features/counter/budget.ts";
import { type Counter, type CounterSource, followSession } from "../../../src/features/counter/follow.ts";
import { intentOf, outcomeOf } from "../../stores/attempts.ts";
import { eventually } from "../../support/eventually.ts";

const counters: Counter[] = [];

afterEach(() => {
  for (const counter of counters.splice(0)) counter.stop();
});

function settled(requestId: string): LodestarEvent {
  return { event: "settled", at: 1, intent: intentOf({ requestId }), outcome: outcomeOf({ requestId }) };
}

function rowOf(requestId: string): LedgerRow {
  return { ...intentOf({ requestId }), ...outcomeOf({ requestId }) };
}

/** A daemon whose streams a test feeds and breaks. */
function fakeDaemon() {
  const state = {
    isUp: true,
    opened: 0,
    rows: [] as LedgerRow[],
    asked: [] as string[],
    budgets: [] as BudgetFill[],
    budgetsOf: [] as unknown[],
  };
  let current = new TransformStream<LodestarEvent, LodestarEvent>();
  let writer = current.writable.getWriter();
  const source: CounterSource = {
    async events(signal) {
      if (!state.isUp) throw new Error("refused");
      state.opened += 1;
      current = new TransformStream();
      writer = current.writable.getWriter();
      signal.addEventListener("abort", () => void writer.abort().catch(() => undefined));
      return current.readable;
    },
    async rows(session) {
      state.asked.push(session);
      return state.rows;
    },
    async budgets(requestId) {
      state.budgetsOf.push(requestId);
      if (!state.isUp) throw new Error("refused");
      return state.budgets;
    },
  };
  return { state, source, send: (event: LodestarEvent) => void writer.write(event), end: () => void writer.close() };
}

function follow(source: CounterSource): Counter {
  const counter = followSession("session_1", source);
  counters.push(counter);
  return counter;
}

test("counts events as they come and tells its listeners, until they let go", async () => {
  const daemon = fakeDaemon();
  const counter = follow(daemon.source);
  await eventually("the stream", () => daemon.state.opened === 1);
  let changes = 0;
  const release = counter.onChange(() => {
    changes += 1;
  });
  daemon.send(settled("req_1"));
  await eventually("the first", () => counter.counts().requests === 1);
  expect(changes).toBe(1);
  release();
  daemon.send(settled("req_2"));
  await eventually("the second", () => counter.counts().requests === 2);
  expect(changes).toBe(1);
});

test("what the ledger has already is taken in when it starts", async () => {
  const daemon = fakeDaemon();
  daemon.state.rows = [rowOf("req_0")];
  const counter = follow(daemon.source);
  await eventually("the row", () => counter.counts().requests === 1);
  expect(daemon.state.asked).toEqual(["session_1"]);
});

test("a stream that ends is opened again, and what happened meanwhile comes from the ledger, once", async () => {
  const daemon = fakeDaemon();
  const counter = follow(daemon.source);
  await eventually("the stream", () => daemon.state.opened === 1);
  daemon.send(settled("req_1"));
  await eventually("the first", () => counter.counts().requests === 1);
  daemon.state.isUp = false;
  daemon.state.rows = [rowOf("req_1"), rowOf("req_2")];
  daemon.end();
  await eventually("word of the loss", () => counter.counts().trouble === "no daemon");
  expect(counter.counts().requests).toBe(1);
  daemon.state.isUp = true;
  await eventually("the second", () => counter.counts().requests === 2);
  expect(counter.counts().trouble).toBeNull();
});

test("a gap in the stream is filled from the ledger", async () => {
  const daemon = fakeDaemon();
  const counter = follow(daemon.source);
  await eventually("the stream", () => daemon.state.asked.length === 1);
  daemon.state.rows = [rowOf("req_1")];
  daemon.send({ event: "dropped", count: 3 } as unknown as LodestarEvent);
  await eventually("the row", () => counter.counts().requests === 1);
});

test("after the stop nothing is looked for any more", async () => {
  const daemon = fakeDaemon();
  const counter = follow(daemon.source);
  await eventually("the stream", () => daemon.state.opened === 1);
  counter.stop();
  daemon.state.rows = [rowOf("req_1")];
  await Bun.sleep(0);
  expect([counter.counts().requests, counter.counts().trouble, daemon.state.opened]).toEqual([0, null, 1]);
});

test("tells what the tightest budget of the newest request has left, also when another session spent from it", async () => {
  const daemon = fakeDaemon();
  const fill = (id: string, spentNanoUsd: number): BudgetFill => ({
    id,
    spentNanoUsd,
    reservedNanoUsd: 5,
    limitNanoUsd: 100,
  });
  daemon.state.budgets = [fill("month", 10)];
  const counter = follow(daemon.source);
  await eventually("the budget", () => counter.counts().budget?.leftNanoUsd === 85);
  expect(daemon.state.budgetsOf).toEqual([null]);
  daemon.state.budgets = [fill("month", 20), fill("day:key:me", 60)];
  daemon.send(settled("req_1"));
  await eventually("the tighter one", () => counter.counts().budget?.id === "day:key:me");
  expect(counter.counts().budget).toEqual({ id: "day:key:me", leftNanoUsd: 35, limitNanoUsd: 100 });
  expect(daemon.state.budgetsOf.at(-1)).toBe("req_1");
  daemon.state.budgets = [fill("day:key:me", 120)];
  daemon.send({ event: "settled", at: 2, intent: intentOf({ session: "other" }), outcome: outcomeOf() });
  await eventually("what another one spent", () => counter.counts().budget?.leftNanoUsd === 0);
  expect(counter.counts().requests).toBe(1);
  daemon.state.budgets = [];
  daemon.send(settled("req_2"));
  await eventually("no budget any more", () => counter.counts().budget === null);
});

test("a budget that cannot be read stays as it was", async () => {
  const daemon = fakeDaemon();
  daemon.state.budgets = [{ id: "month", spentNanoUsd: 1, reservedNanoUsd: 0, limitNanoUsd: 3 }];
  const counter = follow(daemon.source);
  await eventually("the budget", () => counter.counts().budget !== null);
  daemon.state.isUp = false;
  const before = daemon.state.budgetsOf.length;
  daemon.send(settled("req_1"));
  await eventually("another reading", () => daemon.state.budgetsOf.length > before && counter.counts().requests === 1);
  expect(counter.counts().budget?.leftNanoUsd).toBe(2);
});
