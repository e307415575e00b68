import { wallClock } from "../../calendar.ts";
import { type TimeWindow, WEEK_DAYS } from "./rule.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** 1 January 1970 was a Thursday; Monday is 0. */
const EPOCH_WEEK_DAY = 3;

/** What a clock on the wall shows: the day of the week (0 for Monday) and the minutes since midnight. */
export interface WallMinute {
  readonly day: number;
  readonly minute: number;
}

/** The wall clock of a time zone (IANA name). It looks a minute up once, since that takes longer than all rules together. */
export function createWallClock(zone: string): (now: number) => WallMinute {
  let known = Number.NaN;
  let shown: WallMinute = { day: 0, minute: 0 };
  return function at(now) {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute === known) return shown;
    const wall = Math.floor(wallClock(now, zone) / MINUTE_MS);
    const days = Math.floor(wall / DAY_MINUTES);
    known = minute;
    shown = { day: (((days + EPOCH_WEEK_DAY) % 7) + 7) % 7, minute: wall - days * DAY_MINUTES };
    return shown;
  };
}

/**
 * Whether a minute lies in a window. By the wall's clock: an hour that is left out when clocks are set forward is never reached, one
 * that comes twice counts both times.
 */
export function isWithin({ days, fromMinute, toMinute }: TimeWindow, { day, minute }: WallMinute): boolean {
  const isDay = (one: number): boolean => days.length === 0 || days.includes(one);
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute && isDay(day);
  return (minute >= fromMinute && isDay(day)) || (minute < toMinute && isDay((day + 6) % 7));
}

/** `mon 22:05`. */
export function minuteText({ day, minute }: WallMinute): string {
  return `${WEEK_DAYS[day]} ${clockText(minute)}`;
}

/** Minutes since midnight as a clock shows them; the end of a day is `24:00`. */
export function clockText(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** `mon, tue 22:00–06:00`. */
export function windowText({ days, fromMinute, toMinute }: TimeWindow): string {
  const names = days.map((day) => WEEK_DAYS[day]).join(", ");
  return `${names === "" ? "" : `${names} `}${clockText(fromMinute)}–${clockText(toMinute)}`;
}
