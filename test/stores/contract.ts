import { describe, expect, test } from "bun:test";
import type { GroupBy, Ledger, LedgerFilter } from "../../src/stores/ports.ts";
import { DAY, intentOf, NOON, outcomeOf, PRICE, usageOf } from "./attempts.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

/** How a suite gets an empty ledger of its adapter, and gets rid of it. */
export type OpenLedger = (clock: FakeClock) => { readonly ledger: Ledger } & Disposable;

/** Two days of traffic: a fallback, a failure without price, a local answer, a crash's leftovers and a hit. */
async function fill(ledger: Ledger): Promise<void> {
  ledger.reserve(intentOf({ requestId: "a", provider: "openai", model: "gpt-5.4-nano" }));
  const fault = { kind: "rate-limited", message: "slow down", status: 429 } as const;
  const failed = { state: "failed", fault, upstreamStatus: 429, costNanoUsd: 0, savedNanoUsd: null } as const;
  ledger.settle(outcomeOf({ requestId: "a", ...failed, usage: usageOf(0, 0), priceId: null }), null);
  ledger.reserve(intentOf({ requestId: "a", attempt: 2, startedAt: NOON + 10 }));
  ledger.stream("a", 2);
  ledger.settle(outcomeOf({ requestId: "a", attempt: 2 }), PRICE);
  ledger.reserve(
    intentOf({ requestId: "b", startedAt: NOON + DAY, project: null, session: "session_2", task: "docs" }),
  );
  ledger.settle(outcomeOf({ requestId: "b", costNanoUsd: null, costReason: "no-price", priceId: null }), null);
  ledger.reserve(
    intentOf({
      requestId: "c",
      startedAt: NOON + DAY + 1,
      provider: "ollama",
      model: "llama",
      keyId: null,
      tag: "weekly",
      file: null,
    }),
  );
  ledger.settle(outcomeOf({ requestId: "c", costNanoUsd: 0, costReason: "local", savedKind: "free-tier" }), null);
  await ledger.flush();
}

