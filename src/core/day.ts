import { startOfDay as startOfWallDay, wallClock, windowOf } from "./calendar.ts";

const DAY_MS = 86_400_000;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

function nameOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The calendar day (`2026-10-05`) that a moment (Unix ms) lies on in an IANA time zone. */
export function dayIn(timeZone: string, at: number): string {
  return nameOf(wallClock(at, timeZone));
}

/** Midnight UTC of a day of the calendar, or null where the calendar has no such day. Unix ms. */
export function utcOfDay(day: string): number | null {
  const match = DAY.exec(day);
  if (match === null) return null;
  const at = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return nameOf(at) === day ? at : null;
}

/** A day of the calendar so many days later. */
export function addDays(day: string, count: number): string {
  return nameOf((utcOfDay(day) ?? 0) + count * DAY_MS);
}

/** The first day of the month `months` after that of `day`. */
export function firstOfMonth(day: string, months = 0): string {
  const date = new Date(utcOfDay(day) ?? 0);
  return nameOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}

/** The first moment (Unix ms) of a day in a time zone; of a day that the zone left out, that of the next. */
export function startOfDay(timeZone: string, day: string): number {
  return startOfWallDay(utcOfDay(day) ?? 0, timeZone);
}

/** A day of the calendar, `YYYY-MM-DD`, and when it begins and ends in some time zone (Unix ms, `to` exclusive). */
interface LocalDay {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The days of a time zone (IANA name) that `[from, to)` touches, in order; the first and the last may reach beyond it. */
export function localDays(from: number, to: number, timeZone: string): readonly LocalDay[] {
  const days: LocalDay[] = [];
  for (let at = from; at < to; at = days.at(-1)?.to ?? to) {
    const day = windowOf("day", at, timeZone);
    const end = day.to ?? to;
    days.push({ name: dayIn(timeZone, end - 1), from: day.from ?? at, to: end });
  }
  return days;
}
