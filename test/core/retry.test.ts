import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FAULT_RULES, type Fault, type FaultKind } from "../../src/core/fault.ts";
import { nextStep, type RetryPolicy } from "../../src/core/retry.ts";

const POLICY: RetryPolicy = { attemptsPerTarget: 3, baseMs: 100, maxMs: 10_000 };

function fault(kind: FaultKind, retryAfterMs?: number): Fault {
  // Every kind with the members that all kinds share, and a pause where a test wants one.
  return { kind, message: "m", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } as Fault;
}

describe("after a fault", () => {
  const cases: readonly (readonly [
    title: string,
    fault: Fault,
    tryNumber: number,
    hasAlternative: boolean,
    expected: string,
  ])[] = [
    ["a server error is tried again, half the base later at chance .5", fault("upstream-error"), 1, true, "retry 50"],
    ["the pause doubles", fault("upstream-error"), 2, true, "retry 100"],
    ["the last try leads to the next target", fault("upstream-error"), 3, true, "fall-back"],
    ["the last try without another target is the end", fault("upstream-error"), 3, false, "give-up"],
    ["a host that cannot be reached is left at once", fault("connect"), 1, true, "fall-back"],
    ["a host that cannot be reached is tried again where there is no other", fault("connect"), 1, false, "retry 50"],
    ["a short pause asked for is kept", fault("rate-limited", 800), 1, true, "retry 800"],
    [
      "a long pause is not waited out while another target can answer",
      fault("rate-limited", 1_001),
      1,
      true,
      "fall-back",
    ],
    ["a long pause is waited out where there is no other", fault("rate-limited", 9_000), 1, false, "retry 9000"],
    ["a pause beyond the limit is not waited out", fault("rate-limited", 10_001), 1, false, "give-up"],
    ["a deadline that passed is not given a second time", fault("timeout"), 1, true, "fall-back"],
    ["a wrong key leads to the next target", fault("auth"), 1, true, "fall-back"],
    ["a wrong key without another target is the end", fault("auth"), 1, false, "give-up"],
    ["a refused request is the end", fault("bad-request"), 1, true, "give-up"],
    ["what was forbidden here is not asked elsewhere", fault("content-policy"), 1, true, "give-up"],
    ["a client that left is not waited for", fault("client-left"), 1, true, "give-up"],
    ["a shutdown is the end", fault("shutdown"), 1, true, "give-up"],
    ["a bug of ours is the end", fault("internal"), 1, true, "give-up"],
  ];
  for (const [title, seen, tryNumber, hasAlternative, expected] of cases) {
    test(title, () => {
      const step = nextStep(seen, tryNumber, hasAlternative, POLICY, 0.5);
      expect(step.kind === "retry" ? `retry ${step.delayMs}` : step.kind).toBe(expected);
    });
  }
});

describe("every fault", () => {
  const anyFault = fc.tuple(
    fc.constantFrom(...(Object.keys(FAULT_RULES) as FaultKind[])),
    fc.option(fc.nat(30_000), { nil: undefined }),
  );

  test("is followed by a step that its row of the table allows, within the bounds of the policy", () => {
    fc.assert(
      fc.property(
        anyFault,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ([kind, retryAfterMs], tryNumber, hasAlternative, random) => {
          const step = nextStep(fault(kind, retryAfterMs), tryNumber, hasAlternative, POLICY, random);
          const rule = FAULT_RULES[kind];
          if (step.kind === "fall-back") expect(hasAlternative && rule.isFallbackAllowed).toBe(true);
          if (step.kind === "give-up" && hasAlternative) expect(rule.isFallbackAllowed).toBe(false);
          if (step.kind !== "retry") return;
          expect(rule.isRetryable).toBe(true);
          expect(tryNumber).toBeLessThan(POLICY.attemptsPerTarget);
          expect(step.delayMs).toBeLessThanOrEqual(hasAlternative ? 1_000 : POLICY.maxMs);
          expect(step.delayMs).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test("backs off with full jitter: uniform between nothing and the doubled base, capped", () => {
    for (const [tryNumber, mostMs] of [
      [1, 100],
      [2, 200],
    ] as const) {
      const at = (random: number) => nextStep(fault("overloaded"), tryNumber, false, POLICY, random);
      expect(at(0)).toEqual({ kind: "retry", delayMs: 0 });
      expect(at(0.999999)).toEqual({ kind: "retry", delayMs: mostMs });
    }
    const eager = { attemptsPerTarget: 40, baseMs: 1_000, maxMs: 3_000 };
    expect(nextStep(fault("overloaded"), 39, false, eager, 0.999999)).toEqual({ kind: "retry", delayMs: 3_000 });
  });
});
