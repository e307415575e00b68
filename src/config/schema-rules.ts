import * as v from "valibot";
import { limitOf } from "../core/budget/text.ts";
import { globSize } from "../core/routing/rules/glob.ts";
import {
  CLAMPED_EFFORTS,
  type Rule,
  type RuleActions,
  type RuleConditions,
  type RuleDestination,
} from "../core/routing/rules/rule.ts";
import { ConditionsSchema, PatternsSchema, ProjectConditionsSchema } from "./schema-rules-when.ts";
import { isTimer, NAME, text, whole } from "./schema-values.ts";
import { parseDuration } from "./units.ts";

/** Far more than anybody writes by hand. */
const MOST_RULES = 500;
/** What comes with a repository must not grow without end. */
const MOST_PROJECT_RULES = 50;
/** Matching them must not keep everybody waiting, whatever a repository asks for: 32 paths take some milliseconds. */
const MOST_GLOB_SIZE = 2_000;
const MOST_TARGETS = 20;
const MOST_MESSAGE = 500;

const NAME_HINT = "is no valid name: letters, digits, dots, dashes and colons";
const PERCENT_HINT = "must be a share above 0 and up to 100, with two decimals at most";
const USD_HINT = "must be an amount in USD, such as 0.05; 0 lets only free models answer";
const TEMPERATURE_HINT = "must be a number from 0 to 2";
const CACHE_HINT = "must be off, on, or a time with its unit, such as 1h";
const FLOOR_HINT = "must be a number from 0 to 1";

const Target = v.pipe(text("must be provider/model, an alias or a chain"), v.maxLength(256, "is too long"));

const Chain = v.union(
  [Target, v.pipe(v.array(Target), v.minLength(1), v.maxLength(MOST_TARGETS))],
  `must be the name of a chain, or a list of 1 to ${MOST_TARGETS} targets, such as [free, cheap]`,
);

const shareEntries = {
  percent: v.pipe(
    v.number(PERCENT_HINT),
    v.check(
      (value) => value > 0 && value <= 100 && Math.abs(value * 100 - Math.round(value * 100)) < 1e-9,
      PERCENT_HINT,
    ),
    v.description("Share of the conversations that the rule matches."),
  ),
  target: v.optional(v.pipe(Target, v.description("Where they go."))),
  chain: v.optional(v.pipe(Chain, v.description("Or the chain that they follow."))),
};

type Chained = { readonly target?: string | undefined; readonly chain?: string | readonly string[] | undefined };

function placesOf({ target, chain }: Chained): { readonly via: "target" | "chain"; readonly names: readonly string[] } {
  if (target !== undefined) return { via: "target", names: [target] };
  return { via: "chain", names: typeof chain === "string" ? [chain] : (chain ?? []) };
}

const Split = v.pipe(
  v.array(
    v.pipe(
      v.strictObject(shareEntries, "must be a share, such as { percent: 10, target: cheap }"),
      v.check(
        ({ target, chain }) => (target === undefined) !== (chain === undefined),
        "must have either target or chain",
      ),
    ),
    "must be a list of shares, one `- { percent, target }` a line",
  ),
  v.minLength(1, "must hold at least one share"),
  v.maxLength(MOST_TARGETS, `must hold at most ${MOST_TARGETS} shares`),
  v.description(
    "Shares of the conversations, together at most 100; what is left over goes on to the next rule. A conversation always falls into the same one.",
  ),
);

const effectEntries = {
  target: v.optional(v.pipe(Target, v.description("Where it goes: `provider/model`, an alias or a chain."))),
  chain: v.optional(v.pipe(Chain, v.description("A chain by its name, or a list of targets that are tried in order."))),
  split: v.optional(Split),
  deny: v.optional(
    v.pipe(
      text("must be the words that the client is told"),
      v.maxLength(MOST_MESSAGE, `must be at most ${MOST_MESSAGE} characters`),
      v.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, "must be plain words on one line"),
      v.description("Refuses the request (403 `rule_denied`), with these words."),
    ),
  ),
  floor: v.optional(
    v.pipe(
      v.number(FLOOR_HINT),
      v.minValue(0, FLOOR_HINT),
      v.maxValue(1, FLOOR_HINT),
      v.description("Least expected quality, from 0 to 1."),
    ),
  ),
  ceilingUsd: v.optional(
    v.pipe(
      v.union([v.number(), v.string()], USD_HINT),
      v.description("Most that one request may be expected to cost, in USD. 0 lets only free models answer."),
      v.check((amount) => limitOf(amount) !== null, USD_HINT),
      v.transform((amount) => limitOf(amount) ?? 0),
    ),
  ),
  maxOutputTokens: v.optional(v.pipe(whole(1, 10_000_000), v.description("Longest answer, in tokens."))),
  maxTemperature: v.optional(
    v.pipe(
      v.number(TEMPERATURE_HINT),
      v.minValue(0, TEMPERATURE_HINT),
      v.maxValue(2, TEMPERATURE_HINT),
      v.description("Highest temperature; a request without one counts as 1."),
    ),
  ),
  maxEffort: v.optional(
    v.pipe(
      v.picklist(CLAMPED_EFFORTS, "must be none, minimal, low, medium or high"),
      v.description("Most thinking that a request may ask for."),
    ),
  ),
  sticky: v.optional(
    v.pipe(
      v.boolean("must be true or false"),
      v.description("`false`: the conversation need not stay with its model."),
    ),
  ),
};

