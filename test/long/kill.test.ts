import { afterAll, expect, test } from "bun:test";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { checkLedger, checkStores } from "../../src/stores/check.ts";
import { type RunningLodestar, startLodestar, stopLodestars } from "../real/driver.ts";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_PRICES, answerWith, billOf, type OwnUsage, ownUsage } from "./support/account.ts";
import { createChance } from "./support/chance.ts";
import { numberIn, planOf, sendPlanned } from "./support/load.ts";
import { type LeanProvider, startProvider } from "./support/provider.ts";
import { readRows } from "./support/rows.ts";
import { caseCount, caseLabel, caseNumbers, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const FULL_COUNT = 1_000;
const LANES = 8;
/** The killing comes at any moment of this span after the first commit: longer than two group commits. */
const KILL_WITHIN_MS = 120;
/** A group commit waits at most 50 ms; the rest is for the disk and a busy machine. */
const OLDEST_LOSS_MS = 500;

afterAll(stopLodestars);

/** One call in the upstream's own log, by its number. */
interface OwnCall {
  readonly usage: OwnUsage;
  /** When it came, by `performance.now()`. */
  readonly at: number;
}

/** Answers in 10 ms, so that some calls are always open, and logs every call. */
function startUpstream(): { provider: LeanProvider; calls: Map<number, OwnCall>; repeated: number[] } {
  const calls = new Map<number, OwnCall>();
  const repeated: number[] = [];
  const provider = startProvider(async (request) => {
    const body = await request.text();
    const number = numberIn(body);
    if (calls.has(number)) repeated.push(number);
    const usage = ownUsage(createChance(suiteSeed() + 1, number));
    calls.set(number, { usage, at: performance.now() });
    await Bun.sleep(10);
    return answerWith(usage, body.includes('"stream":true'));
  });
  return { provider, calls, repeated };
}

/** Requests without pause until the daemon is gone; when each whole answer came, by its number. */
function putUnderLoad(apiUrl: string, cycle: number): { answers: Map<number, number>; done: Promise<unknown> } {
  const answers = new Map<number, number>();
  let next = cycle * 100_000;
  const lane = async (): Promise<void> => {
    for (;;) {
      next += 1;
      const number = next;
      try {
        const { status } = await sendPlanned(apiUrl, planOf(number, 0, 1), "up/m");
        if (status === 200) answers.set(number, performance.now());
      } catch {
        return;
      }
    }
  };
  return { answers, done: Promise.all(Array.from({ length: LANES }, lane)) };
}

function keyOf(row: LedgerRow): string {
  return `${row.requestId}#${row.attempt}`;
}

/** Rows that were committed and are not there any more as they were. */
function lostRows(before: readonly LedgerRow[], after: readonly LedgerRow[]): readonly string[] {
  const found = new Map(after.map((row) => [keyOf(row), row]));
  return before.flatMap((row) => {
    const kept = found.get(keyOf(row));
    if (kept === undefined) return [`${keyOf(row)} is gone`];
    return row.endedAt === null || Bun.deepEquals(kept, row) ? [] : [`${keyOf(row)} has changed`];
  });
}

/** What one cycle showed. */
interface Cycle {
  readonly from: number;
  readonly killedAt: number;
  readonly committed: number;
  readonly open: readonly LedgerRow[];
  readonly unwritten: number;
  readonly oldestLossMs: number;
  readonly problems: readonly string[];
}

function integrityProblems(stateDir: string): readonly string[] {
  return checkStores(stateDir).flatMap(({ isSound, file, message }) => (isSound ? [] : [`${file}: ${message}`]));
}

async function killOnce(lodestar: RunningLodestar, number: number): Promise<Cycle> {
  const { stateDir } = lodestar;
  const from = Date.now() - 1_000;
  const own = (row: LedgerRow): boolean => Math.floor(Number(row.session) / 100_000) === number;
  const load = putUnderLoad(lodestar.apiUrl, number);
  await eventually("a committed row", () => readRows(stateDir, { from }).some(own), 20_000);
  await Bun.sleep(createChance(suiteSeed(), number).below(KILL_WITHIN_MS));
  const before = readRows(stateDir, { from });
  const killedAt = performance.now();
  await lodestar.kill();
  await load.done;
  const after = readRows(stateDir, { from });
  const written = new Set(after.filter((row) => row.endedAt !== null).map((row) => Number(row.session)));
  const losses = [...load.answers].flatMap(([answer, at]) => (written.has(answer) ? [] : [killedAt - at]));
  return {
    from,
    killedAt,
    committed: before.length,
    open: after.filter((row) => row.endedAt === null),
    unwritten: losses.length,
    oldestLossMs: Math.max(0, ...losses),
    problems: [...lostRows(before, after), ...integrityProblems(stateDir)],
  };
}

/** After the next start: what the crash left open is estimated, and says so. */
function recoveryProblems(stateDir: string, openBefore: readonly LedgerRow[]): readonly string[] {
  if (openBefore.length === 0) return [];
  const from = Math.min(...openBefore.map((row) => row.startedAt));
  const found = new Map(readRows(stateDir, { from }).map((row) => [keyOf(row), row]));
  return openBefore.flatMap((row) => {
    const closed = found.get(keyOf(row));
    return closed?.state === "estimated" && closed.endedAt !== null ? [] : [`${keyOf(row)} is ${closed?.state}`];
  });
}

/** What the upstream's own log says of a cycle, held against the rows after the next start. */
interface Audit {
  readonly calls: number;
  /** Calls that the ledger does not know: what was queued when it was killed. */
  readonly withoutRow: number;
  readonly billedNanoUsd: number;
  readonly bookedNanoUsd: number;
  readonly problems: readonly string[];
}

function auditCycle(cycle: Cycle, number: number, stateDir: string, log: ReadonlyMap<number, OwnCall>): Audit {
  const isOwn = (name: number): boolean => Math.floor(name / 100_000) === number;
  const rows = readRows(stateDir, { from: cycle.from }).filter((row) => isOwn(Number(row.session)));
  const booked = Map.groupBy(rows, (row) => Number(row.session));
  const calls = [...log].filter(([name]) => isOwn(name));
  const unknown = calls.filter(([name]) => !booked.has(name));
  const finals = rows.filter((row) => row.state === "final");
  const bill = (row: LedgerRow): number | null => {
    const call = log.get(Number(row.session));
    return call === undefined ? null : billOf(call.usage);
  };
  const problems = [
    ...[...booked].flatMap(([name, own]) => (own.length === 1 ? [] : [`request ${name} has ${own.length} rows`])),
    ...unknown.flatMap(([name, { at }]) =>
      cycle.killedAt - at <= OLDEST_LOSS_MS ? [] : [`call ${name} was ${cycle.killedAt - at} ms old and has no row`],
    ),
    ...rows.flatMap((row) => {
      if (row.state === "final")
        return row.costNanoUsd === bill(row) ? [] : [`${keyOf(row)} has ${row.costNanoUsd}, not ${bill(row)}`];
      return row.state === "estimated" && row.costReason === "crashed" ? [] : [`${keyOf(row)} is ${row.state}`];
    }),
  ];
  return {
    calls: calls.length,
    withoutRow: unknown.length,
    billedNanoUsd: finals.reduce((sum, row) => sum + (bill(row) ?? 0), 0),
    bookedNanoUsd: finals.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0),
    problems,
  };
}

