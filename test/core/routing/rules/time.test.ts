import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readTimeWindow } from "../../../../src/core/routing/rules/time-text.ts";
import { createWallClock, isWithin, windowText } from "../../../../src/core/routing/rules/time-window.ts";

function holds(text: string, at: number | string, zone = "UTC"): boolean {
  const window = readTimeWindow(text);
  if (!window.ok) throw new Error(window.error);
  return isWithin(
    window.value,
    createWallClock(window.value.zone ?? zone)(typeof at === "string" ? Date.parse(at) : at),
  );
}

describe("a time window", () => {
  test.each([
    // 27 November 2026 is a Friday.
    ["09:00-17:00", "2026-11-27T09:00Z", true],
    ["09:00-17:00", "2026-11-27T16:59:59Z", true],
    ["09:00-17:00", "2026-11-27T17:00Z", false],
    ["mon-fri", "2026-11-27T23:59Z", true],
    ["mon-fri", "2026-11-28T00:00Z", false],
    ["sat,sun", "2026-11-29T12:00Z", true],
    ["FRI-mon", "2026-11-30T12:00Z", true],
    ["fri-mon", "2026-12-01T00:00Z", false],
    ["fri 22:00-06:00", "2026-11-27T22:00Z", true],
    ["fri 22:00-06:00", "2026-11-28T05:59Z", true],
    ["fri 22:00-06:00", "2026-11-28T06:00Z", false],
    ["fri 22:00-06:00", "2026-11-27T05:00Z", false],
    ["fri 22:00-06:00", "2026-11-28T22:00Z", false],
    ["sun 22:00-06:00", "2026-11-30T01:00Z", true],
    ["00:00-24:00", "2026-11-27T00:00Z", true],
    ["22:00-24:00", "2026-11-27T23:59Z", true],
    ["fri 08:00-08:00", "2026-11-28T07:59Z", true],
    ["fri 08:00-08:00", "2026-11-28T08:00Z", false],
    ["09:00-10:00 America/New_York", "2026-11-27T14:30Z", true],
    ["09:00-10:00 Asia/Kolkata", "2026-11-27T03:30Z", true],
  ])("%s holds at %s: %p", (text, at, isHeld) => {
    expect(holds(text, at)).toBe(isHeld);
  });

  test("of an hour that clocks leave out in spring is never reached", () => {
    const day = Date.parse("2026-03-29T00:00+01:00");
    const minutes = Array.from({ length: 23 * 60 }, (_, minute) => day + minute * 60_000);
    expect(minutes.filter((at) => holds("02:00-03:00", at, "Europe/Berlin"))).toHaveLength(0);
    expect(minutes.filter((at) => holds("01:00-04:00", at, "Europe/Berlin"))).toHaveLength(120);
  });

  test("of an hour that comes twice in autumn holds both times", () => {
    const day = Date.parse("2026-10-25T00:00+02:00");
    const minutes = Array.from({ length: 25 * 60 }, (_, minute) => day + minute * 60_000);
    expect(minutes.filter((at) => holds("02:00-03:00", at, "Europe/Berlin"))).toHaveLength(120);
  });

  test("over midnight and the hours beside it share each day between them, also when clocks change", () => {
    const start = Date.parse("2026-10-24T00:00Z");
    fc.assert(
      fc.property(fc.nat(1_439), fc.nat(1_439), fc.nat(3 * 1_440), (from, to, minute) => {
        fc.pre(from !== to);
        const two = (value: number): string => String(value).padStart(2, "0");
        const clock = (value: number): string => `${two(Math.floor(value / 60))}:${two(value % 60)}`;
        const at = start + minute * 60_000;
        const inside = holds(`${clock(from)}-${clock(to)}`, at, "Europe/Berlin");
        expect(holds(`${clock(to)}-${clock(from)}`, at, "Europe/Berlin")).toBe(!inside);
      }),
    );
  });

  test("is looked up once a minute, and the clock goes on with the next", () => {
    const clock = createWallClock("Europe/Berlin");
    const at = Date.parse("2026-11-27T12:00Z");
    expect(clock(at)).toEqual({ day: 4, minute: 780 });
    expect(clock(at + 59_999)).toBe(clock(at));
    expect(clock(at + 60_000)).toEqual({ day: 4, minute: 781 });
    expect(clock(Date.parse("1969-12-28T23:30Z"))).toEqual({ day: 0, minute: 30 });
  });

  test("is written again as it reads", () => {
    const window = readTimeWindow("sat-sun,wed 9:05-24:00");
    expect(window).toMatchObject({
      ok: true,
      value: { days: [2, 5, 6], fromMinute: 545, toMinute: 1_440, zone: null },
    });
    if (window.ok) expect(windowText(window.value)).toBe("wed, sat, sun 09:05–24:00");
  });

  test.each([
    ["", 'has "", which is neither days'],
    ["Europe/Berlin", "names neither days nor hours"],
    [
      "mon-fry 09:00-17:00",
      'has "mon-fry", which is neither days (mon-fri), hours (22:00-06:00) nor a time zone (Europe/Berlin). Did you mean "fri"?',
    ],
    ["9-17", 'has "9-17", which is neither'],
    ["09:60-10:00", 'has "09:60-10:00"'],
    ["24:00-06:00", 'has "24:00-06:00"'],
    ["22:00-24:01", 'has "22:00-24:01"'],
    ["mon Europe/Berln", 'Did you mean "Europe/Berlin"'],
    ["mon,,tue", 'has "mon,,tue"'],
  ])("%p is refused: %s", (text, message) => {
    const window = readTimeWindow(text);
    expect(window.ok ? "read" : window.error).toContain(message);
  });
});