const cacheEntry = (isOnAllowed: boolean) => {
  const hint = isOnAllowed ? CACHE_HINT : "must be off, or a time with its unit, such as 1h";
  return v.optional(
    v.pipe(
      v.string(hint),
      v.check((value) => value === "off" || (isOnAllowed && value === "on") || isTimer(value, 1), hint),
      v.description(
        `The response cache: \`off\` leaves it out, ${isOnAllowed ? "`on` uses it whatever the temperature, " : ""}a time is the oldest answer given again.`,
      ),
      v.transform((value) => ({
        switch: value === "off" || value === "on" ? (value as "off" | "on") : null,
        maxAgeMs: parseDuration(value),
      })),
    ),
  );
};

const actionsOf = (isProject: boolean) =>
  v.pipe(
    v.strictObject(
      { ...effectEntries, cache: cacheEntry(!isProject) },
      "must be a block of `name: value` lines, such as { target: cheap }",
    ),
    v.check(
      (actions) =>
        [actions.target, actions.chain, actions.split, actions.deny].filter((one) => one !== undefined).length <= 1,
      "must have only one of target, chain, split and deny",
    ),
    v.check(
      (actions) => Object.values(actions).some((one) => one !== undefined),
      "does nothing: write what it does, such as { target: cheap }",
    ),
  );

type WrittenActions = v.InferOutput<ReturnType<typeof actionsOf>>;

function destinationOf({ target, chain, split, deny }: WrittenActions): RuleDestination {
  if (deny !== undefined) return { kind: "deny", message: deny };
  if (split !== undefined) {
    return { kind: "split", shares: split.map((share) => ({ percent: share.percent, ...placesOf(share) })) };
  }
  if (target === undefined && chain === undefined) return { kind: "policy" };
  return { kind: "names", ...placesOf({ target, chain }) };
}

function readActions(written: WrittenActions): RuleActions {
  const { maxOutputTokens = null, maxTemperature = null, maxEffort = null } = written;
  const hasClamps = maxOutputTokens !== null || maxTemperature !== null || maxEffort !== null;
  return {
    to: destinationOf(written),
    floor: written.floor ?? null,
    ceilingNanoUsd: written.ceilingUsd ?? null,
    cache: written.cache ?? null,
    clamps: hasClamps ? { maxOutputTokens, maxTemperature, maxEffort } : null,
    isStickyOff: written.sticky === false,
  };
}

const ruleEntries = {
  name: v.pipe(
    v.string("must be a name"),
    v.regex(NAME, NAME_HINT),
    v.description("Its name: it stands in reasons (`rule:night`), splits and tests go by it."),
  ),
  priority: v.optional(
    v.pipe(
      whole(-1_000_000, 1_000_000),
      v.description("The higher is asked first (default 0); of equals the one that stands first."),
    ),
  ),
  tags: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.regex(NAME, NAME_HINT)), "must be a list, such as [cost, night]"),
      v.maxLength(20, "must hold at most 20 tags"),
      v.description("Labels of the rule itself, for people."),
    ),
  ),
};

type WrittenConditions = { readonly [Name in keyof RuleConditions]?: RuleConditions[Name] | undefined };

/** What the schema leaves undefined is absent in a rule. */
function readConditions(written: WrittenConditions): RuleConditions {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}

/** A rule of the user's own configuration. */
const OwnRule = v.pipe(
  v.strictObject(
    {
      ...ruleEntries,
      requested: v.optional(
        v.pipe(
          PatternsSchema,
          v.description("Names it holds for, as clients ask for them (`claude-*`); left out, `auto` alone."),
        ),
      ),
      when: v.optional(ConditionsSchema),
      do: actionsOf(false),
    },
    "must be a rule, such as { name: night, when: { time: 22:00-06:00 }, do: { target: free } }",
  ),
  v.transform(({ name, priority = 0, tags = [], requested = [], when = {}, do: actions }): Rule => {
    return { name, priority, tags, requested, when: readConditions(when), actions: readActions(actions) };
  }),
);

/** A rule of a project's own file: it is about `auto` alone, so that no name gets another meaning. */
const ProjectRule = v.pipe(
  v.strictObject(
    { ...ruleEntries, when: v.optional(ProjectConditionsSchema), do: actionsOf(true) },
    "must be a rule, such as { name: docs, when: { path: docs/** }, do: { target: cheap } }",
  ),
  v.transform(({ name, priority = 0, tags = [], when = {}, do: actions }): Rule => {
    return { name, priority, tags, requested: [], when: readConditions(when), actions: readActions(actions) };
  }),
);

const LIST_HINT = "must be a list, one `- { name, when, do }` a line";

/** `routing.rules` of the user's configuration. */
export const RulesSchema = v.nullish(
  v.pipe(
    v.array(OwnRule, LIST_HINT),
    v.maxLength(MOST_RULES, `must hold at most ${MOST_RULES} rules`),
    v.description("Rules, asked by priority before anything else decides: docs/routing-rules.md."),
  ),
);

/** Written out, with every alternative of their braces. */
function globSizeOf(rules: readonly Rule[]): number {
  const globs = rules.flatMap(({ when }) => when.path ?? []);
  return globs.reduce((sum, glob) => sum + globSize(glob), 0);
}

/** `routing.rules` of a project's own file. */
export const ProjectRulesSchema = v.nullish(
  v.pipe(
    v.array(ProjectRule, LIST_HINT),
    v.maxLength(MOST_PROJECT_RULES, `must hold at most ${MOST_PROJECT_RULES} rules`),
    v.check(
      (rules) => globSizeOf(rules) <= MOST_GLOB_SIZE,
      `must hold globs of at most ${MOST_GLOB_SIZE} characters together`,
    ),
    v.description("Rules for `auto` in this project, asked before the user's."),
  ),
);
