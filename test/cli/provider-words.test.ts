import { describe, expect, test } from "bun:test";
import { providerState } from "../../src/cli/provider/words.ts";
import type { ProviderView } from "../../src/core/admin-view.ts";
import { overSpan } from "../../src/core/availability-span.ts";
import { spansOf } from "../../src/core/health-view.ts";

/** A provider whose breaker is closed, with an account for each given end of a pause. */
function providerWith(pauses: readonly (number | null)[], attempts = 3): ProviderView {
  return {
    id: "lab",
    state: "closed",
    lastError: null,
    availability: { ...overSpan([], "24h", 0), attempts, ratio: 1, spans: spansOf([], 0) },
    accounts: pauses.map((coolingUntil, index) => ({
      id: String(index),
      keySource: "env:LAB_KEY",
      hasKey: true,
      state: "closed",
      coolingUntil,
      coolingReason: null,
      models: [],
    })),
    origin: "file",
    baseUrl: "http://lab.internal/v1",
    isLocal: false,
  };
}

describe("the state of a provider", () => {
  const cases: readonly (readonly [provider: ProviderView, words: string])[] = [
    [providerWith([null]), "healthy"],
    [providerWith([null], 0), "ready"],
    [providerWith([1_000]), "paused"],
    [providerWith([1_000, null]), "1 of 2 accounts paused"],
    [providerWith([1_000, 2_000]), "paused"],
    [{ ...providerWith([1_000]), state: "open" }, "resting"],
    [{ ...providerWith([null]), state: "half-open" }, "trying again"],
    [{ ...providerWith([null]), state: "unknown" }, "unknown"],
  ];
  for (const [provider, words] of cases) {
    const pauses = provider.accounts.map(({ coolingUntil }) => (coolingUntil === null ? "free" : "paused")).join(", ");
    test(`with a breaker ${provider.state}, accounts ${pauses} and ${provider.availability.attempts} calls is "${words}"`, () => {
      expect(providerState(provider, [])).toBe(words);
    });
  }

  test("of a model server that does not answer is that, whatever else is known", () => {
    const local = [{ provider: "lab", url: "http://127.0.0.1:1", isReachable: false, models: [] }];
    expect(providerState(providerWith([1_000]), local)).toBe("not reachable");
  });
});
