import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  afterFault,
  afterSuccess,
  type Breaker,
  type BreakerPolicy,
  HEALTHY,
  pauseAfter,
  stateAt,
} from "../../src/core/breaker.ts";
import { FAULT_RULES, type Fault, type FaultKind } from "../../src/core/fault.ts";

const POLICY: BreakerPolicy = { failures: 3, windowMs: 60_000, isOff: false };
const KINDS = Object.keys(FAULT_RULES) as FaultKind[];

function fault(kind: FaultKind, more: object = {}): Fault {
  // Every kind with the members that all kinds share, and those a test adds.
  return { kind, message: "m", ...more } as Fault;
}

const BROKEN = fault("upstream-error");

/** A breaker after faults at the given times. */
function faultsAt(times: readonly number[], policy = POLICY, start: Breaker = HEALTHY): Breaker {
  return times.reduce((breaker, at) => afterFault(breaker, BROKEN, at, policy), start);
}

/** The breaker opened anew `count` times, each by its probe failing the moment it is let through. */
function openedTimes(count: number): Breaker {
  let breaker = faultsAt([0, 0, 0]);
  for (let again = 1; again < count; again++) breaker = afterFault(breaker, BROKEN, breaker.openUntil, POLICY);
  return breaker;
}

describe("a breaker", () => {
  test("opens at the third fault of three in quick succession, for five seconds", () => {
    expect(stateAt(faultsAt([0, 1]), 1)).toBe("closed");
    const open = faultsAt([0, 1, 2]);
    expect(stateAt(open, 2)).toBe("open");
    expect(open.openUntil).toBe(5_002);
    expect(open.lastFault).toBe("upstream-error: m");
  });

  test("stays closed when faults are far apart: half a window halves their weight", () => {
    expect(stateAt(faultsAt([0, 60_000, 120_000, 180_000, 240_000, 300_000]), 300_000)).toBe("closed");
  });

  test("remembers why an account pauses, though that says nothing about the provider's health", () => {
    const paused = afterFault(HEALTHY, fault("auth"), 7, POLICY);
    expect(paused).toEqual({ ...HEALTHY, lastFault: "auth: m", lastKind: "auth", lastFaultAt: 7 });
    expect(afterFault(paused, fault("bad-request"), 8, POLICY)).toEqual(paused);
  });

  test("forgets its faults at a success", () => {
    const breaker = faultsAt([2, 3], POLICY, afterSuccess(faultsAt([0, 1])));
    expect(stateAt(breaker, 3)).toBe("closed");
    expect(breaker.successes).toBe(1);
    expect(breaker.failures).toBe(4);
  });

  test("lets a probe through when its time is over; a fault then opens it again for twice as long", () => {
    const open = faultsAt([0, 0, 0]);
    expect(stateAt(open, 4_999)).toBe("open");
    expect(stateAt(open, 5_000)).toBe("half-open");
    const again = afterFault(open, BROKEN, 5_000, POLICY);
    expect(stateAt(again, 5_000)).toBe("open");
    expect(again.openUntil - 5_000).toBe(10_000);
  });

  test("closes at the probe's success and then starts from five seconds again", () => {
    const closed = afterSuccess(openedTimes(4));
    expect(stateAt(closed, 0)).toBe("closed");
    expect(faultsAt([0, 0, 0], POLICY, closed).openUntil).toBe(5_000);
  });

  test("stays open five minutes at most, however often it opened", () => {
    const lengths = [1, 2, 3, 7, 8, 60].map((count) => {
      const breaker = openedTimes(count);
      return breaker.openUntil - (breaker.lastFaultAt ?? 0);
    });
    expect(lengths).toEqual([5_000, 10_000, 20_000, 300_000, 300_000, 300_000]);
  });

  test("is not held longer by faults of calls that were under way when it opened", () => {
    const burst = faultsAt([0, 0, 0, ...Array.from({ length: 50 }, () => 10)]);
    expect(burst.openUntil).toBe(5_000);
    expect(burst.trips).toBe(1);
    expect(burst.failures).toBe(53);
  });

  test("that is switched off never opens", () => {
    const off = faultsAt(
      Array.from({ length: 100 }, (_, index) => index),
      { ...POLICY, isOff: true },
    );
    expect(stateAt(off, 100)).toBe("closed");
    expect(off.failures).toBe(100);
  });

  test("opens at the first fault where one is enough", () => {
    expect(stateAt(faultsAt([0], { ...POLICY, failures: 1 }), 0)).toBe("open");
  });
});

describe("any history", () => {
  const step = fc.record({
    kind: fc.constantFrom<FaultKind | "answered">("answered", ...KINDS),
    afterMs: fc.nat(40_000),
  });
  const history = fc.array(step, { maxLength: 40 });

  function replay(steps: readonly { kind: FaultKind | "answered"; afterMs: number }[]): readonly [Breaker, number] {
    let breaker = HEALTHY;
    let now = 0;
    for (const { kind, afterMs } of steps) {
      now += afterMs;
      breaker = kind === "answered" ? afterSuccess(breaker) : afterFault(breaker, fault(kind), now, POLICY);
    }
    return [breaker, now];
  }

  test("without health faults never opens a breaker, nor counts one", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const harmless = steps.filter(({ kind }) => kind === "answered" || !FAULT_RULES[kind].isHealthFault);
        const [breaker, now] = replay(harmless);
        expect(stateAt(breaker, now)).toBe("closed");
        expect(breaker.failures).toBe(0);
      }),
    );
  });

  test("ends in a breaker that opens again by itself within five minutes", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const [breaker, now] = replay(steps);
        expect(stateAt(breaker, now + 300_000)).not.toBe("open");
        expect(breaker.openUntil - now).toBeLessThanOrEqual(300_000);
        expect(breaker.weight).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("is not changed by a client that leaves in the middle of it", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const leaving = steps.flatMap((one) => [one, { kind: "client-left" as const, afterMs: 0 }]);
        expect(replay(leaving)).toEqual(replay(steps));
      }),
    );
  });
});

describe("the pause of accounts", () => {
  test("is what a rate limit asks for, five seconds where it asks for nothing, ten minutes for a dead account", () => {
    expect(pauseAfter(fault("rate-limited", { retryAfterMs: 1_234 }))).toEqual({ scope: "group", pauseMs: 1_234 });
    expect(pauseAfter(fault("rate-limited"))).toEqual({ scope: "group", pauseMs: 5_000 });
    expect(pauseAfter(fault("auth"))).toEqual({ scope: "account", pauseMs: 600_000 });
    expect(pauseAfter(fault("quota-exhausted"))).toEqual({ scope: "group", pauseMs: 600_000 });
  });

  test("is what one that is too busy asks for, and nothing where it asks for nothing", () => {
    expect(pauseAfter(fault("overloaded", { retryAfterMs: 7_000 }))).toEqual({ scope: "account", pauseMs: 7_000 });
    expect(pauseAfter(fault("overloaded"))).toEqual({ scope: "none", pauseMs: 0 });
  });

  test("ends after a day whatever an upstream asks for", () => {
    expect(pauseAfter(fault("rate-limited", { retryAfterMs: 1e12 })).pauseMs).toBe(86_400_000);
  });

  test("is nothing after any other fault", () => {
    for (const kind of KINDS.filter((one) => FAULT_RULES[one].coolsDown === "none" && one !== "overloaded")) {
      expect([kind, pauseAfter(fault(kind, { retryAfterMs: 9 }))]).toEqual([kind, { scope: "none", pauseMs: 0 }]);
    }
  });
});
