import { isZone } from "../../calendar.ts";
import { failure, type Result, success } from "../../result.ts";
import { didYouMean } from "../../suggest.ts";
import { type TimeWindow, WEEK_DAYS } from "./rule.ts";

const HOURS = /^(\d{1,2}):(\d{2})[-–](\d{1,2}):(\d{2})$/;
const DAYS = /^[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*$/;

function dayOf(name: string): number {
  return (WEEK_DAYS as readonly string[]).indexOf(name);
}

/** `fri-mon` runs over the end of the week. */
function daysFrom(text: string): readonly number[] | null {
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [first = -1, last = first] = part.split("-").map(dayOf);
    if (first < 0 || last < 0) return null;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort((left, right) => left - right);
}

function minuteOf(hours: string | undefined, minutes: string | undefined): number | null {
  const minute = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= 1_440 ? minute : null;
}

function hoursFrom(text: string): Pick<TimeWindow, "fromMinute" | "toMinute"> | null {
  const match = HOURS.exec(text);
  if (match === null) return null;
  const [fromMinute, toMinute] = [minuteOf(match[1], match[2]), minuteOf(match[3], match[4])];
  if (fromMinute === null || fromMinute === 1_440 || toMinute === null) return null;
  return { fromMinute, toMinute };
}

function notUnderstood(word: string): string {
  const names = [...WEEK_DAYS, ...Intl.supportedValuesOf("timeZone")];
  const hint = didYouMean(word.slice(word.lastIndexOf("-") + 1), WEEK_DAYS) || didYouMean(word, names);
  return `has "${word}", which is neither days (mon-fri), hours (22:00-06:00) nor a time zone (Europe/Berlin).${hint}`;
}

/**
 * Reads a window as rules write it: days, hours and a time zone, each of which may be left out (`mon-fri 22:00-06:00`,
 * `sat,sun`, `09:00-17:00 Europe/Berlin`). Hours over midnight belong to the day on which they begin. The failure says what is
 * wrong, to stand behind the value's name.
 */
export function readTimeWindow(text: string): Result<TimeWindow, string> {
  let window: TimeWindow = { days: [], fromMinute: 0, toMinute: 0, zone: null };
  const words = text.trim().split(/\s+/);
  for (const word of words) {
    const hours = hoursFrom(word);
    const days = DAYS.test(word.toLowerCase()) ? daysFrom(word.toLowerCase()) : null;
    if (hours !== null) window = { ...window, ...hours };
    else if (days !== null) window = { ...window, days };
    else if (/^[A-Za-z]/.test(word) && isZone(word)) window = { ...window, zone: word };
    else return failure(notUnderstood(word));
  }
  const isEmpty = window.days.length === 0 && !words.some((word) => HOURS.test(word));
  return isEmpty ? failure("names neither days nor hours, such as mon-fri 22:00-06:00") : success(window);
}
