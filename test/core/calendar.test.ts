import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { BudgetPeriod } from "../../src/core/budget/budget.ts";
import { windowOf } from "../../src/core/calendar.ts";

const HOUR_MS = 3_600_000;

function iso(at: number | null): string {
  return at === null ? "open" : new Date(at).toISOString().replace(":00.000Z", "Z");
}

function show(period: BudgetPeriod, at: string, timeZone: string): string {
  const { from, to } = windowOf(period, Date.parse(at), timeZone);
  return `${iso(from)} ${iso(to)}`;
}

const CASES: readonly (readonly [
  title: string,
  period: BudgetPeriod,
  at: string,
  zone: string,
  from: string,
  to: string,
])[] = [
  ["a plain day", "day", "2026-11-22T21:00:00Z", "UTC", "2026-11-22T00:00Z", "2026-11-23T00:00Z"],
  ["the first instant of a day", "day", "2026-11-22T00:00:00Z", "UTC", "2026-11-22T00:00Z", "2026-11-23T00:00Z"],
  ["the last instant of a day", "day", "2026-11-22T23:59:59.999Z", "UTC", "2026-11-22T00:00Z", "2026-11-23T00:00Z"],
  ["a day of 23 hours", "day", "2026-03-29T10:00:00Z", "Europe/Prague", "2026-03-28T23:00Z", "2026-03-29T22:00Z"],
  ["a day of 25 hours", "day", "2026-10-25T10:00:00Z", "Europe/Prague", "2026-10-24T22:00Z", "2026-10-25T23:00Z"],
  ["a half-hour zone", "day", "2026-11-22T18:29:00Z", "Asia/Kolkata", "2026-11-21T18:30Z", "2026-11-22T18:30Z"],
  [
    "a three-quarter-hour zone",
    "day",
    "2026-11-22T18:29:00Z",
    "Asia/Kathmandu",
    "2026-11-22T18:15Z",
    "2026-11-23T18:15Z",
  ],
  [
    "a day whose midnight does not exist",
    "day",
    "2024-09-08T12:00:00Z",
    "America/Santiago",
    "2024-09-08T04:00Z",
    "2024-09-09T03:00Z",
  ],
  [
    "the day before a midnight that comes twice",
    "day",
    "2024-04-07T02:30:00Z",
    "America/Santiago",
    "2024-04-06T03:00Z",
    "2024-04-07T04:00Z",
  ],
  [
    "a day left out altogether",
    "day",
    "2011-12-30T11:00:00Z",
    "Pacific/Apia",
    "2011-12-30T10:00Z",
    "2011-12-31T10:00Z",
  ],
  [
    "the minute after a midnight that is undone",
    "day",
    "2006-10-29T02:30:30Z",
    "America/St_Johns",
    "2006-10-29T02:30Z",
    "2006-10-30T03:30Z",
  ],
  [
    "the hour that shows yesterday again",
    "day",
    "2006-10-29T03:00:00Z",
    "America/St_Johns",
    "2006-10-29T02:30Z",
    "2006-10-30T03:30Z",
  ],
  ["a Sunday's week", "week", "2026-11-22T21:00:00Z", "UTC", "2026-11-16T00:00Z", "2026-11-23T00:00Z"],
  ["a Monday's week", "week", "2026-11-23T00:00:00Z", "UTC", "2026-11-23T00:00Z", "2026-11-30T00:00Z"],
  ["a week of 167 hours", "week", "2026-03-27T00:00:00Z", "Europe/Prague", "2026-03-22T23:00Z", "2026-03-29T22:00Z"],
  ["a week over a new year", "week", "2027-01-01T00:00:00Z", "UTC", "2026-12-28T00:00Z", "2027-01-04T00:00Z"],
  ["a month of 28 days", "month", "2026-02-14T00:00:00Z", "UTC", "2026-02-01T00:00Z", "2026-03-01T00:00Z"],
  ["a leap month", "month", "2028-02-29T12:00:00Z", "UTC", "2028-02-01T00:00Z", "2028-03-01T00:00Z"],
  ["December", "month", "2026-12-31T23:00:00Z", "Asia/Tokyo", "2026-12-31T15:00Z", "2027-01-31T15:00Z"],
  [
    "a month that begins in summer time",
    "month",
    "2026-10-31T12:00:00Z",
    "America/New_York",
    "2026-10-01T04:00Z",
    "2026-11-01T04:00Z",
  ],
  ["everything", "total", "2026-11-22T21:00:00Z", "Asia/Tokyo", "open", "open"],
];

describe("the window of a period", () => {
  for (const [title, period, at, zone, from, to] of CASES) {
    test(`is right for ${title} (${period} in ${zone})`, () => {
      expect(show(period, at, zone)).toBe(`${from} ${to}`);
    });
  }

  test("needs a time zone that exists", () => {
    expect(() => windowOf("day", 0, "Mars/Olympus")).toThrow(RangeError);
  });
});

const ZONES = [
  "UTC",
  "Europe/Prague",
  "America/New_York",
  "America/Santiago",
  "America/St_Johns",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
] as const;

const periods = fc.constantFrom<Exclude<BudgetPeriod, "total">>("day", "week", "month");
const zones = fc.constantFrom(...ZONES);
/** 2005 to 2035, where zones still change their minds. */
const instants = fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2035, 0, 1) });
/** Within two days of the turn of some month or of a change of clocks, where mistakes are. */
const edges = fc
  .tuple(
    fc.integer({ min: 2005, max: 2035 }),
    fc.nat(11),
    fc.integer({ min: 1, max: 31 }),
    fc.integer({ min: -30, max: 30 }),
  )
  .map(([year, month, day, hours]) => Date.UTC(year, month, day) + hours * HOUR_MS);
const moments = fc.oneof(instants, edges);

function bounds(period: BudgetPeriod, at: number, zone: string): readonly [number, number] {
  const { from, to } = windowOf(period, at, zone);
  if (from === null || to === null) throw new Error("only the total has no bounds");
  return [from, to];
}

describe("windows, in every zone and season", () => {
  test("hold their instant, and tile time with their neighbours", () => {
    fc.assert(
      fc.property(periods, moments, zones, (period, at, zone) => {
        const [from, to] = bounds(period, at, zone);
        expect(from).toBeLessThanOrEqual(at);
        expect(to).toBeGreaterThan(at);
        expect(bounds(period, from, zone)).toEqual([from, to]);
        expect(bounds(period, to - 1, zone)).toEqual([from, to]);
        expect(bounds(period, to, zone)[0]).toBe(to);
        expect(bounds(period, from - 1, zone)[1]).toBe(from);
      }),
      { numRuns: 1_500 },
    );
  });

  test("nest: a week and a month are made of whole days", () => {
    fc.assert(
      fc.property(fc.constantFrom<BudgetPeriod>("week", "month"), moments, zones, (period, at, zone) => {
        const [from, to] = bounds(period, at, zone);
        expect(bounds("day", from, zone)[0]).toBe(from);
        expect(bounds("day", to - 1, zone)[1]).toBe(to);
      }),
      { numRuns: 500 },
    );
  });
});
