import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Candidate } from "../../../src/core/routing/candidates.ts";
import { choosePolicy, type PolicyInput } from "../../../src/core/routing/policy.ts";

/** A candidate by what the choice looks at; all else as it is mostly. */
function candidateOf(name: string, expected: number, usd: number | null, more: Partial<Candidate> = {}): Candidate {
  return {
    name,
    isLocal: usd === 0,
    belief: { mean: expected, low: 0, high: 1, priorWeight: 2, ownWeight: 20, source: null },
    expected,
    costNanoUsd: usd === null ? null : Math.round(usd * 1e9),
    cacheNanoUsd: 0,
    outputTokens: 500,
    tokens: "class",
    latencyMs: null,
    isLoaded: null,
    block: null,
    ...more,
  };
}

const LOCAL = candidateOf("ollama/small", 0.5, 0);
const CHEAP = candidateOf("cheap/model", 0.75, 0.001);
const STRONG = candidateOf("strong/model", 0.9, 0.02);
const ALL = [LOCAL, CHEAP, STRONG];

function inputOf(more: Partial<PolicyInput> = {}): PolicyInput {
  return {
    candidates: ALL,
    taskClass: "bug_fix",
    turn: "user",
    isPlan: false,
    hasTools: false,
    floor: 0.7,
    isWished: false,
    current: null,
    isSticky: true,
    isStalled: false,
    explore: null,
    ...more,
  };
}

const BUSY = { kind: "busy", words: "busy for about 80 s" } as const;
const COOLING = { kind: "cooling-down", words: "cools down for 9 s" } as const;
const UNMEASURED = { mean: 0.5, low: 0, high: 1, priorWeight: 2, ownWeight: 0, source: null };

function unmeasured(candidate: Candidate): Candidate {
  return { ...candidate, belief: { ...UNMEASURED, mean: candidate.expected } };
}

describe("the policy takes", () => {
  const cases: readonly (readonly [what: string, more: Partial<PolicyInput>, chosen: string | null, why: string])[] = [
    ["the cheapest that is good enough", {}, "cheap/model", "cheapest"],
    ["a free local model where it is good enough", { floor: 0.5 }, "ollama/small", "cheapest"],
    ["the best there is where none is good enough", { floor: 0.99 }, "strong/model", "best-there-is"],
    [
      "the next one where the cheapest cools down",
      { candidates: [LOCAL, { ...CHEAP, block: COOLING }, STRONG] },
      "strong/model",
      "cheapest",
    ],
    [
      "another where the local one is busy for too long",
      { floor: 0.4, candidates: [{ ...LOCAL, block: BUSY }, CHEAP, STRONG] },
      "cheap/model",
      "cheapest",
    ],
    ["the cheapest of all for an agent's own chores", { turn: "housekeeping" }, "ollama/small", "housekeeping"],
    [
      "the turn's model for what a tool said",
      { turn: "tool-result", current: "strong/model" },
      "strong/model",
      "same-turn",
    ],
    ["the class's choice for what a tool said to nobody", { turn: "tool-result" }, "cheap/model", "cheapest"],
    [
      "the next stronger one when a call failed three times",
      { isStalled: true, current: "ollama/small" },
      "cheap/model",
      "stalled",
    ],
    [
      "the strongest it has when that one stalls",
      { isStalled: true, current: "strong/model", turn: "tool-result" },
      "strong/model",
      "same-turn",
    ],
    ["no other than the chain's where nobody knows the class", { taskClass: null }, null, "abstained"],
    [
      "the conversation's where nobody knows the class",
      { taskClass: null, current: "strong/model" },
      "strong/model",
      "conversation",
    ],
    [
      "nothing where all are blocked",
      { candidates: ALL.map((one) => ({ ...one, block: COOLING })) },
      null,
      "nothing-ready",
    ],
    ["the chain where there is one model only", { candidates: [STRONG] }, null, "one-model"],
    ["the chain where nothing was measured", { candidates: ALL.map(unmeasured) }, null, "no-evidence"],
    [
      "a dearer one where nothing was measured, but somebody asked for a floor",
      { candidates: ALL.map(unmeasured), isWished: true },
      "cheap/model",
      "cheapest",
    ],
    [
      "the chain where only the dearer one was measured",
      { candidates: [unmeasured(LOCAL), CHEAP, STRONG] },
      null,
      "no-evidence",
    ],
    [
      "a dearer one where the usual one was measured, and is not good enough",
      { candidates: [LOCAL, unmeasured(CHEAP), STRONG] },
      "cheap/model",
      "cheapest",
    ],
    [
      "a cheaper one only where that one was measured",
      { floor: 0.5, candidates: [STRONG, unmeasured(LOCAL), unmeasured(CHEAP)] },
      null,
      "no-evidence",
    ],
    [
      "the loaded one of two that cost nothing",
      {
        floor: 0.4,
        candidates: [
          candidateOf("ollama/a", 0.6, 0, { latencyMs: 9_000 }),
          candidateOf("ollama/b", 0.5, 0, { latencyMs: 900 }),
        ],
      },
      "ollama/b",
      "cheapest",
    ],
    [
      "a priced one before one of unknown price",
      { candidates: [candidateOf("x/y", 0.9, null), STRONG] },
      "strong/model",
      "cheapest",
    ],
  ];
  for (const [what, more, chosen, why] of cases) {
    test(what, () => {
      const choice = choosePolicy(inputOf(more));
      expect(choice.chosen?.name ?? null).toBe(chosen);
      expect<string>(choice.defaultWhy ?? choice.why).toBe(why);
    });
  }
});

