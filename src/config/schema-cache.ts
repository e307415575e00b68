import * as v from "valibot";
import { isTimer, section, size, text } from "./schema-values.ts";
import { parseDuration } from "./units.ts";

const TTL_HINT = "must be off, or a time with its unit, such as 24h and at most 24d";
const TEMPERATURE_HINT = "must be a number from 0 to 2";

/** The `cache` section: answers of models that are given again. */
export const CacheSchema = section(
  {
    ttl: v.optional(
      v.pipe(
        v.string(TTL_HINT),
        v.description("How long an answer may be given again; `off` keeps none and deletes what was kept."),
        v.check((value) => value === "off" || isTimer(value), TTL_HINT),
        v.transform((value) => (value === "off" ? 0 : (parseDuration(value) ?? 0))),
      ),
    ),
    maxBytes: size("Size of all kept answers together; those used longest ago go first."),
    maxTemperature: v.optional(
      v.pipe(
        v.number(TEMPERATURE_HINT),
        v.minValue(0, TEMPERATURE_HINT),
        v.maxValue(2, TEMPERATURE_HINT),
        v.description("Requests at a higher temperature are not cached; one without any counts as 1."),
      ),
    ),
    always: v.optional(
      v.pipe(
        v.array(text("must be an alias or a model"), "must be a list, such as [coder]"),
        v.description("Names, as clients ask for them, whose answers are cached whatever the temperature."),
      ),
    ),
  },
  "Answers of models that are given again.",
);
