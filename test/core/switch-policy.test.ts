import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isServable } from "../../src/core/switch/choice.ts";
import { stepSwitch } from "../../src/core/switch/policy.ts";
import { initialSwitchState, type LocalPriority, type SwitchState, type Waiter } from "../../src/core/switch/state.ts";
import { type Job, LIMITS, type Outcome, simulate, swapsIn, type World } from "./switch-simulation.ts";

const LOAD_MS = 3_000;
const PATIENCE = { completion: 0.25, chat: 1, batch: 4 };

function alternating(count: number, everyMs: number, serviceMs: number): readonly Job[] {
  return Array.from({ length: count }, (_, index) => ({
    at: index * everyMs,
    model: index % 2 === 0 ? "a" : "b",
    serviceMs,
  }));
}

function waits({ fates }: Outcome): readonly number[] {
  return fates.flatMap(({ job, beganAt }) => (beganAt === null ? [] : [beganAt - job.at]));
}

function patienceOf({ priority = "chat" }: Job, maxWaitMs = LIMITS.maxWaitMs): number {
  return PATIENCE[priority] * maxWaitMs;
}

const anyJob = fc.record({
  at: fc.integer({ min: 0, max: 60_000 }),
  model: fc.constantFrom("a", "b", "c"),
  serviceMs: fc.integer({ min: 20, max: 6_000 }),
  priority: fc.constantFrom<LocalPriority>("completion", "chat", "batch"),
  contextTokens: fc.constantFrom(4_096, 4_096, 4_096, 8_192),
});
const anyTrace = fc.array(
  fc.tuple(anyJob, fc.option(fc.integer({ min: 0, max: 20_000 })), fc.option(fc.integer({ min: 0, max: 40_000 }))).map(
    ([job, leavesAfterMs, overflowMs]): Job => ({
      ...job,
      ...(leavesAfterMs === null ? {} : { leavesAfterMs }),
      ...(overflowMs === null ? {} : { overflowMs }),
    }),
  ),
  { minLength: 1, maxLength: 40 },
);
const anyWorld = fc.record({
  loadMs: fc.integer({ min: 100, max: 6_000 }),
  capacity: fc.integer({ min: 1, max: 3 }),
  slots: fc.integer({ min: 1, max: 3 }),
  broken: fc.constantFrom<readonly string[]>([], [], ["c"]),
});

describe("a hundred requests that alternate between two models", () => {
  for (const [name, everyMs, serviceMs] of [
    ["at once", 0, 1_000],
    ["at once, each long", 0, 5_000],
    ["at once, each short", 0, 100],
    ["as fast as one model alone could answer them", 1_000, 1_000],
    ["at half of what the engine can do", 1_000, 500],
    ["faster than they can be answered", 500, 2_000],
  ] as const) {
    test(`come ${name}: at most 10 swaps`, () => {
      const outcome = simulate(alternating(100, everyMs, serviceMs));
      const swaps = swapsIn(outcome.loads);
      const worst = Math.max(...waits(outcome));
      console.log(
        `  ${name}: ${swaps} swaps, longest wait ${(worst / 1000).toFixed(1)} s, all in ${(outcome.endedAt / 1000).toFixed(1)} s`,
      );
      expect(waits(outcome)).toHaveLength(100);
      expect(swaps).toBeLessThanOrEqual(10);
    });
  }
});