describe("a conversation", () => {
  const warm = candidateOf("strong/model", 0.9, 0.004, { cacheNanoUsd: 16_000_000 });
  test("stays where leaving loses a cached prompt that is worth more than the saving", () => {
    const choice = choosePolicy(inputOf({ candidates: [LOCAL, CHEAP, warm], current: "strong/model" }));
    expect(choice.chosen?.name).toBe("strong/model");
    expect(choice.judged.find(({ candidate }) => candidate.name === "cheap/model")?.lost).toContain("does not pay");
  });

  test("leaves where the saving is worth more than the cached prompt", () => {
    const cold = candidateOf("strong/model", 0.9, 0.02, { cacheNanoUsd: 1_000_000 });
    const choice = choosePolicy(inputOf({ candidates: [LOCAL, CHEAP, cold], current: "strong/model" }));
    expect(choice.chosen?.name).toBe("cheap/model");
  });

  test("leaves a model that is not good enough for what is asked now, whatever it costs", () => {
    const choice = choosePolicy(inputOf({ current: "ollama/small" }));
    expect(choice.chosen?.name).toBe("cheap/model");
  });

  test("need not stay where stickiness is off", () => {
    const choice = choosePolicy(
      inputOf({ candidates: [LOCAL, CHEAP, warm], current: "strong/model", isSticky: false }),
    );
    expect(choice.chosen?.name).toBe("cheap/model");
  });
});

describe("trying another model", () => {
  const explore = { share: 0.1, leftNanoUsd: 1e9, chance: 0.05 };
  const general = { taskClass: "general", explore } as const;
  test("happens by chance, where it is safe", () => {
    expect(choosePolicy(inputOf(general)).why).toBe("explored");
  });

  const unsafe: readonly (readonly [string, Partial<PolicyInput>])[] = [
    ["with tools", { hasTools: true }],
    ["with a plan", { isPlan: true }],
    ["with an edit of code", { taskClass: "bug_fix" }],
    ["with a result of a tool", { turn: "tool-result" }],
    ["beyond the share", { explore: { ...explore, chance: 0.5 } }],
    ["beyond the day's money", { explore: { ...explore, leftNanoUsd: 0 }, floor: 0.75, candidates: [CHEAP, STRONG] }],
    [
      "with one that cannot be good enough",
      { candidates: [{ ...LOCAL, belief: { ...LOCAL.belief, high: 0.6 } }, CHEAP] },
    ],
  ];
  for (const [when, more] of unsafe) {
    test(`never happens ${when}`, () => {
      expect(choosePolicy(inputOf({ ...general, ...more })).why).not.toBe("explored");
    });
  }
});

describe("whatever is asked", () => {
  const drawn = fc.record({
    expected: fc.double({ min: 0, max: 1, noNaN: true }),
    cost: fc.option(fc.integer({ min: 0, max: 1e8 }), { nil: null }),
    isBlocked: fc.boolean(),
    own: fc.constantFrom(0, 50),
  });
  const inputs = fc.record({
    drawn: fc.array(drawn, { minLength: 1, maxLength: 7 }),
    floor: fc.double({ min: 0, max: 1, noNaN: true }),
    turn: fc.constantFrom("user", "tool-result", "housekeeping") as fc.Arbitrary<PolicyInput["turn"]>,
    current: fc.integer({ min: -1, max: 6 }),
    isStalled: fc.boolean(),
  });

  test("the order holds every candidate once, the blocked ones last, and the chosen one is not blocked", () => {
    fc.assert(
      fc.property(inputs, ({ drawn: list, floor, turn, current, isStalled }) => {
        const candidates = list.map(({ expected, cost, isBlocked, own }, index) =>
          candidateOf(`p/${index}`, expected, cost === null ? null : cost / 1e9, {
            block: isBlocked ? COOLING : null,
            belief: { mean: expected, low: 0, high: 1, priorWeight: 2, ownWeight: own, source: null },
          }),
        );
        const choice = choosePolicy(inputOf({ candidates, floor, turn, isStalled, current: `p/${current}` }));
        expect(choice.judged).toHaveLength(candidates.length);
        if (choice.chosen === null) return expect(choice.order).toEqual([]);
        expect(choice.chosen.block).toBeNull();
        expect([...choice.order].sort()).toEqual(candidates.map(({ name }) => name).sort());
        const blocked = choice.order.map((name) => candidates.find((one) => one.name === name)?.block !== null);
        expect(blocked.indexOf(true) === -1 || blocked.lastIndexOf(false) < blocked.indexOf(true)).toBe(true);
      }),
    );
  });

  test("what is chosen by cost reaches the floor, and nothing cheaper that is ready does", () => {
    fc.assert(
      fc.property(inputs, ({ drawn: list, floor }) => {
        const candidates = list.map(({ expected, cost }, index) =>
          candidateOf(`p/${index}`, expected, cost === null ? null : cost / 1e9),
        );
        const { chosen, why } = choosePolicy(inputOf({ candidates, floor }));
        if (chosen === null || why !== "cheapest") return;
        expect(chosen.expected).toBeGreaterThanOrEqual(floor);
        const cheaper = candidates.filter(
          (one) => one.expected >= floor && (one.costNanoUsd ?? Infinity) < (chosen.costNanoUsd ?? Infinity),
        );
        expect(cheaper).toEqual([]);
      }),
    );
  });
});
