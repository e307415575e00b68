import { expect, test } from "bun:test";
import fc from "fast-check";
import type { AttemptOutcome, AttemptState, LedgerRow, Totals } from "../../src/core/ledger.ts";
import { checkLedger } from "../../src/stores/check.ts";
import { sumsFor } from "../../src/stores/ledger-sums.ts";
import { createMemoryLedger } from "../../src/stores/memory/ledger.ts";
import type { Stores } from "../../src/stores/open.ts";
import type { GroupBy, Ledger, LedgerFilter } from "../../src/stores/ports.ts";
import { DAY, intentOf, NOON, outcomeOf, usageOf } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const HOUR = DAY / 24;
const name = fc.constantFrom(null, "one", "two");

const reserve = fc.record({
  provider: fc.constantFrom("openai", "ollama"),
  project: name,
  keyId: name,
  session: name,
  tag: name,
  task: name,
  file: name,
  client: name,
  startedAt: fc.integer({ min: NOON - 3 * DAY, max: NOON }),
  reservedNanoUsd: fc.option(fc.nat(1_000_000)),
});
const ending = fc.record({
  state: fc.constantFrom("final", "aborted", "estimated", "failed", "refused", "hit"),
  tokens: fc.nat(1_000_000),
  costNanoUsd: fc.option(fc.nat(2_000_000_000)),
  savedNanoUsd: fc.option(fc.nat(1_000_000)),
  savedKind: fc.constantFrom("free-tier", "routing", "cache"),
});
const pick = fc.nat();
/** What is tried on any attempt, whether its state allows it or not; now and then a crash, pruning, a lasting commit. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("reserve" as const), intent: reserve }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("retry" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("stream" as const), pick }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant("settle" as const), pick, ending }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("prune" as const), days: fc.nat(3) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** An attempt as the model knows it: its state, and the states it may still reach. */
interface Known {
  readonly requestId: string;
  readonly attempt: number;
  readonly startedAt: number;
  state: AttemptState;
}

const OPEN: readonly AttemptState[] = ["reserved", "streaming"];

function outcomeFor(
  known: Known,
  { tokens, state, savedKind, ...money }: (Step & { do: "settle" })["ending"],
): AttemptOutcome {
  return outcomeOf({
    requestId: known.requestId,
    attempt: known.attempt,
    state,
    ...money,
    savedKind: money.savedNanoUsd === null ? null : savedKind,
    usage: usageOf(tokens, tokens % 7, { cacheWrite5m: tokens % 3 }),
    endedAt: known.startedAt + (tokens % 9_000),
  });
}

/** The same steps on a ledger in memory and one on SQLite, beside the model that says what each step may do. */
interface Pair {
  readonly memory: Ledger;
  stores: Stores;
  readonly known: Known[];
}

/** Both do it or both refuse, as the model says. */
function both({ memory, stores }: Pair, isAllowed: boolean, act: (ledger: Ledger) => unknown): void {
  for (const ledger of [memory, stores.ledger]) {
    if (isAllowed) act(ledger);
    else expect(() => act(ledger)).toThrow();
  }
}

async function crash(pair: Pair, reopen: () => Stores): Promise<void> {
  await pair.memory.flush();
  pair.stores.close();
  pair.stores = reopen();
  const open = pair.known.filter(({ state }) => OPEN.includes(state));
  expect(pair.stores.ledger.closeOpenIntents(NOON)).toBe(open.length);
  expect(pair.memory.closeOpenIntents(NOON)).toBe(open.length);
  for (const known of open) known.state = "estimated";
}

async function prune(pair: Pair, before: number): Promise<void> {
  for (const ledger of [pair.memory, pair.stores.ledger]) await ledger.flush();
  const total = pair.memory.totals({});
  const counts = [pair.memory, pair.stores.ledger].map((ledger) => ledger.prunable(before));
  expect(counts[0]).toBe(counts[1] ?? -1);
  for (const ledger of [pair.memory, pair.stores.ledger]) {
    while (ledger.prune(before) > 0);
    expect(ledger.prunable(before)).toBe(0);
    expect(ledger.totals({})).toEqual(total);
  }
}

function onAttempt(pair: Pair, action: Step & { readonly pick: number }, index: number): void {
  const known = pair.known[action.pick % Math.max(1, pair.known.length)];
  if (known === undefined) return;
  const isOpen = OPEN.includes(known.state);
  if (action.do === "retry") {
    if (pair.known.some(({ requestId, attempt }) => requestId === known.requestId && attempt > known.attempt)) return;
    const again = { requestId: known.requestId, attempt: known.attempt + 1, startedAt: known.startedAt + index };
    both(pair, true, (ledger) => ledger.reserve(intentOf(again)));
    pair.known.push({ ...again, state: "reserved" });
  } else if (action.do === "stream") {
    both(pair, isOpen, (ledger) => ledger.stream(known.requestId, known.attempt));
    if (isOpen) known.state = "streaming";
  } else if (action.do === "settle") {
    const outcome = outcomeFor(known, action.ending);
    both(pair, isOpen, (ledger) => ledger.settle(outcome, null));
    if (isOpen) known.state = outcome.state;
    both(pair, false, (ledger) => ledger.settle(outcome, null));
  }
}

