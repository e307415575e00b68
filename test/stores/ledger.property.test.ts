import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LedgerRow, Totals } from "../../src/core/ledger.ts";
import type { GroupBy, LedgerFilter } from "../../src/stores/ports.ts";
import { DAY, intentOf, NOON, outcomeOf, PRICE, usageOf } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const provider = fc.constantFrom("openai", "deepseek", "ollama");
const name = fc.constantFrom(null, "one", "two");
const state = fc.constantFrom("final", "failed", "aborted", "estimated", "refused", "hit");

/** One step of a schedule; which attempt a settlement is for is chosen among those then open. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("reserve" as const), provider, project: name, keyId: name, day: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("retry" as const), pick: fc.nat(), provider }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("stream" as const), pick: fc.nat() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      pick: fc.nat(),
      state,
      tokens: fc.nat(1_000_000),
      cost: fc.option(fc.nat(2_000_000_000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Open = { readonly requestId: string; readonly attempt: number };

/** Plays a schedule against a ledger; a crash forgets what was not yet committed, as the queue of a dead process does. */
async function play(
  stateDir: string,
  steps: readonly Step[],
): Promise<{ rows: LedgerRow[]; check: () => void; end: () => void }> {
  const clock = createFakeClock(NOON);
  let { ledger, close } = mustOpen(stateDir, clock);
  let open: Open[] = [];
  const lastAttempt = new Map<string, number>();
  for (const [index, action] of steps.entries()) {
    const chosen = "pick" in action ? open[action.pick % Math.max(1, open.length)] : undefined;
    if (action.do === "reserve") {
      const key = { requestId: `req_${index}`, attempt: 1 };
      ledger.reserve(
        intentOf({ ...key, ...action, startedAt: NOON + action.day * DAY, model: `${action.provider}-model` }),
      );
      open.push(key);
      lastAttempt.set(key.requestId, 1);
    } else if (action.do === "wait") {
      clock.advance(action.ms);
    } else if (action.do === "crash") {
      await ledger.flush();
      close();
      ({ ledger, close } = mustOpen(stateDir, clock));
      ledger.closeOpenIntents(clock.now());
      open = [];
    } else if (chosen !== undefined && action.do === "stream") {
      ledger.stream(chosen.requestId, chosen.attempt);
    } else if (chosen !== undefined && action.do === "retry") {
      const key = { requestId: chosen.requestId, attempt: (lastAttempt.get(chosen.requestId) ?? 0) + 1 };
      ledger.reserve(intentOf({ ...key, provider: action.provider, startedAt: NOON + DAY }));
      lastAttempt.set(key.requestId, key.attempt);
      open.push(key);
    } else if (chosen !== undefined && action.do === "settle") {
      const usage = usageOf(action.tokens, action.tokens % 97, { cacheRead: action.tokens % 13 });
      ledger.settle(outcomeOf({ ...chosen, state: action.state, usage, costNanoUsd: action.cost }), PRICE);
      open = open.filter((other) => other !== chosen);
    }
  }
  await ledger.flush();
  const reserved = [...lastAttempt].reduce((sum, [, attempts]) => sum + attempts, 0);
  const rows = [...ledger.query({})];
  const check = () => {
    expect(rows).toHaveLength(reserved);
    expect(rows.filter(({ endedAt }) => endedAt === null)).toHaveLength(open.length);
    for (const filter of FILTERS)
      expect(ledger.totals(filter)).toEqual(expectedTotals([...ledger.query(filter)], rows));
    for (const by of GROUP_BY) checkGroups(ledger.groups({}, by), ledger.totals({}));
  };
  return { rows, check, end: close };
}

const FILTERS: readonly LedgerFilter[] = [
  {},
  { from: NOON, to: NOON + 2 * DAY },
  { from: NOON + 1, to: NOON + 3 * DAY + 1 },
  { provider: "openai" },
  { project: "one", from: NOON - 1 },
  { keyId: "two", to: NOON + DAY },
  { state: "failed" },
];
const GROUP_BY: readonly GroupBy[] = ["model", "provider", "project", "key", "session", "day", "tag", "task"];

/** The oracle: adds the rows up one by one. `all` decides which attempt is a request's last. */
function expectedTotals(rows: readonly LedgerRow[], all: readonly LedgerRow[]): Totals {
  const last = new Map<string, number>();
  for (const { requestId, attempt } of all) last.set(requestId, Math.max(attempt, last.get(requestId) ?? 0));
  const sum = (value: (row: LedgerRow) => number) => rows.reduce((total, row) => total + value(row), 0);
  const input = ({ usage: { input } }: LedgerRow) =>
    input.uncached + input.cacheRead + input.cacheWrite5m + input.cacheWrite1h;
  const output = ({ usage: { output } }: LedgerRow) => output.text + output.reasoning;
  const isUnpriced = (row: LedgerRow) =>
    row.costNanoUsd === null && row.endedAt !== null && (input(row) + output(row) > 0 || row.costReason === "crashed");
  return {
    requests: sum((row) => (last.get(row.requestId) === row.attempt ? 1 : 0)),
    attempts: rows.length,
    costNanoUsd: sum((row) => row.costNanoUsd ?? 0),
    savedNanoUsd: sum((row) => row.savedNanoUsd ?? 0),
    savedFreeTierNanoUsd: sum((row) => (row.savedKind === "free-tier" ? (row.savedNanoUsd ?? 0) : 0)),
    savedRoutingNanoUsd: sum((row) => (row.savedKind === "routing" ? (row.savedNanoUsd ?? 0) : 0)),
    savedCacheNanoUsd: sum((row) => (row.savedKind === "cache" ? (row.savedNanoUsd ?? 0) : 0)),
    unpriced: sum((row) => (isUnpriced(row) ? 1 : 0)),
    failed: sum((row) => (row.state === "failed" ? 1 : 0)),
    failedNanoUsd: sum((row) => (row.state === "failed" ? (row.costNanoUsd ?? 0) : 0)),
    inputTokens: sum(input),
    cacheReadTokens: sum((row) => row.usage.input.cacheRead),
    cacheWriteTokens: sum(({ usage }) => usage.input.cacheWrite5m + usage.input.cacheWrite1h),
    outputTokens: sum(output),
  };
}

function checkGroups(groups: readonly Totals[], total: Totals): void {
  const names = Object.keys(total) as (keyof Totals)[];
  const sums = names.map((member) => [member, groups.reduce((sum, group) => sum + group[member], 0)]);
  expect(Object.fromEntries(sums)).toEqual(total);
}

test("whatever the schedule, each attempt is exactly one row and every total equals the rows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      using folder = temporaryFolder();
      const { check, end } = await play(folder.path, steps);
      check();
      end();
    }),
    { numRuns: 40 },
  );
}, 60_000);