describe("an engine that others use too", () => {
  test("is looked at before it is trusted: what was driven out is loaded again, not sent for blindly", () => {
    const jobs = [0, 10_000, 20_000, 30_000].map((at) => ({ at, model: "a", serviceMs: 500 }));
    const intrusions = [9_000, 29_000].map((at) => ({ at, model: "x" }));
    const { loads, misses } = simulate(jobs, { intrusions });
    expect([loads, misses]).toEqual([["a", "a", "a"], 0]);
  });

  test("an intrusion that comes while it is in use costs one blind request at most, and no request is lost", () => {
    fc.assert(
      fc.property(anyTrace, fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 4 }), (trace, times) => {
        const { fates, misses } = simulate(trace, { intrusions: times.map((at) => ({ at, model: "x" })) });
        for (const { beganAt, refusedFor, leftAt } of fates)
          expect([beganAt, refusedFor, leftAt].filter((fate) => fate !== null)).toHaveLength(1);
        expect(misses).toBeLessThanOrEqual(times.length);
      }),
      { numRuns: 100 },
    );
  });

  test("two models that fit beside each other are loaded once each", () => {
    expect(simulate(alternating(100, 200, 300), { capacity: 2 }).loads.length).toBeLessThanOrEqual(3);
  });
});

describe("two models that were in memory at once", () => {
  const BOTH = [
    { model: "a", contextTokens: 4_096 },
    { model: "b", contextTokens: 4_096 },
  ];
  const waiterFor = (id: number, model: string, arrivedAt: number): Waiter => ({
    id,
    model,
    contextTokens: 4_096,
    loadContextTokens: 4_096,
    priority: "chat",
    arrivedAt,
    serviceMs: 1_000,
    loadMs: LOAD_MS,
    overflowMs: null,
  });

  /** The kinds of effects, after both were seen and only `a` is left, with a request for each. */
  function begin(): SwitchState {
    const seen = stepSwitch(initialSwitchState(1), { kind: "observed", seen: BOTH }, LIMITS, 0).state;
    const left = stepSwitch(seen, { kind: "observed", seen: BOTH.slice(0, 1) }, LIMITS, 1).state;
    const running = stepSwitch(left, { kind: "arrived", waiter: waiterFor(1, "a", 2) }, LIMITS, 2).state;
    return stepSwitch(running, { kind: "arrived", waiter: waiterFor(2, "b", 3) }, LIMITS, 3).state;
  }

  test("are loaded beside each other without waiting for what runs", () => {
    expect(begin()).toMatchObject({ loading: { model: "b" }, running: [{ model: "a" }] });
  });

  test("no longer are once one drove the other out", () => {
    const apart = stepSwitch(begin(), { kind: "loaded", seen: BOTH.slice(1) }, LIMITS, 4).state;
    expect([apart.companions, apart.residents.map(({ model }) => model)]).toEqual([[], ["b"]]);
  });

  test("do not starve a load that the engine holds back for them", () => {
    const ended = stepSwitch(begin(), { kind: "finished", id: 1 }, LIMITS, 10).state;
    const early = stepSwitch(ended, { kind: "arrived", waiter: waiterFor(3, "a", 20) }, LIMITS, 20);
    const late = stepSwitch(ended, { kind: "arrived", waiter: waiterFor(4, "a", 40_000) }, LIMITS, 40_000);
    expect([early.effects, late.effects]).toEqual([[{ kind: "dispatch", id: 3, contextTokens: 4_096 }], []]);
  });
});

describe("more context for a model in use", () => {
  test("is one reload, after which all its requests share it", () => {
    const jobs = Array.from({ length: 20 }, (_, index) => ({
      at: index * 400,
      model: "a",
      serviceMs: 500,
      contextTokens: index === 5 ? 16_384 : 4_096,
    }));
    expect(simulate(jobs).loads).toEqual(["a", "a"]);
  });
});