test(
  "kill -9 under load: no committed row is lost, open attempts become estimates, the database stays sound",
  async () => {
    const numbers = caseNumbers(caseCount(FULL_COUNT));
    const { provider, calls, repeated } = startUpstream();
    const config = `
providers:
  up: { dialect: openai-chat, baseUrl: "${provider.url}/v1", models: [m], accounts: [{ key: env:KEY }] }
${ACCOUNT_PRICES}
log: { level: error }
`;
    const options = { config, env: { KEY: "kill-key-0123456789" } };
    const problems: string[] = [];
    const figures = { "committed rows looked at": 0, "open attempts closed": 0, "answers not yet written": 0 };
    const account = { calls: 0, withoutRow: 0, billedNanoUsd: 0, bookedNanoUsd: 0 };
    let oldestLossMs = 0;
    let lodestar = await startLodestar(options);
    for (const number of numbers) {
      const cycle = await killOnce(lodestar, number);
      lodestar = await startLodestar({ ...options, home: lodestar.home });
      const audit = auditCycle(cycle, number, lodestar.stateDir, calls);
      const found = [...cycle.problems, ...recoveryProblems(lodestar.stateDir, cycle.open), ...audit.problems];
      problems.push(...found.map((problem) => caseLabel(number, problem)));
      figures["committed rows looked at"] += cycle.committed;
      figures["open attempts closed"] += cycle.open.length;
      figures["answers not yet written"] += cycle.unwritten;
      oldestLossMs = Math.max(oldestLossMs, cycle.oldestLossMs);
      account.calls += audit.calls;
      account.withoutRow += audit.withoutRow;
      account.billedNanoUsd += audit.billedNanoUsd;
      account.bookedNanoUsd += audit.bookedNanoUsd;
    }
    await lodestar.stop();
    await provider.stop();
    const rows = readRows(lodestar.stateDir);
    const checked = checkLedger(lodestar.stateDir, () => undefined);
    printFigures("kill", {
      cycles: numbers.length,
      ...figures,
      "calls in the upstream's own log": account.calls,
      "of them without a row": account.withoutRow,
      "sum of final rows, USD": (account.bookedNanoUsd / 1e9).toFixed(9),
      "sum of the upstream's own account of them, USD": (account.billedNanoUsd / 1e9).toFixed(9),
      "oldest answer that was not yet written, ms before the kill": Math.round(oldestLossMs),
      "rows at the end": rows.length,
      problems: problems.length,
    });
    expect(problems.slice(0, 5)).toEqual([]);
    expect(repeated).toEqual([]);
    expect(account.bookedNanoUsd).toBe(account.billedNanoUsd);
    expect(checked).toMatchObject({ ok: true, value: { damage: [], wrongSums: 0, wrongLast: 0, lostPrices: 0 } });
    expect(rows.filter((row) => row.endedAt === null)).toEqual([]);
    expect(oldestLossMs).toBeLessThanOrEqual(OLDEST_LOSS_MS);
  },
  LONG_TEST_MS,
);
