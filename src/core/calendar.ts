import type { BudgetPeriod } from "./budget/budget.ts";

/** A span of time in Unix ms, `from` inclusive and `to` exclusive; null is open-ended. */
export interface Window {
  readonly from: number | null;
  readonly to: number | null;
}

const DAY_MS = 86_400_000;
/** Local midnight lies at most so far before and after midnight UTC: zones reach from UTC-12 to UTC+14. */
const EAST_MS = 15 * 3_600_000;
const WEST_MS = 13 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Throws a `RangeError` for a time zone that nobody knows. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const digits = "2-digit";
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
  });
  formats.set(timeZone, format);
  return format;
}

/** Whether this is the name of a time zone (`Europe/Berlin`, `UTC`). */
export function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What clocks in a time zone show at an instant (Unix ms), written as if it were UTC, to the second. */
export function wallClock(at: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const read = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get("era") === "BC" ? 1 - read("year") : read("year");
  return Date.UTC(year, read("month") - 1, read("day"), read("hour"), read("minute"), read("second"));
}

/** The instant at which clocks in a time zone show `wall`; in an hour that they leave out, the one after it, as clocks before it ran. */
export function instantOf(wall: number, timeZone: string): number {
  const near = wall - offsetAt(wall, timeZone);
  return wall - offsetAt(near, timeZone);
}

function offsetAt(at: number, timeZone: string): number {
  return wallClock(at, timeZone) - Math.floor(at / 1_000) * 1_000;
}

/** The first instant in (`low`, `high`] at which the offset is no longer that of `low`; they differ at the two ends. */
function changeBetween(low: number, high: number, timeZone: string): number {
  const before = offsetAt(low, timeZone);
  let [from, to] = [low, high];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(middle, timeZone) === before) from = middle;
    else to = middle;
  }
  return to;
}

/**
 * The instant (Unix ms) at which a local day begins, `midnight` being its midnight as if in UTC: the first instant at which clocks show that day or a
 * later one. Where clocks are set forward over midnight that is the moment they are set; where they are set back over it, the
 * first midnight counts. A day that a zone left out (Samoa, 2011-12-30) is empty.
 */
export function startOfDay(midnight: number, timeZone: string): number {
  const [low, high] = [midnight - EAST_MS, midnight + WEST_MS];
  const [before, after] = [offsetAt(low, timeZone), offsetAt(high, timeZone)];
  if (before === after) return midnight - before;
  const change = changeBetween(low, high, timeZone);
  return midnight - before < change ? midnight - before : Math.max(change, midnight - after);
}

type Days = readonly [first: number, next: number];

/** The local midnights (as if in UTC) at which the period around a local day begins and ends. */
function daysOf(period: Exclude<BudgetPeriod, "total">, day: number): Days {
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (period) {
    case "day":
      return [day, day + DAY_MS];
    case "week": {
      const monday = day - ((date.getUTCDay() + 6) % 7) * DAY_MS;
      return [monday, monday + 7 * DAY_MS];
    }
    case "month":
      return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
  }
}

/**
 * The window of a period that an instant (Unix ms) lies in, by the calendar of an IANA time zone; weeks start on Monday.
 * Windows of one period tile time: each instant is in exactly one, whatever the zone does to its clocks. Throws a
 * `RangeError` for an unknown time zone.
 */
export function windowOf(period: BudgetPeriod, at: number, timeZone: string): Window {
  if (period === "total") return { from: null, to: null };
  const today = Math.floor(wallClock(at, timeZone) / DAY_MS) * DAY_MS;
  let [first, next] = daysOf(period, today);
  let [from, to] = [startOfDay(first, timeZone), startOfDay(next, timeZone)];
  // Clocks that are set back over midnight show yesterday again, in a day that has begun.
  while (at >= to) {
    [first, next] = daysOf(period, next);
    [from, to] = [to, startOfDay(next, timeZone)];
  }
  return { from, to };
}
