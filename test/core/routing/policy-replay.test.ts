import { describe, expect, test } from "bun:test";
import {
  compareChoices,
  expectedOfLocal,
  madeChoice,
  replayOne,
  routedChoice,
  usualChoice,
} from "../../../src/core/routing/policy-replay.ts";
import { compileRules } from "../../../src/core/routing/rules/compile.ts";
import type { StoredCandidate, StoredRoute } from "../../../src/core/routing/stored-route.ts";

const NO_SIGNALS = {
  ...{ languages: [], hasDiff: false, hasStackTrace: false, fenceCount: 0, turn: "user", isPlan: false, agent: null },
  ...{ inputTokens: 100, toolCount: 0, imageCount: 0, depth: 1, failedTimes: 0 },
} as const;

function stored(
  name: string,
  expected: number,
  costNanoUsd: number | null,
  more: Partial<StoredCandidate> = {},
): StoredCandidate {
  const isLocal = costNanoUsd === 0;
  const belief = { mean: expected, low: 0, high: 1, isMeasured: true, expected };
  return { name, isLocal, ...belief, costNanoUsd, cacheNanoUsd: 0, latencyMs: null, block: null, ...more };
}

const CANDIDATES = [stored("ollama/a", 0.5, 0), stored("p/b", 0.75, 1_000_000), stored("p/c", 0.9, 20_000_000)];

function routeOf(more: Partial<StoredRoute> = {}): StoredRoute {
  return {
    ...{ requestId: "req_1", at: 1, mode: "shadow", taskClass: "bug_fix", classSource: "classifier" },
    ...{ probability: 0.9, difficulty: null, why: "cheapest", chosen: "p/b", usual: "p/c", rule: null },
    ...{ floor: 0.7, dial: 5, conversation: "00", current: null, exploredNanoUsd: 0, outcome: null },
    signals: NO_SIGNALS,
    candidates: CANDIDATES,
    ...more,
  } as StoredRoute;
}

const DIAL = { dial: 5, floors: {}, calibrated: null, rules: null } as const;

describe("a past request under another policy", () => {
  const cases = [
    ["goes cheaper with a higher dial", DIAL, { dial: 8 }, {}, "ollama/a"],
    ["goes better with a lower dial", DIAL, { dial: 0 }, {}, "p/c"],
    ["obeys a floor of its class before the dial", DIAL, { floors: { bug_fix: 0.8 } }, {}, "p/c"],
    [
      "follows what own traffic makes of the dial",
      DIAL,
      { calibrated: Array.from({ length: 11 }, () => 0.1) },
      {},
      "ollama/a",
    ],
    ["stays with its conversation where leaving did not pay", DIAL, {}, { current: "p/b" }, "p/b"],
    [
      "stays in its turn",
      DIAL,
      { dial: 9 },
      { current: "p/c", signals: { ...NO_SIGNALS, turn: "tool-result" } },
      "p/c",
    ],
    ["goes as the chain did where the class was not known", DIAL, { dial: 9 }, { taskClass: null }, "p/c"],
    [
      "passes over what could not be asked then",
      DIAL,
      {},
      { candidates: CANDIDATES.map((one, index) => (index === 1 ? { ...one, block: "cooling-down" as const } : one)) },
      "p/c",
    ],
  ] as const;
  for (const [what, base, policy, route, chosen] of cases) {
    test(what, () => expect(replayOne(routeOf(route), { ...base, ...policy })).toBe(chosen));
  }

  test("goes where a rule sends it, and nowhere that can be told where the rule names another model", () => {
    const then = { floor: null, ceilingNanoUsd: null, cache: null, clamps: null, isStickyOff: false };
    const rule = (name: string) => ({
      ...{ name: "r", priority: 0, tags: [], requested: [], when: { task: ["bug_fix"] } },
      actions: { ...then, to: { kind: "names" as const, names: [name], via: "target" as const } },
    });
    const under = (name: string) => replayOne(routeOf(), { ...DIAL, rules: compileRules([rule(name)], [], "UTC") });
    expect(under("ollama/a")).toBe("ollama/a");
    expect(under("somewhere/else")).toBeNull();
  });
});

describe("two choices for the same requests", () => {
  const routes = Array.from({ length: 50 }, (_, index) => routeOf({ requestId: `req_${index}` }));

  test("are held against one another by what was expected of each", () => {
    const replay = compareChoices(routes, usualChoice, routedChoice);
    expect(replay).toMatchObject({ n: 50, unknown: 0, changed: 50, measured: 50 });
    expect(replay.savedNanoUsd.value).toBe(50 * 19_000_000);
    expect(replay.qualityChange.value).toBeCloseTo(-0.15, 10);
    expect(replay.after.localShare.value).toBe(0);
  });

  test("have intervals that hold the figure, and none where all requests are alike", () => {
    const mixed = routes.map((route, index) => (index % 2 === 0 ? route : { ...route, chosen: "ollama/a" }));
    const { savedNanoUsd, after } = compareChoices(mixed, usualChoice, routedChoice);
    expect(savedNanoUsd.low).toBeLessThan(savedNanoUsd.value);
    expect(savedNanoUsd.high).toBeGreaterThan(savedNanoUsd.value);
    expect(after.localShare.value).toBe(0.5);
    const { low, high } = compareChoices(routes, usualChoice, routedChoice).savedNanoUsd;
    expect(low).toBe(high);
  });

  test("leave out what nobody could price, and say how many", () => {
    const unknown = routeOf({ candidates: [stored("p/b", 0.7, null), stored("p/c", 0.9, 5)] });
    const replay = compareChoices([...routes, unknown, routeOf({ usual: null })], usualChoice, routedChoice);
    expect(replay).toMatchObject({ n: 50, unknown: 2 });
    expect(compareChoices([], usualChoice, routedChoice)).toMatchObject({ n: 0, changed: 0 });
  });

  test("tell guesses from what was measured", () => {
    const guessed = routeOf({ candidates: CANDIDATES.map((one) => ({ ...one, isMeasured: false })) });
    expect(compareChoices([guessed, routeOf()], usualChoice, routedChoice).measured).toBe(1);
  });

  test("in shadow mode it was the chain that was asked, else the router's choice", () => {
    expect(madeChoice(routeOf())).toBe("p/c");
    expect(madeChoice(routeOf({ mode: "on" }))).toBe("p/b");
    expect(madeChoice(routeOf({ mode: "on", chosen: null }))).toBe("p/c");
  });
});

describe("how good the local answers are expected to be", () => {
  const outcome = { served: "ollama/a", costNanoUsd: 0, inputTokens: 1, outputTokens: 1 };
  test("is said with n, an interval, and how many of them were measured", () => {
    const guessed = CANDIDATES.map((one) => ({ ...one, isMeasured: false }));
    const routes = [routeOf({ outcome }), routeOf({ outcome, candidates: guessed })];
    expect(expectedOfLocal(routes)).toBe("expected 50 % good (50 to 50; n = 2, 1 measured, the others guessed)");
    expect(expectedOfLocal(routes.slice(0, 1))).toBe("expected 50 % good (50 to 50; n = 1, all measured)");
  });

  test("is not said where no local model answered", () => {
    expect(expectedOfLocal([routeOf(), routeOf({ outcome: { ...outcome, served: "p/b" } })])).toBe("unmeasured");
  });
});
