import { describe, expect, test } from "bun:test";
import { CLIENT_LEFT, createLifeline, STOPPING } from "../../src/gateway/lifeline.ts";

const TIMEOUT = { kind: "timeout", phase: "idle", afterMs: 1, message: "silent" } as const;

function world() {
  const client = new AbortController();
  const shutdown = new AbortController();
  return { client, shutdown, lifeline: createLifeline(client.signal, shutdown.signal) };
}

describe("the lifeline of an attempt", () => {
  test("holds until the client leaves, the process stops or it is cut", () => {
    const cases = [
      [CLIENT_LEFT, (one: ReturnType<typeof world>) => one.client.abort()],
      [STOPPING, (one: ReturnType<typeof world>) => one.shutdown.abort()],
      [TIMEOUT, (one: ReturnType<typeof world>) => one.lifeline.cut(TIMEOUT)],
    ] as const;
    for (const [reason, end] of cases) {
      const one = world();
      expect([one.lifeline.cutFor, one.lifeline.signal.aborted]).toEqual([null, false]);
      end(one);
      expect([one.lifeline.cutFor, one.lifeline.signal.reason]).toEqual([reason, reason]);
    }
  });

  test("names the first reason, whatever follows", () => {
    const { client, shutdown, lifeline } = world();
    lifeline.cut(TIMEOUT);
    client.abort();
    shutdown.abort();
    expect(lifeline.cutFor).toEqual(TIMEOUT);
    expect(lifeline.signal.reason).toEqual(TIMEOUT);
  });

  test("is cut from the start for a client that has left already", () => {
    const lifeline = createLifeline(AbortSignal.abort(), new AbortController().signal);
    expect(lifeline.cutFor).toEqual(CLIENT_LEFT);
    expect(lifeline.signal.aborted).toBe(true);
  });

  test("that was released no longer minds the client or the process", () => {
    const { client, shutdown, lifeline } = world();
    lifeline.release();
    client.abort();
    shutdown.abort();
    expect([lifeline.cutFor, lifeline.signal.aborted]).toEqual([null, false]);
  });
});
