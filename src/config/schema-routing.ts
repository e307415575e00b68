import * as v from "valibot";
import { TASK_CLASSES } from "../core/routing/task-class.ts";
import { CascadeSchema } from "./schema-cascade.ts";
import { RulesSchema } from "./schema-rules.ts";
import { RuleTestsSchema } from "./schema-rules-tests.ts";
import { flag, section, texts, whole } from "./schema-values.ts";

const share = (hint: string, most = 1) => v.pipe(v.number(hint), v.minValue(0, hint), v.maxValue(most, hint));

const FLOOR_HINT = "must be a number from 0 to 1, or a block of `class: number` lines";
const USD_HINT = "must be an amount in USD, such as 0.10";

const FloorSchema = v.union(
  [
    share(FLOOR_HINT),
    v.record(v.picklist(["default", ...TASK_CLASSES], "must be default or a class of task"), share(FLOOR_HINT)),
  ],
  FLOOR_HINT,
);

/** The `routing` section: how `auto` chooses. */
export const RoutingSchema = section(
  {
    mode: v.optional(
      v.pipe(
        v.picklist(["on", "shadow", "off"], "must be on, shadow or off"),
        v.description("`shadow` only writes down what would have been chosen (`lodestar route report`)."),
      ),
    ),
    dial: v.optional(
      v.pipe(
        whole(0, 10),
        v.description(
          "0 buys quality, 10 saves; what the dial asks for follows your own traffic once there is enough.",
        ),
      ),
    ),
    floor: v.optional(
      v.pipe(
        FloorSchema,
        v.description("Least expected quality, 0 to 1, for all tasks or by class; it wins over the dial."),
        v.transform((value) => (typeof value === "number" ? { default: value } : value)),
      ),
    ),
    pool: texts(
      "must be provider/model, an alias or a chain",
      "The models to choose from; left out, those of the default chain.",
    ),
    sticky: flag("Stay with a conversation's model unless leaving its cached prompt pays (default true)."),
    cascade: CascadeSchema,
    explore: section(
      {
        share: v.optional(
          v.pipe(
            share("must be a number from 0 to 0.2", 0.2),
            v.description("Part of the safe requests that try another model; 0 (the default) none."),
          ),
        ),
        capUsd: v.optional(
          v.pipe(
            v.number(USD_HINT),
            v.minValue(0, USD_HINT),
            v.description("What trying may cost more, USD a day (default 0.10)."),
          ),
        ),
      },
      "Trying other models, never with tools, plans or edits of code.",
    ),
    rules: RulesSchema,
    tests: RuleTestsSchema,
  },
  "How `auto` chooses among models.",
);
