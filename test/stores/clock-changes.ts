import { expect } from "bun:test";
import fc from "fast-check";
import { windowOf } from "../../src/core/calendar.ts";
import type { LedgerRow } from "../../src/core/ledger.ts";
import { checkLedger } from "../../src/stores/check.ts";
import type { Ledger } from "../../src/stores/ports.ts";
import { DAY, intentOf, outcomeOf } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const HOUR = DAY / 24;
const MINUTE = HOUR / 60;

/** Where clocks change or days begin oddly, and moments about which they do, or about which a month or year ends. */
const ZONES = [
  "UTC",
  "Europe/Prague",
  "America/New_York",
  "America/Santiago",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Pacific/Apia",
] as const;
const MOMENTS = [
  "2026-03-29T01:00:00Z",
  "2026-10-25T01:00:00Z",
  "2026-03-08T07:00:00Z",
  "2026-11-01T06:00:00Z",
  "2026-04-05T03:00:00Z",
  "2026-09-06T04:00:00Z",
  "2026-10-03T15:30:00Z",
  "2026-04-04T15:00:00Z",
  "2026-02-28T18:30:00Z",
  "2026-12-31T18:15:00Z",
  "2028-02-29T12:00:00Z",
].map((moment) => Date.parse(moment));

const jump = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 50 * MINUTE }) },
  { weight: 2, arbitrary: fc.integer({ min: -3 * HOUR, max: 26 * HOUR }) },
  { weight: 1, arbitrary: fc.constantFrom(-400 * DAY, -32 * DAY, -DAY, DAY, 31 * DAY, 366 * DAY) },
);
const step = fc.record({ jump, lasts: fc.integer({ min: -2 * HOUR, max: HOUR }), costNanoUsd: fc.nat(1_000_000) });
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The local day of a row by the calendar of the platform, apart from all of our own. */
function dayOf({ startedAt }: LedgerRow, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(startedAt);
}

/** Writes an attempt at each step, as the clock shows it; an ending may lie before its beginning. */
async function write(ledger: Ledger, steps: readonly Step[], start: number): Promise<void> {
  let now = start;
  for (const [index, { jump: ahead, lasts, costNanoUsd }] of steps.entries()) {
    now += ahead;
    const requestId = `req_${index}`;
    ledger.reserve(intentOf({ requestId, startedAt: now, session: `s${index % 3}` }));
    if (index % 7 !== 6) ledger.settle(outcomeOf({ requestId, costNanoUsd, endedAt: now + lasts }), null);
    if (index % 5 === 4) await ledger.flush();
  }
  await ledger.flush();
}

function costOf(rows: readonly LedgerRow[]): number {
  return rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
}

function checkDays(ledger: Ledger, rows: readonly LedgerRow[], zone: string): void {
  const byDay = Map.groupBy(rows, (row) => dayOf(row, zone));
  const expected = [...byDay].map(([name, own]) => [name, own.length, costOf(own)]).sort();
  const days = ledger.groups({}, "day", zone).map(({ name, attempts, costNanoUsd }) => [name, attempts, costNanoUsd]);
  expect(days).toEqual(expected);
}

/** What each budget period that a row lies in has spent is the sum of the rows whose day, or month, by the calendar is its own. */
function checkWindows(ledger: Ledger, rows: readonly LedgerRow[], zone: string): void {
  for (const row of rows.slice(0, 12)) {
    for (const [period, letters] of [
      ["day", "2026-01-01".length],
      ["month", "2026-01".length],
    ] as const) {
      const { from, to } = windowOf(period, row.startedAt, zone);
      const name = (other: LedgerRow): string => dayOf(other, zone).slice(0, letters);
      const own = rows.filter((other) => name(other) === name(row));
      expect(ledger.spent({ from: from ?? 0, to: to ?? Number.MAX_SAFE_INTEGER })).toBe(costOf(own));
    }
  }
}

/**
 * Attempts under a clock that is set forward and back around changes of the hour and ends of months, in eight time zones: each
 * row counts in its own local day and month, pruning changes no sum, and the file is sound.
 */
export async function checkClockChanges(runs: number, seed: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.constantFrom(...MOMENTS),
      fc.constantFrom(...ZONES),
      fc.integer({ min: -12 * HOUR, max: 12 * HOUR }),
      async (steps, moment, zone, before) => {
        using folder = temporaryFolder();
        const { ledger, close } = mustOpen(folder.path, createFakeClock(moment));
        await write(ledger, steps, moment + before);
        const rows = [...ledger.query({})];
        expect(rows).toHaveLength(steps.length);
        checkDays(ledger, rows, zone);
        checkWindows(ledger, rows, zone);
        const total = ledger.totals({});
        expect(total.costNanoUsd).toBe(costOf(rows));
        while (ledger.prune(moment) > 0);
        expect(ledger.totals({})).toEqual(total);
        const left = ledger.groups({}, "day", zone);
        expect(left.reduce((sum, day) => sum + day.attempts, 0)).toBe(total.attempts);
        close();
        const sound = { damage: [], wrongSums: 0, wrongLast: 0 };
        expect(checkLedger(folder.path, () => undefined)).toMatchObject({ ok: true, value: sound });
      },
    ),
    { numRuns: runs, seed },
  );
}
