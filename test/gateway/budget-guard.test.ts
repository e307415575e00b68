import { describe, expect, test } from "bun:test";
import type { Budget } from "../../src/core/budget/budget.ts";
import type { JsonValue } from "../../src/core/json.ts";
import type { ChatRequest, DialectName, OpaqueTool } from "../../src/core/request.ts";
import { type Asking, createBudgetGuard, type GuardParts } from "../../src/gateway/budget-guard.ts";
import { createBus } from "../../src/gateway/bus.ts";
import { chatDemand } from "../../src/gateway/demand.ts";
import { systemClock } from "../../src/host/clock.ts";
import { createPriceBook } from "../../src/host/prices/book.ts";

const BUDGET: Budget = {
  id: "day",
  scope: "global",
  name: null,
  period: "total",
  limitNanoUsd: 0,
  warnAt: [],
  over: "deny",
  isUnpricedAllowed: false,
  origin: "file",
};

const REQUEST = { model: "m", messages: [], stream: false, extra: { dialect: "openai-chat", fields: {} } } as const;

function opaque(dialect: DialectName, json: JsonValue): OpaqueTool {
  return { type: "opaque", dialect, json };
}

function guardOf(budget: Partial<Budget>, more: Partial<GuardParts> = {}) {
  const budgets = [{ ...BUDGET, ...budget }];
  const rates = { input: 1, output: 1, serviceTiers: { priority: { input: 2, output: 2 } } };
  return createBudgetGuard({
    budgets: () => budgets,
    timeZone: () => "UTC",
    spentOf: () => 0,
    spentByKey: () => 0,
    keyNameOf: () => "me",
    known: () => [],
    freeModels: () => [],
    prices: createPriceBook({
      overrides: { "lab/m": rates },
      isLocalProvider: () => false,
      priceIdOf: () => undefined,
    }),
    isLocal: (provider) => provider === "home",
    isSubscription: (provider) => provider === "plan",
    bus: createBus(),
    clock: systemClock,
    ...more,
  });
}

function asking(more: Partial<Asking> = {}): Asking {
  return {
    requestId: "req_1",
    caller: { keyId: "key_1", project: "web" },
    target: { provider: "lab", account: "default", model: "m" },
    startedAt: Date.now(),
    demand: () => chatDemand(REQUEST),
    ...more,
  };
}

describe("a guard whose ledger cannot be read", () => {
  const broken = {
    spentOf: () => {
      throw new Error("disk full");
    },
    spentByKey: () => {
      throw new Error("disk full");
    },
  };

  test("lets no paid call through, and says why", () => {
    const admission = guardOf({}, broken).admit(asking());
    if (admission.ok) throw new Error("it was admitted");
    expect(admission.denial.refusal).toBeNull();
    expect(admission.denial.fault).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("disk full"),
    });
  });

  test("lets free calls through, and spoils no answer that is told beside", () => {
    const guard = guardOf({}, broken);
    expect(guard.admit(asking({ target: { provider: "home", account: "default", model: "m" } }))).toEqual({
      ok: true,
      hold: null,
    });
    expect(guard.remaining({ keyId: null, project: null })).toBeNull();
    expect(guard.keySpend("key_1")).toBeNull();
  });
});

describe("a guard", () => {
  test("neither blocks nor counts a subscription of the client's own, or what nobody charges for", () => {
    const guard = guardOf({});
    expect(guard.admit(asking({ target: { provider: "plan", account: "client", model: "m" } })).ok).toBe(true);
    expect(guard.admit(asking({ demand: null })).ok).toBe(true);
  });

  test("reserves the dearer service that a request asks for", () => {
    const reserved = (fields: Record<string, string>): number | undefined => {
      const request = { ...REQUEST, maxOutputTokens: 1_000, extra: { dialect: "openai-chat", fields } } as const;
      const admission = guardOf({ limitNanoUsd: 10 ** 9 }).admit(asking({ demand: () => chatDemand(request) }));
      return admission.ok ? admission.hold?.reservedNanoUsd : undefined;
    };
    const usual = reserved({}) ?? 0;
    expect(usual).toBeGreaterThan(1_000_000);
    expect(reserved({ service_tier: "auto" })).toBe(usual);
    expect(reserved({ service_tier: "priority" })).toBe(2 * usual);
    expect(reserved({ service_tier: "unheard-of" })).toBe(usual);
  });

  const fixes: readonly (readonly [budget: Partial<Budget>, words: string])[] = [
    [{}, 'raise `limitUsd` of "day" in the configuration (`budgets`)'],
    [{ scope: "project", name: "web" }, "(`budgets` with `scope: project`)"],
    [{ scope: "project", name: "web", origin: "project" }, "`.lodestar.yaml`"],
    [{ scope: "key", name: "key_1", origin: "key" }, "`lodestar keys limit me`"],
  ];
  for (const [budget, words] of fixes) {
    test(`says how to raise a budget of origin ${budget.origin ?? "file"}: ${words}`, () => {
      const admission = guardOf(budget).admit(asking());
      const message = admission.ok ? "" : admission.denial.fault.message;
      expect(message).toContain(words);
      expect(message).toContain("it does not begin again");
    });
  }
});

test.each<[string, Partial<ChatRequest>, number]>([
  ["no tool", {}, 0],
  ["a function that is only called so", { tools: [{ type: "function", name: "web_search" }] }, 0],
  ["Anthropic's with a limit", { tools: [opaque("anthropic", { type: "web_search_20250305", max_uses: 3 })] }, 3],
  ["Anthropic's without one", { tools: [opaque("anthropic", { type: "web_search_20250305" })] }, 10],
  ["OpenAI's", { tools: [opaque("openai-responses", { type: "web_search_preview" })] }, 10],
  ["Gemini's", { tools: [opaque("gemini", { googleSearch: {} })] }, 10],
  ["another tool of a provider", { tools: [opaque("anthropic", { type: "bash_20250124", name: "bash" })] }, 0],
])("a request with %s may search so often", (_, more, count) => {
  expect(chatDemand({ ...REQUEST, ...more }).webSearches).toBe(count);
});