function reserveTests(open: OpenLedger): void {
  test("an attempt comes back as it was written", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    const usage = { ...usageOf(7, 3, { audio: 2, image: 1 }), output: { text: 3, reasoning: 4, image: 1 } };
    const fault = { kind: "client-left", message: "the client left" } as const;
    ledger.reserve(intentOf());
    ledger.settle(outcomeOf({ state: "aborted", usage, fault }), PRICE);
    await ledger.flush();
    const { requestId: _, attempt: __, usage: ___, ...rest } = outcomeOf({ state: "aborted", fault });
    const counts = { input: usage.input, output: usage.output };
    expect([...ledger.query({})]).toEqual([{ ...intentOf(), ...rest, usage: counts }]);
    expect(ledger.price("price_1")).toEqual(PRICE);
    expect(ledger.price("price_2")).toBeNull();
  });

  test("what is paid by the piece comes back with the counts of tokens", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    for (const [requestId, usage] of [
      ["searched", { ...usageOf(7, 3), units: { webSearches: 2 } }],
      ["heard", { ...usageOf(7, 3, { audio: 2 }), units: { webSearches: 1 } }],
    ] as const) {
      ledger.reserve(intentOf({ requestId }));
      ledger.settle(outcomeOf({ requestId, usage }), PRICE);
      await ledger.flush();
      const { raw: _, ...kept } = usage;
      expect([...ledger.query({ requestId })]).toMatchObject([{ usage: kept }]);
    }
  });

  test("an open attempt is a row without an ending, first reserved and then streaming", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    ledger.reserve(intentOf());
    await ledger.flush();
    expect([...ledger.query({})]).toMatchObject([
      { state: "reserved", endedAt: null, usageSource: null, costNanoUsd: null },
    ]);
    ledger.stream("req_1", 1);
    await ledger.flush();
    expect([...ledger.query({})]).toMatchObject([{ state: "streaming", endedAt: null }]);
    ledger.settle(outcomeOf(), PRICE);
    await ledger.flush();
    expect([...ledger.query({})]).toMatchObject([{ state: "final", costNanoUsd: 12_345, firstTokenMs: 120.5 }]);
  });

  test("settling or reserving twice, and settling or streaming what was never reserved, throws", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    ledger.reserve(intentOf());
    expect(() => ledger.reserve(intentOf())).toThrow("reserved twice");
    ledger.settle(outcomeOf(), null);
    expect(() => ledger.settle(outcomeOf(), null)).toThrow("settled twice");
    await ledger.flush();
    expect(() => ledger.settle(outcomeOf(), null)).toThrow("settled twice");
    expect(() => ledger.stream("req_1", 1)).toThrow("not open");
    expect(() => ledger.settle(outcomeOf({ requestId: "req_2" }), null)).toThrow("never reserved");
    expect([...ledger.query({})]).toHaveLength(1);
  });

  test("intents left open by a crash become estimated rows that say so and count as unpriced", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    await fill(ledger);
    ledger.reserve(intentOf({ requestId: "d" }));
    await ledger.flush();
    const before = ledger.totals({});
    expect(ledger.closeOpenIntents(NOON + 5)).toBe(1);
    expect(ledger.closeOpenIntents(NOON + 6)).toBe(0);
    const [row] = ledger.query({ requestId: "d" });
    expect(row).toMatchObject({
      state: "estimated",
      usageSource: "estimated",
      costReason: "crashed",
      endedAt: NOON + 5,
    });
    expect(row?.fault).toMatchObject({ kind: "internal", message: expect.stringContaining("unknown") });
    expect(ledger.totals({})).toEqual({ ...before, unpriced: before.unpriced + 1 });
    expect(ledger.totals({ state: "estimated" })).toMatchObject({ attempts: 1, unpriced: 1 });
  });

  test("of intents left open by a crash, those of free targets cost nothing and hold nothing", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    const targets = [
      ["ollama", "a:1b"],
      ["ollama", "b-cloud"],
      ["other", "a:1b"],
    ] as const;
    for (const [provider, model] of targets) {
      ledger.reserve(intentOf({ requestId: `${provider} ${model}`, provider, model, reservedNanoUsd: 7 }));
    }
    await ledger.flush();
    const isFree = (provider: string, model: string): boolean => provider === "ollama" && model === "a:1b";
    expect(ledger.closeOpenIntents(NOON + 5, isFree)).toBe(3);
    const told = [...ledger.query({})].map(({ requestId, costNanoUsd, costReason, fault }) => [
      requestId,
      costNanoUsd,
      costReason,
      fault?.message.includes("cost"),
    ]);
    expect(told.toSorted()).toEqual([
      ["ollama a:1b", 0, "crashed-local", false],
      ["ollama b-cloud", null, "crashed", true],
      ["other a:1b", null, "crashed", true],
    ]);
    expect(ledger.totals({})).toMatchObject({ attempts: 3, unpriced: 2, costNanoUsd: 0 });
    expect(ledger.spent({ from: 0, to: NOON * 2 })).toBe(14);
  });
}

const FILTERS: readonly [filter: LedgerFilter, requestIds: readonly string[]][] = [
  [{}, ["c", "b", "a", "a"]],
  [{ from: NOON + DAY }, ["c", "b"]],
  [{ to: NOON + 10 }, ["a"]],
  [{ from: NOON + 10, to: NOON + DAY + 1 }, ["b", "a"]],
  [{ requestId: "a" }, ["a", "a"]],
  [{ requestId: "a", provider: "openai" }, ["a"]],
  [{ provider: "ollama" }, ["c"]],
  [{ model: "deepseek-v4-flash" }, ["b", "a"]],
  [{ project: "lodestar" }, ["c", "a", "a"]],
  [{ keyId: "key_1" }, ["b", "a", "a"]],
  [{ session: "session_2" }, ["b"]],
  [{ state: "failed" }, ["a"]],
  [{ tag: "weekly" }, ["c"]],
  [{ task: "docs" }, ["b"]],
  [{ file: "src/main.ts" }, ["b", "a", "a"]],
  [{ file: "nowhere" }, []],
  [{ client: "aider", tag: "nightly" }, ["b", "a", "a"]],
  [{ provider: "nobody" }, []],
];

