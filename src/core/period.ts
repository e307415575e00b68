import { instantOf, type Window, windowOf } from "./calendar.ts";
import { addDays, startOfDay, utcOfDay } from "./day.ts";

/** The named spans of time that reports know; weeks start on Monday, days at local midnight. */
export const PERIODS = ["today", "week", "month", "all"] as const;

/** One of {@link PERIODS}. */
export type Period = (typeof PERIODS)[number];

const WINDOWS = { today: "day", week: "week", month: "month", all: "total" } as const;

/**
 * The span of a period that `now` (Unix ms) lies in, by the calendar of a time zone (IANA name). It has no end, so that
 * rows of this instant count.
 */
export function spanOf(period: Period, now: number, timeZone: string): Window {
  return { from: windowOf(WINDOWS[period], now, timeZone).from, to: null };
}

const ISO = /^\d{4}-\d{2}-\d{2}T/;
const OFFSET = /(Z|[+-]\d{2}:?\d{2})$/i;

function isoMoment(text: string, timeZone: string): number | null {
  const hasOffset = OFFSET.test(text);
  const time = ISO.test(text) ? Date.parse(hasOffset ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(time)) return null;
  return hasOffset ? time : instantOf(time, timeZone);
}

/**
 * A moment as people and scripts write it, in Unix ms: a day of the time zone (`2026-11-22`, its start or, for an end, the
 * start of the next), an ISO 8601 time (of the time zone where it states no offset), or Unix milliseconds. Null when it
 * is none of them.
 */
export function parseMoment(text: string, edge: "start" | "end", timeZone: string): number | null {
  if (utcOfDay(text) !== null) return startOfDay(timeZone, edge === "start" ? text : addDays(text, 1));
  if (/^\d{10,15}$/.test(text)) return Number(text);
  return isoMoment(text, timeZone);
}