async function play(steps: readonly Step[], stateDir: string): Promise<Pair> {
  const clock = createFakeClock(NOON);
  const pair: Pair = { memory: createMemoryLedger(clock), stores: mustOpen(stateDir, clock), known: [] };
  for (const [index, action] of steps.entries()) {
    if (action.do === "reserve") {
      const intent = intentOf({ ...action.intent, requestId: `req_${index}`, model: `${action.intent.provider}-m` });
      both(pair, true, (ledger) => expect(ledger.reserve(intent)).toBe(true));
      pair.known.push({ requestId: intent.requestId, attempt: 1, startedAt: intent.startedAt, state: "reserved" });
    } else if (action.do === "wait") clock.advance(action.ms);
    else if (action.do === "flush") await pair.stores.ledger.flush();
    else if (action.do === "prune") await prune(pair, NOON - action.days * DAY);
    else if (action.do === "crash") {
      const open = new Set(pair.known.filter(({ state }) => OPEN.includes(state)).map(({ requestId }) => requestId));
      await crash(pair, () => mustOpen(stateDir, clock));
      // A new process tries nothing again of what the old one had begun.
      pair.known.splice(0, pair.known.length, ...pair.known.filter(({ requestId }) => !open.has(requestId)));
    } else onAttempt(pair, action, index);
  }
  for (const ledger of [pair.memory, pair.stores.ledger]) await ledger.flush();
  return pair;
}

const GROUPS: readonly Exclude<GroupBy, "day">[] = [
  "model",
  "provider",
  "project",
  "key",
  "session",
  "tag",
  "task",
  "file",
  "client",
];
/** Whole hours, a half and three quarters of one, the far east and the far west. */
const ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago"];
const FILTERS: readonly LedgerFilter[] = [
  {},
  { provider: "openai" },
  { project: "one", from: NOON - DAY - 12_345 },
  { keyId: "two", to: NOON - DAY + HOUR / 2 },
  { from: NOON - 2 * DAY + HOUR / 3, to: NOON - DAY / 2 },
  { from: NOON - HOUR / 2, to: NOON - HOUR / 3 },
  { session: "one" },
  { tag: "two", project: "one" },
  { file: "one", client: "two" },
  { state: "failed" },
  { minCostNanoUsd: 1_000_000, maxTokens: 500_000 },
  { minDurationMs: 100, maxDurationMs: 5_000, endpoint: "chat", requestedModel: "cheap" },
];

function sumOf(parts: readonly Totals[]): Partial<Record<string, number>> {
  const names = Object.keys(parts[0] ?? {}).filter((member) => member !== "name");
  return Object.fromEntries(
    names.map((member) => [member, parts.reduce((sum, part) => sum + part[member as keyof Totals], 0)]),
  );
}

function costOf(rows: Iterable<LedgerRow>): number {
  let cost = 0;
  for (const row of rows) cost += row.costNanoUsd ?? 0;
  return cost;
}

/** Both answer alike, groups add up to totals whatever the zone, and the rows that are left to what their time holds. */
function checkPair({ memory, stores: { ledger } }: Pair, prunedBefore: number): void {
  expect([...ledger.query({})]).toEqual([...memory.query({})]);
  expect(ledger.recentRequests(1_000)).toEqual(memory.recentRequests(1_000));
  for (const filter of FILTERS) {
    const total = ledger.totals(filter);
    expect(total).toEqual(memory.totals(filter));
    const { from = 0 } = filter;
    expect(ledger.spent({ ...filter, from })).toBe(memory.spent({ ...filter, from }));
    const kept = { ...filter, from: Math.max(from, prunedBefore) };
    expect(ledger.totals(kept).costNanoUsd).toBe(costOf(ledger.query(kept)));
    for (const by of GROUPS) {
      const groups = ledger.groups(filter, by);
      expect(groups).toEqual(memory.groups(filter, by));
      // Sums know one label at a time: two of them are read from rows, and those may be pruned.
      const isOfRows = sumsFor(filter, by) === null;
      const isTotalOfRows = sumsFor(filter, null) === null;
      if (isOfRows === isTotalOfRows && total.attempts > 0) expect(sumOf(groups)).toEqual({ ...total });
    }
    for (const zone of ZONES) {
      const days = ledger.groups(filter, "day", zone);
      expect(days).toEqual(memory.groups(filter, "day", zone));
      expect(days.map((day) => day.name)).toEqual(days.map((day) => day.name).toSorted());
      expect(days.reduce((sum, day) => sum + day.attempts, 0)).toBe(total.attempts);
      expect(days.reduce((sum, day) => sum + day.costNanoUsd, 0)).toBe(total.costNanoUsd);
    }
  }
}

test("whatever is tried, an attempt goes from reserved over streaming to one final state; memory and SQLite answer alike", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      using folder = temporaryFolder();
      const pair = await play(steps, folder.path);
      const states = new Map(
        [...pair.stores.ledger.query({})].map((row) => [`${row.requestId}#${row.attempt}`, row.state]),
      );
      const pruned = steps.flatMap((action) => (action.do === "prune" ? [NOON - action.days * DAY - DAY / 2] : []));
      const prunedBefore = Math.max(0, ...pruned);
      for (const { requestId, attempt, startedAt, state } of pair.known) {
        const found = states.get(`${requestId}#${attempt}`);
        if (found !== undefined || startedAt >= prunedBefore || OPEN.includes(state)) expect(found).toBe(state);
      }
      checkPair(pair, prunedBefore);
      pair.stores.close();
      const checked = checkLedger(folder.path, () => undefined);
      expect(checked).toMatchObject({ ok: true, value: { damage: [], wrongSums: 0, wrongLast: 0 } });
    }),
    { numRuns: 40 },
  );
}, 60_000);
