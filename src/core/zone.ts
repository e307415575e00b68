import { windowOf } from "./calendar.ts";

const DAY_MS = 86_400_000;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const options = { timeZone, year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const made = new Intl.DateTimeFormat("en-CA", options);
  formats.set(timeZone, made);
  return made;
}

/** The calendar day (`2026-10-05`) that a moment (Unix ms) lies on in an IANA time zone. */
export function dayIn(timeZone: string, at: number): string {
  const parts = formatOf(timeZone).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** Midnight UTC of a day of the calendar, or null where the calendar has no such day. Unix ms. */
export function utcOfDay(day: string): number | null {
  const match = DAY.exec(day);
  if (match === null) return null;
  const at = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return new Date(at).toISOString().slice(0, 10) === day ? at : null;
}

/** A day of the calendar so many days later. */
export function addDays(day: string, count: number): string {
  return new Date((utcOfDay(day) ?? 0) + count * DAY_MS).toISOString().slice(0, 10);
}

/** The first day of the month `months` after that of `day`. */
export function firstOfMonth(day: string, months = 0): string {
  const date = new Date(utcOfDay(day) ?? 0);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)).toISOString().slice(0, 10);
}

/** The first moment (Unix ms) of a day in a time zone; of a day that the zone left out, that of the next. */
export function startOfDay(timeZone: string, day: string): number {
  const noon = (utcOfDay(day) ?? 0) + DAY_MS / 2;
  const { from, to } = windowOf("day", noon, timeZone);
  const name = dayIn(timeZone, noon);
  if (name < day) return to ?? 0;
  const before = windowOf("day", (from ?? 0) - 1, timeZone).from ?? 0;
  return name > day && dayIn(timeZone, before) === day ? before : (from ?? 0);
}