const GROUPS: readonly [by: GroupBy, names: readonly string[], requests: readonly number[]][] = [
  ["model", ["deepseek/deepseek-v4-flash", "ollama/llama", "openai/gpt-5.4-nano"], [2, 1, 0]],
  ["provider", ["deepseek", "ollama", "openai"], [2, 1, 0]],
  ["project", ["lodestar", "(none)"], [2, 1]],
  ["key", ["key_1", "(none)"], [2, 1]],
  ["session", ["session_1", "session_2"], [2, 1]],
  ["day", ["2026-11-20", "2026-11-21"], [1, 2]],
  ["tag", ["nightly", "weekly"], [2, 1]],
  ["task", ["bug_fix", "docs"], [2, 1]],
  ["file", ["src/main.ts", "(none)"], [2, 1]],
  ["client", ["aider"], [3]],
];

function readTests(open: OpenLedger): void {
  test.each(FILTERS)("the filter %o finds %o, newest first", async (filter, requestIds) => {
    using store = open(createFakeClock(NOON));
    await fill(store.ledger);
    const rows = [...store.ledger.query(filter)];
    expect(rows.map(({ requestId }) => requestId)).toEqual([...requestIds]);
    expect([...store.ledger.query(filter, 1)]).toEqual(rows.slice(0, 1));
    const cost = rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
    expect(store.ledger.totals(filter)).toMatchObject({ attempts: rows.length, costNanoUsd: cost });
  });

  test("totals count requests once, failures, and tokens without a price", async () => {
    using store = open(createFakeClock(NOON));
    await fill(store.ledger);
    expect(store.ledger.totals({})).toEqual({
      requests: 3,
      attempts: 4,
      costNanoUsd: 12_345,
      savedNanoUsd: 3_000,
      savedFreeTierNanoUsd: 1_000,
      savedRoutingNanoUsd: 2_000,
      savedCacheNanoUsd: 0,
      unpriced: 1,
      failed: 1,
      failedNanoUsd: 0,
      inputTokens: 450,
      cacheReadTokens: 150,
      cacheWriteTokens: 0,
      outputTokens: 60,
    });
    expect(store.ledger.totals({ provider: "nobody" }).attempts).toBe(0);
  });

  test.each(GROUPS)("groups by %s are %o and add up to the total", async (by, names, requests) => {
    using store = open(createFakeClock(NOON));
    await fill(store.ledger);
    const groups = store.ledger.groups({}, by);
    expect(groups.map(({ name }) => name)).toEqual([...names]);
    expect(groups.map((group) => group.requests)).toEqual([...requests]);
    const total = store.ledger.totals({});
    expect(groups.reduce((sum, group) => sum + group.costNanoUsd, 0)).toBe(total.costNanoUsd);
    expect(groups.reduce((sum, group) => sum + group.attempts, 0)).toBe(total.attempts);
    expect(groups.reduce((sum, group) => sum + group.requests, 0)).toBe(total.requests);
  });

  test("recent requests show the last attempt, the start of the first and the cost of all", async () => {
    using store = open(createFakeClock(NOON));
    await fill(store.ledger);
    const recent = store.ledger.recentRequests(10);
    expect(recent.map(({ requestId }) => requestId)).toEqual(["c", "b", "a"]);
    expect(recent[2]).toMatchObject({ attempts: 2, startedAt: NOON, costNanoUsd: 12_345, last: { attempt: 2 } });
    expect(recent[1]).toMatchObject({ costNanoUsd: null });
    expect(store.ledger.recentRequests(1)).toEqual(recent.slice(0, 1));
    expect(store.ledger.recentRequests(10, { project: "lodestar" }).map(({ requestId }) => requestId)).toEqual([
      "c",
      "a",
    ]);
  });

  test("what was spent is the cost by start, to the millisecond, and what was reserved where nobody knows the cost", () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    ledger.reserve(intentOf({ startedAt: NOON }));
    ledger.settle(outcomeOf({ endedAt: NOON + DAY }), null);
    ledger.reserve(intentOf({ requestId: "open", startedAt: NOON + 1, reservedNanoUsd: 500, provider: "openai" }));
    ledger.reserve(intentOf({ requestId: "none", startedAt: NOON + 2, reservedNanoUsd: 7_000 }));
    ledger.settle(outcomeOf({ requestId: "none", costNanoUsd: null, costReason: "no-price" }), null);
    expect(ledger.spent({ from: NOON })).toBe(19_345);
    expect(ledger.closeOpenIntents(NOON + 5)).toBe(1);
    expect(ledger.spent({ from: NOON })).toBe(19_845);
    expect(ledger.spent({ from: NOON, to: NOON + 1 })).toBe(12_345);
    expect(ledger.spent({ from: NOON + 1 })).toBe(7_500);
    expect(ledger.spent({ from: 0, provider: "openai" })).toBe(500);
    expect(ledger.spent({ from: 0, project: "lodestar", keyId: "key_1", model: "deepseek-v4-flash" })).toBe(19_845);
    expect(ledger.spent({ from: 0, project: "other" })).toBe(0);
  });

  test("pruning deletes settled rows of past days, keeps open ones, and keeps the sums", async () => {
    using store = open(createFakeClock(NOON));
    const { ledger } = store;
    await fill(ledger);
    ledger.reserve(intentOf({ requestId: "open" }));
    await ledger.flush();
    const before = ledger.totals({});
    expect(ledger.prune(NOON + DAY)).toBe(2);
    while (ledger.prune(NOON + DAY) > 0);
    expect([...ledger.query({})].map(({ requestId }) => requestId)).toEqual(["c", "b", "open"]);
    expect(ledger.totals({})).toEqual(before);
    expect(ledger.groups({}, "day").map(({ attempts }) => attempts)).toEqual([3, 2]);
    expect(ledger.totals({ session: "session_1" }).attempts).toBe(4);
    expect(ledger.totals({ session: "session_1", state: "final" }).attempts).toBe(1);
  });

  test("an empty project, key, session or label is none", async () => {
    using store = open(createFakeClock(NOON));
    store.ledger.reserve(intentOf({ project: "", keyId: "", session: "", tag: "", task: "", file: "", client: "" }));
    await store.ledger.flush();
    const none = { project: null, keyId: null, session: null, tag: null, task: null, file: null, client: null };
    expect([...store.ledger.query({})]).toMatchObject([none]);
    expect(store.ledger.groups({}, "project").map(({ name }) => name)).toEqual(["(none)"]);
  });

  test("health tells what waits, and after a flush when it was written", async () => {
    using store = open(createFakeClock(NOON));
    expect(store.ledger.health()).toEqual({
      queued: 0,
      queuedBytes: 0,
      isFull: false,
      lastError: null,
      rejected: 0,
      committedAt: null,
    });
    store.ledger.reserve(intentOf());
    expect(store.ledger.health().queued).toBe(1);
    expect(store.ledger.health().queuedBytes).toBeGreaterThan(500);
    await store.ledger.flush();
    expect(store.ledger.health()).toMatchObject({ queued: 0, queuedBytes: 0, committedAt: NOON });
  });
}

/** What every ledger must do, whatever it stands on. */
export function ledgerContract(adapter: string, open: OpenLedger): void {
  describe(`the ledger on ${adapter}`, () => {
    reserveTests(open);
    readTests(open);
  });
}
