/** The named spans of time that reports know; weeks start on Monday, days at local midnight. */
export const PERIODS = ["today", "week", "month", "all"] as const;

/** One of {@link PERIODS}. */
export type Period = (typeof PERIODS)[number];

/** Unix milliseconds, `from` inclusive and `to` exclusive; null is open-ended. */
export interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

/** The span of a period that `now` (Unix ms) lies in, by the local calendar; it has no end, so rows of this instant count. */
export function spanOf(period: Period, now: number): Span {
  const date = new Date(now);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  const daysSinceMonday = (date.getDay() + 6) % 7;
  switch (period) {
    case "today":
      return { from: new Date(year, month, day).getTime(), to: null };
    case "week":
      return { from: new Date(year, month, day - daysSinceMonday).getTime(), to: null };
    case "month":
      return { from: new Date(year, month, 1).getTime(), to: null };
    case "all":
      return { from: null, to: null };
  }
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