describe("over any trace", () => {
  test("every request begins, is refused or leaves, exactly once, and nothing is sent for a model that is not there", () => {
    fc.assert(
      fc.property(anyTrace, anyWorld, (trace, world) => {
        const outcome = simulate(trace, world);
        for (const { beganAt, endedAt, refusedFor, leftAt } of outcome.fates) {
          expect([beganAt, refusedFor, leftAt].filter((fate) => fate !== null)).toHaveLength(1);
          expect(endedAt === null).toBe(beganAt === null);
        }
        expect(outcome.misses).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("only what may overflow is called busy, and only a model that cannot be loaded fails to", () => {
    fc.assert(
      fc.property(anyTrace, anyWorld, (trace, world) => {
        for (const { job, refusedFor } of simulate(trace, world).fates) {
          if (refusedFor === "busy") expect(job.overflowMs).toBeDefined();
          if (refusedFor === "load-failed") expect(world.broken).toContain(job.model);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("nothing is held while its model is in memory, the engine is idle and nobody has waited too long", () => {
    fc.assert(
      fc.property(anyTrace, anyWorld, (trace, world) => {
        const watch: World["watch"] = (state, nowMs) => {
          const { running, loading, isLooking, waiting } = state;
          if (running.length > 0 || loading !== null || isLooking) return;
          const held = waiting.filter((waiter) => isServable(state, waiter));
          expect({ nowMs, held }).toEqual({ nowMs, held: [] });
        };
        simulate(trace, { ...world, watch });
      }),
      { numRuns: 200 },
    );
  });

  test("no later request whose own time has not come goes before one that waited too long", () => {
    fc.assert(
      fc.property(anyTrace, anyWorld, (trace, world) => {
        const { fates } = simulate(
          trace.map(({ overflowMs: _, ...job }) => job),
          { ...world, capacity: 1 },
        );
        const begun = fates.flatMap(({ job, beganAt }) => (beganAt === null ? [] : [{ job, beganAt }]));
        for (const late of begun) {
          const owedAt = late.job.at + patienceOf(late.job);
          const passing = begun.filter(
            ({ job, beganAt }) =>
              beganAt > owedAt &&
              beganAt < late.beganAt &&
              job.model !== late.job.model &&
              beganAt < job.at + patienceOf(job),
          );
          expect(passing).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("with time enough for all, no wait is longer than the bound, one request, and the loads before it", () => {
    const light = fc.array(
      fc.record({
        gapMs: fc.integer({ min: 300, max: 1_200 }),
        model: fc.constantFrom("a", "b"),
        serviceMs: fc.integer({ min: 20, max: 300 }),
      }),
      { minLength: 1, maxLength: 100 },
    );
    let longest = 0;
    fc.assert(
      fc.property(light, (steps) => {
        let at = 0;
        const trace = steps.map(({ gapMs, ...job }) => {
          at += gapMs;
          return { ...job, at };
        });
        const outcome = simulate(trace, { loadMs: 1_000, limits: { maxWaitMs: 5_000 } });
        const worst = Math.max(...waits(outcome));
        longest = Math.max(longest, worst);
        expect(worst).toBeLessThanOrEqual(5_000 + 300 + 2 * 1_000);
      }),
      { numRuns: 300 },
    );
    console.log(`  longest wait at a bound of 5 s, requests of at most 0.3 s and loads of 1 s: ${longest / 1000} s`);
  });

  test("an idle engine holds nobody back for longer than half the bound, however dear a load is thought to be", () => {
    const crowd = Array.from({ length: 60 }, (_, index) => ({ at: index * 2_000, model: "a", serviceMs: 700 }));
    const cameAt = 60_000;
    const { fates } = simulate([...crowd, { at: cameAt, model: "b", serviceMs: 700 }], { loadMs: 20_000 });
    const waitedMs = (fates.at(-1)?.beganAt ?? Number.NaN) - cameAt;
    expect(waitedMs).toBeLessThanOrEqual(LIMITS.maxWaitMs / 2 + 700 + 20_000);
  });

  test("a bounded crowd on one model never starves another, however long it goes on", () => {
    const crowd = Array.from({ length: 300 }, (_, index) => ({ at: index * 900, model: "a", serviceMs: 1_000 }));
    const { fates } = simulate([...crowd, { at: 5_000, model: "b", serviceMs: 1_000 }]);
    const waited = (fates.at(-1)?.beganAt ?? Number.NaN) - 5_000;
    expect(waited).toBeLessThanOrEqual(LIMITS.maxWaitMs + 1_000 + LOAD_MS);
  });
});
