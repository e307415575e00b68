import * as v from "valibot";
import { limitOf } from "../core/budget/text.ts";
import { readGlob } from "../core/routing/rules/glob.ts";
import { exceptionOf, isException } from "../core/routing/rules/patterns.ts";
import { type BudgetMark, HEALTH_WORDS, TURN_KINDS } from "../core/routing/rules/rule.ts";
import { readTimeWindow } from "../core/routing/rules/time-text.ts";
import { didYouMean } from "../core/suggest.ts";
import { text, whole } from "./schema-values.ts";

const MOST_PATTERNS = 50;
const LIST_HINT = "must be a pattern or a list of them, such as [a, b*, !c]";
const MARK_HINT = "must be a percentage of the limit, such as 20%, or an amount in USD, such as 5";

const Pattern = v.pipe(text("must be a pattern"), v.maxLength(256, "is too long"));

function listOf(value: string | string[]): string[] {
  return typeof value === "string" ? [value] : value;
}

/** One text or several. */
const some = () =>
  v.pipe(
    v.union([Pattern, v.pipe(v.array(Pattern), v.minLength(1), v.maxLength(MOST_PATTERNS))], LIST_HINT),
    v.transform(listOf),
    v.check((patterns) => patterns.every((pattern) => pattern !== "!"), "has a ! without a pattern behind it"),
  );

/** Patterns of which one must match; `!` in front makes an exception. */
export const PatternsSchema = some();

const patterns = (about: string) => v.optional(v.pipe(some(), v.description(about)));

/** The same of globs, each read once to say what is wrong with it. */
const globs = (about: string) =>
  v.optional(
    v.pipe(
      some(),
      v.description(about),
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const pattern of dataset.value) {
          const glob = readGlob(isException(pattern) ? exceptionOf(pattern) : pattern);
          if (!glob.ok) addIssue({ message: `is no glob: "${pattern}" ${glob.error}` });
        }
      }),
    ),
  );

/** Words out of a few. */
const words = <Word extends string>(known: readonly Word[], about: string) =>
  v.pipe(
    v.union([v.string(), v.array(v.string())], `must be ${known.join(", ")}, or a list of them`),
    v.description(about),
    v.transform(listOf),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const wrong = dataset.value.find((word) => !(known as readonly string[]).includes(word));
      if (dataset.value.length === 0) addIssue({ message: "must hold at least one" });
      if (wrong === undefined) return;
      addIssue({ message: `has "${wrong}", which is none of ${known.join(", ")}.${didYouMean(wrong, known)}` });
    }),
    v.transform((list) => known.filter((word) => list.includes(word))),
  );

const times = (about: string) =>
  v.optional(
    v.pipe(
      v.union(
        [v.string(), v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MOST_PATTERNS))],
        "must be a time such as mon-fri 22:00-06:00, or a list of them",
      ),
      v.description(about),
      v.transform(listOf),
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const window of dataset.value.map(readTimeWindow)) if (!window.ok) addIssue({ message: window.error });
      }),
      v.transform((list) => list.map(readTimeWindow).flatMap((window) => (window.ok ? [window.value] : []))),
    ),
  );

const span = (about: string) =>
  v.optional(
    v.pipe(
      v.strictObject(
        {
          atLeast: v.optional(v.pipe(whole(0, 1_000_000_000), v.description("From so many on."))),
          below: v.optional(v.pipe(whole(0, 1_000_000_000), v.description("Fewer than so many."))),
        },
        "must be a block, such as { atLeast: 32000 }",
      ),
      v.description(about),
      v.transform(({ atLeast = null, below = null }) => ({ atLeast, below })),
      v.check(({ atLeast, below }) => atLeast !== null || below !== null, "must have atLeast, below, or both"),
    ),
  );

function readMark(value: string | number): BudgetMark | null {
  const percent = typeof value === "string" ? /^(\d{1,3}(?:\.\d{1,2})?) ?%$/.exec(value) : null;
  if (percent !== null) return Number(percent[1]) <= 100 ? { unit: "share", amount: Number(percent[1]) / 100 } : null;
  const amount = limitOf(value);
  return amount === null ? null : { unit: "nano-usd", amount };
}

