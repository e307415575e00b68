import * as v from "valibot";
import { BUDGET_PERIODS, BUDGET_POLICIES, LIMIT_HINT, limitOf } from "../core/budget/text.ts";
import { CHOICE_NAMES } from "../core/expand.ts";
import { PROJECT_NAME } from "../core/project.ts";
import { ProjectRulesSchema } from "./schema-rules.ts";
import { RuleTestsSchema } from "./schema-rules-tests.ts";
import { flag, isTimer, NAME, section, text, whole } from "./schema-values.ts";
import { parseDuration } from "./units.ts";

const BUDGET_HINT = "must be a budget, such as { period: month, limitUsd: 5 }";
const CACHE_HINT = "must be off, or a time with its unit, such as 1h";
const NAME_HINT = "is no valid name: letters, digits, dots, dashes and colons, no slash";
const PROJECT_NAME_HINT = "is no valid name: letters, digits, dots, dashes and underscores, at most 100";
/** Longer than any model's name. */
const MOST_NAME_LENGTH = 256;
/** Far more than anybody writes by hand; what comes with a repository must not grow without end. */
const MOST_NAMES = 100;

const Target = v.pipe(text("must be provider/model or another alias"), v.maxLength(MOST_NAME_LENGTH, "is too long"));
const Label = v.pipe(
  v.string("must be a word"),
  v.regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/, "must be at most 100 plain characters"),
);
const isFew = (record: Readonly<Record<string, unknown>>): boolean => Object.keys(record).length <= MOST_NAMES;

const Limit = v.pipe(
  v.union([v.number(), v.string()], LIMIT_HINT),
  v.description("Limit in USD. 0 lets only free models answer."),
  v.check((amount) => limitOf(amount) !== null, LIMIT_HINT),
  v.transform((amount) => limitOf(amount) ?? 0),
);

const budgetEntries = {
  period: v.pipe(
    v.picklist(BUDGET_PERIODS, "must be day, week, month or total"),
    v.description("When it begins at 0 again."),
  ),
  limitUsd: Limit,
  warnAt: v.optional(
    v.pipe(
      v.array(whole(1, 100, "must be a percentage from 1 to 100"), "must be a list of percentages, such as [50, 80]"),
      v.maxLength(20, "must hold at most 20 percentages"),
      v.description("Percentages of the limit that are told when they are reached."),
    ),
  ),
  over: v.optional(
    v.pipe(
      v.picklist(BUDGET_POLICIES, "must be warn, degrade or deny"),
      v.description("What happens to an attempt that does not fit."),
    ),
  ),
};

/** In a project's own file. */
const Budget = v.strictObject(budgetEntries, BUDGET_HINT);

/** In the user's configuration. */
const OwnBudget = v.strictObject(
  {
    ...budgetEntries,
    unpriced: v.optional(
      v.pipe(
        v.picklist(["deny", "allow"], "must be deny or allow"),
        v.description("Paid models without a known price: refused unless allowed."),
      ),
    ),
  },
  BUDGET_HINT,
);

/** A list of budgets, one a period at most. */
const budgetsOf = <Entry extends typeof Budget | typeof OwnBudget>(entry: Entry) =>
  v.nullish(
    v.pipe(
      v.array(entry, "must be a list, one `- { period, limitUsd }` a line"),
      v.maxLength(BUDGET_PERIODS.length, `must hold at most ${BUDGET_PERIODS.length} budgets, one a period`),
      v.check(
        (budgets) => new Set(budgets.map(({ period }) => period)).size === budgets.length,
        "must hold at most one budget a period",
      ),
      v.description("Limits on what it spends, on top of every other budget."),
    ),
  );

/** Names of aliases and chains, less those that are `taken`. */
const nameKey = (taken: readonly string[]) =>
  v.pipe(
    v.string(),
    v.regex(NAME, NAME_HINT),
    v.check(
      (name) => !taken.includes(name),
      "is a name whose meaning a project's file may not change; what auto does is the chain `default`",
    ),
  );

const rulesFor = (key: ReturnType<typeof nameKey>) => ({
  aliases: v.nullish(
    v.pipe(
      v.record(key, Target, "must be a block of `name: target` lines"),
      v.check((record) => isFew(record), `must hold at most ${MOST_NAMES} aliases`),
      v.description("Names of its own. They come before yours of the same name."),
    ),
  ),
  chains: v.nullish(
    v.pipe(
      v.record(
        key,
        v.pipe(
          v.array(Target, "must be a list, such as [free, cheap, best]"),
          v.minLength(1, "must hold at least one target"),
          v.maxLength(20, "must hold at most 20 targets"),
        ),
        "must be a block of `name: [targets]` lines",
      ),
      v.check((record) => isFew(record), `must hold at most ${MOST_NAMES} chains`),
      v.description("Chains of its own, by alias, model or task. `default` is what `auto` uses."),
    ),
  ),
  models: v.nullish(
    v.pipe(
      v.array(
        v.pipe(text("must be a model or a pattern, such as ollama/*"), v.maxLength(MOST_NAME_LENGTH, "is too long")),
        "must be a list, such as [ollama/*]",
      ),
      v.maxLength(MOST_NAMES, `must hold at most ${MOST_NAMES} patterns`),
      v.description("Models it may use, as patterns; a key's own list counts too."),
    ),
  ),
  tag: v.nullish(v.pipe(Label, v.description("Tag of its requests that state none by `x-lodestar-tag`."))),
  cache: v.nullish(
    v.pipe(
      v.string(CACHE_HINT),
      v.description("Longest time that an answer may be served from the cache; `off` for never."),
      v.check((value) => value === "off" || isTimer(value), CACHE_HINT),
      v.transform((value) => (value === "off" ? 0 : (parseDuration(value) ?? 0))),
    ),
  ),
});

/** The `projects` section of the user's own configuration. */
export const ProjectsSchema = v.nullish(
  v.pipe(
    v.record(
      v.pipe(v.string(), v.regex(PROJECT_NAME, PROJECT_NAME_HINT)),
      v.strictObject(
        {
          ...rulesFor(nameKey([])),
          budgets: budgetsOf(OwnBudget),
          keepPrompts: flag("Prompts and answers may be stored for its history."),
        },
        "must be a block of `name: value` lines",
      ),
      "must be a block of projects by name",
    ),
    v.description(
      "What holds for one project, by its name. It wins over what the project's own `.lodestar.yaml` says.",
    ),
  ),
);

/**
 * A project's own `.lodestar.yaml`: it comes with a repository, so it can only narrow and name what is there. It must not turn
 * `free` into something that costs money; what `auto` does is its chain `default`.
 */
export const ProjectFileSchema = v.strictObject(
  {
    name: v.nullish(
      v.pipe(
        v.string("must be a name"),
        v.regex(PROJECT_NAME, PROJECT_NAME_HINT),
        v.description("The project's name; its folder's where there is none."),
      ),
    ),
    ...rulesFor(nameKey(CHOICE_NAMES)),
    budgets: budgetsOf(Budget),
    routing: section(
      { rules: ProjectRulesSchema, tests: RuleTestsSchema },
      "Rules of its own for `auto`: docs/routing-rules.md.",
    ),
  },
  "must be a block of `name: value` lines",
);

/** The rules of one project as either file writes them. */
export type WrittenRules = Omit<v.InferOutput<typeof ProjectFileSchema>, "name" | "budgets" | "routing"> & {
  readonly routing?: v.InferOutput<typeof ProjectFileSchema>["routing"];
  readonly budgets?: readonly v.InferOutput<typeof OwnBudget>[] | null | undefined;
  readonly keepPrompts?: boolean | undefined;
};
