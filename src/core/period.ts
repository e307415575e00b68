import { windowOf } from "./calendar.ts";

/** The named spans of time that reports know; weeks start on Monday, days at local midnight. */
export const PERIODS = ["today", "week", "month", "all"] as const;

/** One of {@link PERIODS}. */
export type Period = (typeof PERIODS)[number];

/** Unix milliseconds, `from` inclusive and `to` exclusive; null is open-ended. */
export interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

const WINDOWS = { today: "day", week: "week", month: "month", all: "total" } as const;

/**
 * The span of a period that `now` (Unix ms) lies in, by the calendar of a time zone (IANA name; the system's where none is
 * given). It has no end, so that rows of this instant count.
 */
export function spanOf(period: Period, now: number, timeZone?: string): Span {
  const zone = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { from: windowOf(WINDOWS[period], now, zone).from, to: null };
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

function localDay(text: string): Date | null {
  const match = DAY.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : null;
}

/**
 * A moment as people and scripts write it, in Unix ms: a local day (`2026-11-22`, its start or, for an end, the start of
 * the next), an ISO 8601 time, or Unix milliseconds. Null when it is none of them.
 */
export function parseMoment(text: string, edge: "start" | "end"): number | null {
  const day = localDay(text);
  if (day !== null) return edge === "start" ? day.getTime() : day.setDate(day.getDate() + 1);
  if (DAY.test(text)) return null;
  if (/^\d{10,15}$/.test(text)) return Number(text);
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** A day of the calendar, `YYYY-MM-DD`, and when it begins and ends in some time zone (Unix ms, `to` exclusive). */
export interface LocalDay {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A format of dates as `YYYY-MM-DD`; made once a zone, which is slow. Throws a `RangeError` for an unknown one. */
function dateFormat(zone: string): Intl.DateTimeFormat {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  formats.set(zone, format);
  return format;
}

/** The days of a time zone (IANA name) that `[from, to)` touches, in order; the first and the last may reach beyond it. */
export function localDays(from: number, to: number, zone: string): readonly LocalDay[] {
  const days: LocalDay[] = [];
  for (let at = from; at < to; at = days.at(-1)?.to ?? to) {
    const day = windowOf("day", at, zone);
    const end = day.to ?? to;
    days.push({ name: dateFormat(zone).format(end - 1), from: day.from ?? at, to: end });
  }
  return days;
}

/** Whether this is the name of a time zone (`Europe/Berlin`, `UTC`). */
export function isZone(name: string): boolean {
  try {
    dateFormat(name);
    return true;
  } catch {
    return false;
  }
}
