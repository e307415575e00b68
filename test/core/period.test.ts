import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PERIODS, parseMoment, spanOf } from "../../src/core/period.ts";

const moments = fc
  .date({ min: new Date(2020, 0, 1), max: new Date(2035, 0, 1), noInvalidDate: true })
  .map((date) => date.getTime());

describe("periods", () => {
  test("hold this very moment, and a shorter one lies inside of a longer one", () => {
    fc.assert(
      fc.property(moments, (now) => {
        for (const period of PERIODS) {
          const { from, to } = spanOf(period, now);
          expect(from ?? 0).toBeLessThanOrEqual(now);
          expect(to).toBeNull();
        }
        const today = spanOf("today", now).from ?? 0;
        expect(spanOf("week", now).from ?? 0).toBeLessThanOrEqual(today);
        expect(spanOf("month", now).from ?? 0).toBeLessThanOrEqual(today);
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

  test("start at local midnight: weeks on Monday, months on the first", () => {
    fc.assert(
      fc.property(moments, (now) => {
        const week = new Date(spanOf("week", now).from ?? 0);
        const month = new Date(spanOf("month", now).from ?? 0);
        expect(week.getDay()).toBe(1);
        expect(month.getDate()).toBe(1);
        for (const date of [week, month]) expect([date.getHours(), date.getMinutes()]).toEqual([0, 0]);
      }),
    );
  });

  test("all has no border", () => {
    expect(spanOf("all", 0)).toEqual({ from: null, to: null });
  });
});

describe("moments", () => {
  test.each<[string, "start" | "end", number]>([
    ["2026-11-22", "start", new Date(2026, 10, 22).getTime()],
    ["2026-11-22", "end", new Date(2026, 10, 23).getTime()],
    ["2026-12-31", "end", new Date(2027, 0, 1).getTime()],
    ["2024-02-29", "start", new Date(2024, 1, 29).getTime()],
    ["2026-11-22T10:00:00Z", "end", Date.UTC(2026, 10, 22, 10)],
    ["1795176000000", "start", 1_795_176_000_000],
  ])("%s as a %s", (text, edge, expected) => {
    expect(parseMoment(text, edge)).toBe(expected);
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
    expect(parseMoment(text, "start")).toBeNull();
  });

  test("never throws, and what it reads is a finite number", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("start" as const, "end" as const), (text, edge) => {
        const moment = parseMoment(text, edge);
        expect(moment === null || Number.isFinite(moment)).toBe(true);
      }),
    );
  });
});
