import { expect, test } from "bun:test";
import type { Candidate } from "../../../src/core/routing/candidates.ts";
import { choosePolicy } from "../../../src/core/routing/policy.ts";
import type { Floor } from "../../../src/core/routing/policy-dial.ts";
import { exploredNanoUsd } from "../../../src/gateway/routing/store-route.ts";

function candidate(name: string, costNanoUsd: number, high: number): Candidate {
  const belief = { mean: 0.8, low: 0.1, high, priorWeight: 0, ownWeight: 9, source: null };
  const usual = { isLocal: false, outputTokens: 100, tokens: "estimate", latencyMs: null, isLoaded: null } as const;
  return { name, belief, expected: 0.8, costNanoUsd, cacheNanoUsd: 0, block: null, ...usual };
}

const FLOOR: Floor = { value: 0.7, source: "default", isRaised: false };

function choiceWith(leftNanoUsd: number) {
  return choosePolicy({
    candidates: [candidate("a/cheap", 100, 0.9), candidate("b/dear", 400, 0.99)],
    taskClass: "general",
    turn: "user",
    isPlan: false,
    hasTools: false,
    floor: FLOOR.value,
    isWished: true,
    current: null,
    isSticky: true,
    isStalled: false,
    explore: { share: 0.1, leftNanoUsd, chance: 0.05 },
  });
}

test("trying another model takes what it costs more out of the day's purse, and in shadow mode nothing", () => {
  const choice = choiceWith(300);
  expect(choice.why).toBe("explored");
  const floor = FLOOR;
  expect(exploredNanoUsd({ choice, floor, mode: "on" })).toBe(300);
  expect(exploredNanoUsd({ choice, floor, mode: "shadow" })).toBe(0);
});

test("what the purse has no room for is not tried", () => {
  expect(choiceWith(299).why).toBe("cheapest");
});
