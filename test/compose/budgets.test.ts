import { describe, expect, test } from "bun:test";
import type { AttemptIntent } from "../../src/core/ledger.ts";
import { intentOf, outcomeOf } from "../stores/attempts.ts";
import { createWorld } from "../support/world.ts";

const { gateway } = createWorld();

/** Opens a gateway on a ledger that already holds these attempts, all of today. */
async function withLedger(
  budgets: string,
  attempts: readonly (Partial<AttemptIntent> & { readonly cost: number | null })[],
) {
  const opened = await gateway(`timeZone: UTC\nbudgets:\n${budgets}`);
  const { stores, keyring } = opened.opening;
  const now = Date.now();
  for (const [index, { cost, ...more }] of attempts.entries()) {
    const requestId = `req_${index}`;
    stores.ledger.reserve(intentOf({ startedAt: now, ...more, requestId }));
    stores.ledger.settle(outcomeOf({ requestId, costNanoUsd: cost, endedAt: now }), null);
  }
  const { budgets: guard } = opened.opening.runtime.services;
  const spent = (): readonly string[] =>
    guard.states().map(({ budget, name, spentNanoUsd }) => `${budget.id} ${name ?? "-"} ${spentNanoUsd}`);
  return { opened, stores, keyring, guard, spent };
}

const WISH = { project: null, expiresAt: null, models: [] };

describe("what was spent before", () => {
  test("counts for everyone whom a budget names, as the ledger has it", async () => {
    const { spent } = await withLedger(
      `  - { scope: global, period: day, limitUsd: 1 }
  - { scope: project, name: web, period: total, limitUsd: 1 }
  - { scope: provider, name: first, period: month, limitUsd: 1 }
  - { scope: model, name: first/a, period: day, limitUsd: 1 }
  - { scope: model, name: "first/*", period: day, limitUsd: 1 }
  - { scope: model, name: "*b", period: day, limitUsd: 1 }`,
      [
        { provider: "first", model: "a", project: "web", cost: 1 },
        { provider: "first", model: "b", project: "cli", cost: 20 },
        { provider: "second", model: "x/b", project: "web", cost: 300 },
        { provider: "first", model: "a", project: "web", cost: 4_000, startedAt: Date.now() - 40 * 86_400_000 },
        { provider: "first", model: "a", project: "cli", cost: null, reservedNanoUsd: 50_000 },
      ],
    );
    expect(spent()).toEqual([
      "day - 50321",
      "total:project:web web 4301",
      "month:provider:first first 50021",
      "day:model:first/a first/a 50001",
      "day:model:first/* first/* 50021",
      "day:model:*b *b 320",
    ]);
  });

  test("counts for a key by its name, under whatever ids it had, and for each key apart", async () => {
    const { keyring, stores, spent } = await withLedger(
      `  - { scope: key, name: ci, period: day, limitUsd: 1 }
  - { scope: key, name: "*", period: day, limitUsd: 1 }`,
      [],
    );
    const [old, young, other] = ["ci", "ci", "dev"].map((name) => keyring.mint({ ...WISH, name }).key);
    for (const [index, key] of [old, young, other].entries()) {
      stores.ledger.reserve(intentOf({ requestId: `k${index}`, keyId: key?.id ?? null, startedAt: Date.now() }));
      stores.ledger.settle(outcomeOf({ requestId: `k${index}`, costNanoUsd: 10 ** index }), null);
    }
    const wanted = ["day:key:ci ci 11", "day:key:* ci 1", "day:key:* ci 10", "day:key:* dev 100"];
    expect(spent().toSorted()).toEqual(wanted.toSorted());
  });

  test("counts for a key's own budget, which is there as soon as the key has it", async () => {
    const { keyring, guard, spent } = await withLedger(`  - { scope: global, period: day, limitUsd: 1 }`, []);
    expect(spent()).toEqual(["day - 0"]);
    const budget = { limitNanoUsd: 5, period: "day", over: "deny" } as const;
    const limits = { budget, requestsPerMinute: null, burst: null, tokensPerMinute: null, concurrent: null };
    const { key } = keyring.mint({ ...WISH, name: "me", limits });
    expect(guard.statesOf({ keyId: key.id, project: null }).map((state) => state.budget.limitNanoUsd)).toEqual([
      1_000_000_000, 5,
    ]);
    expect(spent()).toEqual(["day - 0", "day:own:me me 0"]);
    expect(guard.remaining({ keyId: key.id, project: null })).toBe(5);
    expect(guard.remaining({ keyId: "another", project: null })).toBe(1_000_000_000);
  });

  test("is told as all that a key spent, and counted on", async () => {
    const { opened, guard } = await withLedger("  []", [{ keyId: "k", cost: 7 }]);
    expect(guard.keySpend("k")).toBe(7);
    const intent = intentOf({ requestId: "later", keyId: "k" });
    const outcome = outcomeOf({ requestId: "later", costNanoUsd: 3 });
    opened.opening.runtime.bus.emit({ event: "settled", at: 0, intent, outcome });
    expect(guard.keySpend("k")).toBe(10);
  });
});

describe("a reload", () => {
  test("takes other budgets into use at once, with what was spent", async () => {
    const { opened, spent } = await withLedger("  - { scope: global, period: day, limitUsd: 1 }", [{ cost: 9 }]);
    expect(spent()).toEqual(["day - 9"]);
    const { runtime } = opened.opening;
    const { settings, ...loaded } = runtime.loaded();
    const [budget] = settings.budgets;
    if (budget === undefined) throw new Error("there is a budget");
    const weekly = { ...budget, id: "week", period: "week" } as const;
    runtime.use({ ...loaded, settings: { ...settings, budgets: [weekly] } });
    expect(spent()).toEqual(["week - 9"]);
    runtime.use({ ...loaded, settings: { ...settings, budgets: [] } });
    expect(spent()).toEqual([]);
  });
});
