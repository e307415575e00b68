import { afterEach, expect, test } from "bun:test";
import type { LodestarEvent } from "../../../src/core/event.ts";
import type { LedgerRow } from "../../../src/core/ledger.ts";
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
  const state = { isUp: true, opened: 0, rows: [] as LedgerRow[], asked: [] as string[] };
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
