import * as v from "valibot";
import { parseMoment } from "../core/period.ts";
import type { GivenFacts } from "../core/routing/rules/given-facts.ts";
import { HEALTH_WORDS, TURN_KINDS } from "../core/routing/rules/rule.ts";
import type { RuleTest } from "../core/routing/rules/rule-test.ts";
import { compact } from "./compact.ts";
import { BudgetMarkSchema } from "./schema-rules-when.ts";
import { text, whole } from "./schema-values.ts";

const MOST_TESTS = 500;
const AT_HINT = "must be a time, such as 2026-11-27T23:00, or one with its offset";
const LIST_HINT = "must be a list, such as [a, b]";

const word = (about: string) => v.optional(v.pipe(text("must be a text"), v.description(about)));
const list = (about: string) => v.optional(v.pipe(v.array(text("must be a text"), LIST_HINT), v.description(about)));

/** Facts of a request, as tests state them. */
export const GivenSchema = v.strictObject(
  {
    requested: word("The name that the client asks for (default auto)."),
    prompt: word("What the person says: class, languages and files are read from it where they are not stated."),
    task: word("Class of the task."),
    project: word("Project it counts for."),
    key: word("Name of the client key."),
    tag: word("Tag."),
    client: word("Client program."),
    header: v.optional(v.pipe(v.record(v.string(), v.string("must be a text")), v.description("Headers by name."))),
    at: v.optional(
      v.pipe(
        v.string(AT_HINT),
        v.check((value) => parseMoment(value, "start", "UTC") !== null, AT_HINT),
        v.description("When, by the clocks of `timeZone` where it states no offset (default now)."),
      ),
    ),
    turn: v.optional(
      v.pipe(
        v.picklist(TURN_KINDS, `must be ${TURN_KINDS.join(", ")}`),
        v.description("What comes last (default user)."),
      ),
    ),
    plan: v.optional(v.pipe(v.boolean("must be true or false"), v.description("Plan mode."))),
    tokens: v.optional(v.pipe(whole(0, 1_000_000_000), v.description("Tokens of the prompt."))),
    images: v.optional(v.pipe(whole(0, 1_000_000), v.description("Number of images."))),
    languages: list("Languages of the code in it."),
    paths: list("Files that it mentions."),
    tools: list("Names of its tools."),
    budgetLeft: v.optional(
      v.pipe(BudgetMarkSchema, v.description("What the tightest budget has left: `20%`, or USD.")),
    ),
    loaded: list("`provider/model` of the local models in memory."),
    health: v.optional(
      v.pipe(
        v.record(v.string(), v.picklist(HEALTH_WORDS, `must be ${HEALTH_WORDS.join(", ")}`)),
        v.description("How providers or `provider/model` do (default ok)."),
      ),
    ),
    conversation: word("What keeps the conversation apart, for splits."),
  },
  "must be a block of `name: value` lines, such as { task: bug_fix }",
);

const Expect = v.pipe(
  v.strictObject(
    {
      rule: word("The rule that decides; `none` for none."),
      target: word("The `provider/model` that is asked first."),
      targets: list("Every `provider/model` that would be tried, in order."),
      denied: v.optional(v.pipe(v.boolean("must be true or false"), v.description("Whether a rule refuses it."))),
    },
    "must be a block of `name: value` lines, such as { rule: night }",
  ),
  v.check(
    (expect) => Object.values(expect).some((one) => one !== undefined),
    "expects nothing: write rule, target, targets or denied",
  ),
);

/** `routing.tests`: given facts, and what the rules are to make of them. */
export const RuleTestsSchema = v.nullish(
  v.pipe(
    v.array(
      v.strictObject(
        {
          name: v.pipe(text("must be a text"), v.maxLength(200, "is too long"), v.description("What it shows.")),
          given: v.optional(v.pipe(GivenSchema, v.description("Facts of a request; what is left out is not there."))),
          expect: v.pipe(Expect, v.description("What must come of it.")),
        },
        "must be a test, such as { name: at night, given: { at: 2026-11-27T23:00 }, expect: { rule: night } }",
      ),
      "must be a list, one `- { name, given, expect }` a line",
    ),
    v.maxLength(MOST_TESTS, `must hold at most ${MOST_TESTS} tests`),
    v.description("Tests of the rules, run by `lodestar route test`."),
  ),
);

type WrittenTests = v.InferOutput<typeof RuleTestsSchema>;

type WrittenGiven = v.InferOutput<typeof GivenSchema>;

/** Stated facts, read; a time without an offset is of this time zone (IANA). */
export function givenFactsOf({ at, ...facts }: WrittenGiven, timeZone: string): GivenFacts {
  const moment = at === undefined ? null : parseMoment(at, "start", timeZone);
  return { ...compact(facts), ...(moment === null ? {} : { at: moment }) };
}

/** The tests of a file; times without an offset are of this time zone (IANA). */
export function ruleTestsOf(written: WrittenTests, timeZone: string): readonly RuleTest[] {
  return (written ?? []).map(({ name, given = {}, expect }) => {
    const { denied, ...wanted } = expect;
    return {
      name,
      given: givenFactsOf(given, timeZone),
      expect: { ...compact(wanted), ...(denied === undefined ? {} : { isDenied: denied }) },
    };
  });
}
