import * as v from "valibot";
import { parseDuration, parseSize } from "./units.ts";

/** Names that a person gives: of providers, aliases and chains. A slash would read as `provider/model`. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/** Names of providers, which are file names too. */
export const PROVIDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What a duration must be, for messages. */
export const DURATION_HINT = "must be a time with its unit, such as 500ms, 10s, 2m or 1h, and at most 24d";
const SIZE_HINT = "must be a size with its unit, such as 512KB, 64MB or 1GB";

const DURATION = /^\d{1,15}(?:\.\d{1,3})?(?:ms|s|m|h|d)$/;

/** Whether a text is a duration that a timer can hold (31 bits of milliseconds), and no shorter than `least`. */
export function isTimer(value: string, least = 0): boolean {
  const milliseconds = parseDuration(value);
  return milliseconds !== null && milliseconds >= least && milliseconds < 2 ** 31;
}

/** Text that is not empty. */
export const text = (hint: string) => v.pipe(v.string(hint), v.nonEmpty(hint));
/** True or false, may be left out. */
export const flag = (about: string) => v.optional(v.pipe(v.boolean("must be true or false"), v.description(about)));
/** A whole number within bounds. */
export const whole = (least: number, most: number, hint = `must be a whole number from ${least} to ${most}`) =>
  v.pipe(v.number(hint), v.integer(hint), v.minValue(least, hint), v.maxValue(most, hint));
/** A time with its unit and of at least `least` milliseconds; milliseconds once read. May be left out. */
export const duration = (about: string, least = 0) =>
  v.optional(
    v.pipe(
      v.string(DURATION_HINT),
      v.description(about),
      v.regex(DURATION, DURATION_HINT),
      v.check((value) => isTimer(value, least), `${DURATION_HINT}${least > 0 ? `, and at least ${least}ms` : ""}`),
      v.transform((value) => parseDuration(value) ?? 0),
    ),
  );
/** Whole days; may be left out. */
export const days = (about: string) => {
  const hint = "must be whole days, such as 90d";
  return v.optional(
    v.pipe(
      v.string(hint),
      v.description(about),
      v.regex(/^[1-9]\d{0,4}d$/, hint),
      v.transform((value) => Number(value.slice(0, -1))),
    ),
  );
};
/** Whole days, or `off`, which reads as 0; may be left out. */
export const daysOrOff = (about: string) => {
  const hint = "must be whole days, such as 30d, or off";
  return v.optional(
    v.pipe(
      v.string(hint),
      v.description(about),
      v.regex(/^(?:off|[1-9]\d{0,4}d)$/, hint),
      v.transform((value) => (value === "off" ? 0 : Number(value.slice(0, -1)))),
    ),
  );
};
/** A size with its unit; bytes once read. May be left out. */
export const size = (about: string) =>
  v.optional(
    v.pipe(
      v.string(SIZE_HINT),
      v.description(about),
      v.regex(/^\d{1,15}(?:\.\d{1,3})?(?:B|KB|MB|GB)$/, SIZE_HINT),
      v.check((value) => (parseSize(value) ?? 0) >= 1024, `${SIZE_HINT}, and at least 1KB`),
      v.transform((value) => parseSize(value) ?? 0),
    ),
  );
/** A list of texts; may be left out. */
export const texts = (hint: string, about: string) =>
  v.optional(v.pipe(v.array(text(hint), `must be a list, such as [a, b]; each entry ${hint}`), v.description(about)));
/** A block of settings; may be left out or empty. */
export const section = <Entries extends v.ObjectEntries>(entries: Entries, about: string) =>
  v.nullish(v.pipe(v.strictObject(entries, "must be a block of `name: value` lines"), v.description(about)));
