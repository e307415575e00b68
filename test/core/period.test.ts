import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dayIn } from "../../src/core/day.ts";
import { PERIODS, parseMoment, spanOf } from "../../src/core/period.ts";

const moments = fc
  .date({ min: new Date(2020, 0, 1), max: new Date(2035, 0, 1), noInvalidDate: true })
  .map((date) => date.getTime());
const zones = fc.constantFrom("UTC", "Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin", "Pacific/Kiritimati");

describe("periods", () => {
  test("hold this very moment, and a shorter one lies inside of a longer one", () => {
    fc.assert(
      fc.property(moments, zones, (now, zone) => {
        for (const period of PERIODS) {
          const { from, to } = spanOf(period, now, zone);
          expect(from ?? 0).toBeLessThanOrEqual(now);
          expect(to).toBeNull();
        }
        const today = spanOf("today", now, zone).from ?? 0;
        expect(spanOf("week", now, zone).from ?? 0).toBeLessThanOrEqual(today);
        expect(spanOf("month", now, zone).from ?? 0).toBeLessThanOrEqual(today);
      }),
    );
  });

  test("are those of the time zone that is named", () => {
    const now = Date.parse("2026-11-30T23:30:00Z");
    const from = (period: (typeof PERIODS)[number], zone: string) =>
      new Date(spanOf(period, now, zone).from ?? 0).toISOString();
    expect(from("today", "UTC")).toBe("2026-11-30T00:00:00.000Z");
    expect(from("today", "Asia/Tokyo")).toBe("2026-11-30T15:00:00.000Z");
    expect(from("month", "Asia/Tokyo")).toBe("2026-11-30T15:00:00.000Z");
    expect(from("week", "America/New_York")).toBe("2026-11-30T05:00:00.000Z");
  });

  test("start where a day does: weeks on Monday, months on the first", () => {
    fc.assert(
      fc.property(moments, zones, (now, zone) => {
        const day = (period: "week" | "month") => dayIn(zone, spanOf(period, now, zone).from ?? 0);
        expect(new Date(day("week")).getUTCDay()).toBe(1);
        expect(day("month").slice(8)).toBe("01");
        expect(parseMoment(day("month"), "start", zone)).toBe(spanOf("month", now, zone).from);
      }),
    );
  });

  test("all has no border", () => {
    expect(spanOf("all", 0, "UTC")).toEqual({ from: null, to: null });
  });
});

describe("moments", () => {
  test.each<[string, "start" | "end", string, string]>([
    ["2026-11-22", "start", "UTC", "2026-11-22T00:00:00Z"],
    ["2026-11-22", "end", "UTC", "2026-11-23T00:00:00Z"],
    ["2026-11-22", "start", "Asia/Tokyo", "2026-11-21T15:00:00Z"],
    ["2026-11-22", "end", "America/Los_Angeles", "2026-11-23T08:00:00Z"],
    ["2026-10-25", "end", "Europe/Berlin", "2026-10-25T23:00:00Z"],
    ["2026-12-31", "end", "UTC", "2027-01-01T00:00:00Z"],
    ["2024-02-29", "start", "UTC", "2024-02-29T00:00:00Z"],
    ["2026-11-22T10:00:00Z", "end", "Asia/Tokyo", "2026-11-22T10:00:00Z"],
    ["2026-11-22T10:00:00+09:00", "start", "UTC", "2026-11-22T01:00:00Z"],
    ["2026-11-22T10:00:00", "start", "Asia/Tokyo", "2026-11-22T01:00:00Z"],
    ["2026-07-01T10:00", "start", "Europe/Berlin", "2026-07-01T08:00:00Z"],
    ["2026-03-29T02:30", "start", "Europe/Berlin", "2026-03-29T01:30:00Z"],
    ["1795176000000", "start", "Asia/Tokyo", "2026-11-20T12:00:00Z"],
  ])("%s as a %s in %s", (text, edge, zone, expected) => {
    expect(parseMoment(text, edge, zone)).toBe(Date.parse(expected));
  });

  test.each([
    "",
    "yesterday",
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "22.11.2026",
    "2026",
    "12",
    "2026-11-22Tnoon",
    "1e12",
    "-5",
  ])("%j is none", (text) => {
    expect(parseMoment(text, "start", "UTC")).toBeNull();
  });

  test("never throws, and what it reads is a finite number", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("start" as const, "end" as const), zones, (text, edge, zone) => {
        const moment = parseMoment(text, edge, zone);
        expect(moment === null || Number.isFinite(moment)).toBe(true);
      }),
    );
  });
});
