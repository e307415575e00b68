import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isZone } from "../../src/core/calendar.ts";
import { localDays } from "../../src/core/day.ts";

const HOUR = 3_600_000;

describe("local days", () => {
  test.each([
    ["UTC", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", ["2026-11-22"]],
    ["Asia/Kolkata", "2026-11-21T18:30:00Z", "2026-11-22T18:31:00Z", ["2026-11-22", "2026-11-23"]],
    ["Pacific/Kiritimati", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z", ["2026-11-23"]],
    // Samoa left this day out.
    ["Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-31T00:00:00Z", ["2011-12-29", "2011-12-31"]],
  ])("of %s between %s and %s are %j", (zone, from, to, names) => {
    expect(localDays(Date.parse(from), Date.parse(to), zone).map(({ name }) => name)).toEqual(names);
  });

  test.each([
    ["Europe/Berlin", "2026-03-29T12:00:00Z", 23],
    ["Europe/Berlin", "2026-10-25T12:00:00Z", 25],
    ["Australia/Lord_Howe", "2026-10-03T15:00:00Z", 23.5],
  ])("in %s around %s last %d hours", (zone, at, hours) => {
    const [day] = localDays(Date.parse(at), Date.parse(at) + 1, zone);
    expect(((day?.to ?? 0) - (day?.from ?? 0)) / HOUR).toBe(hours);
  });

  test("follow one another without a gap, each named after the one before", () => {
    const zone = fc.constantFrom(
      "UTC",
      "America/New_York",
      "Asia/Kathmandu",
      "Africa/Cairo",
      "America/Santiago",
      "Asia/Beirut",
    );
    fc.assert(
      fc.property(
        zone,
        fc.date({ min: new Date(Date.UTC(2000, 0)), max: new Date(Date.UTC(2035, 0)), noInvalidDate: true }),
        (name, date) => {
          const from = date.getTime();
          const days = localDays(from, from + 40 * 24 * HOUR, name);
          expect(days[0]?.from ?? from + 1).toBeLessThanOrEqual(from);
          for (const [place, day] of days.entries()) {
            const next = days[place + 1];
            if (next === undefined) continue;
            expect([next.from, next.name > day.name]).toEqual([day.to, true]);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

test("a time zone is known by its name", () => {
  expect(["UTC", "Europe/Berlin", "Mars/Olympus", "", "x".repeat(300)].map(isZone)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