/** What is left of a budget: `20%` of its limit, or USD. */
export const BudgetMarkSchema = v.pipe(
  v.union([v.number(), v.string()], MARK_HINT),
  v.check((value) => readMark(value) !== null, MARK_HINT),
  v.transform((value): BudgetMark => readMark(value) ?? { unit: "share", amount: 0 }),
);

const BudgetLeft = v.optional(
  v.pipe(
    v.strictObject(
      {
        atLeast: v.optional(v.pipe(BudgetMarkSchema, v.description("So much or more."))),
        below: v.optional(v.pipe(BudgetMarkSchema, v.description("Less than so much."))),
      },
      "must be a block, such as { below: 20% }",
    ),
    v.description(
      "What the tightest budget that counts the request has left: `20%` of its limit, or USD. Without one there is no end to it.",
    ),
    v.transform(({ atLeast = null, below = null }) => ({ atLeast, below })),
    v.check(({ atLeast, below }) => atLeast !== null || below !== null, "must have atLeast, below, or both"),
  ),
);

const Health = v.optional(
  v.pipe(
    v.record(
      v.pipe(v.string(), v.nonEmpty("must be a provider or provider/model")),
      words(HEALTH_WORDS, "How it does."),
      "must be a block, such as { anthropic: down }",
    ),
    v.description("How a provider or `provider/model` does: `ok`, `degraded` (some of it is left out) or `down`."),
  ),
);

/** Headers that hold secrets: what a rule looked at is shown. */
const SECRET_HEADER = /^(?:authorization|proxy-authorization|cookie|x-api-key|x-goog-api-key|api-key)$/;

const Header = v.optional(
  v.pipe(
    v.record(
      v.pipe(
        v.string(),
        v.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "is no name of a header"),
        v.check(
          (name) => !SECRET_HEADER.test(name.toLowerCase()),
          "may hold a secret, which no rule may look at; use `key` for who asks",
        ),
        v.toLowerCase(),
      ),
      some(),
      "must be a block, such as { x-team: web }",
    ),
    v.description("Headers of the request by name; `*` for any value, `!*` for none."),
  ),
);

/** What a project's own file may ask about: the request and the state of things, not who asks. */
const requestEntries = {
  task: patterns(
    "Class of the task: `code_generation`, `code_review`, `bug_fix`, `architecture`, `documentation`, `refactor`, `general`, or what the client states in `x-lodestar-task`.",
  ),
  tag: patterns("The request's tag (`x-lodestar-tag`, else its project's)."),
  client: patterns("The client program, whatever the case, such as `claude-cli*`."),
  path: globs("Globs of files that the request mentions, such as `src/**/*.sql`; `!` in front for none of them."),
  language: patterns("Languages of the code in it, by their usual names in lower case."),
  turn: v.optional(
    words(
      TURN_KINDS,
      "What comes last: a person's words (`user`), what a tool answered (`tool-result`), or a client's own chores (`housekeeping`).",
    ),
  ),
  plan: v.optional(v.pipe(v.boolean("must be true or false"), v.description("Whether the agent is in its plan mode."))),
  tokens: span("Estimated tokens of the prompt."),
  tools: v.optional(
    v.pipe(
      v.union([v.boolean(), some()], "must be true, false, or patterns of the names of tools"),
      v.description("Whether the request brings tools, or patterns of their names."),
    ),
  ),
  images: v.optional(v.pipe(v.boolean("must be true or false"), v.description("Whether it holds images."))),
  time: times(
    "Days, hours and time zone: `mon-fri 22:00-06:00 Europe/Berlin`, each of which may be left out, or a list of them.",
  ),
  budgetLeft: BudgetLeft,
  loaded: patterns("Models in the memory of a local engine, with or without the provider."),
  health: Health,
};

const HINT = "must be a block of `name: value` lines, such as { task: bug_fix }";

/** `when` of a rule in a project's own file. */
export const ProjectConditionsSchema = v.pipe(
  v.strictObject(requestEntries, HINT),
  v.description("What must hold, all of it."),
);

/** `when` of a rule of the user's. */
export const ConditionsSchema = v.pipe(
  v.strictObject(
    {
      ...requestEntries,
      project: patterns("The project it counts for."),
      key: patterns("The name of the client key."),
      header: Header,
    },
    HINT,
  ),
  v.description("What must hold, all of it; left out, every request matches."),
);
