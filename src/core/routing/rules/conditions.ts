import { NANO_PER_USD } from "../../money.ts";
import { readGlob } from "./glob.ts";
import { compilePatterns, foldedStarTest, starTest } from "./patterns.ts";
import type { BudgetMark, HealthWord, Patterns, Rule, RuleConditions, Span } from "./rule.ts";
import { isWithin, minuteText, type WallMinute, windowText } from "./time-window.ts";
import type { RuleFacts } from "./verdict.ts";

/** One thing that a rule asks for, ready to be asked. */
export interface Condition {
  /** As the rule calls it: `tokens`, `header.x-team`. */
  readonly name: string;
  /** What the rule wants, for people. */
  readonly wanted: string;
  /** What asking takes: 0 for what lies there, up to 9 for the classifier. The cheap ones are asked first. */
  readonly cost: number;
  test(facts: RuleFacts): boolean;
  /** The value that was looked at, for people. */
  seen(facts: RuleFacts): string;
}

/** The clock of a time zone; null for that of the configuration. */
export type ClockFor = (zone: string | null) => (now: number) => WallMinute;

const MOST_SHOWN = 5;

function orNone(value: string | null): string {
  return value ?? "none";
}

function listed(values: readonly string[]): string {
  if (values.length === 0) return "none";
  const shown = values.slice(0, MOST_SHOWN).join(", ");
  return values.length > MOST_SHOWN ? `${shown} and ${values.length - MOST_SHOWN} more` : shown;
}

function one(
  name: string,
  patterns: Patterns,
  cost: number,
  read: (facts: RuleFacts) => string | null,
  toTest = starTest,
): Condition {
  const { one: test } = compilePatterns(patterns, toTest);
  return {
    name,
    wanted: patterns.join(" or "),
    cost,
    test: (facts) => test(read(facts)),
    seen: (facts) => orNone(read(facts)),
  };
}

function some(
  name: string,
  patterns: Patterns,
  cost: number,
  read: (facts: RuleFacts) => readonly string[],
  toTest = starTest,
): Condition {
  const { some: test } = compilePatterns(patterns, toTest);
  return {
    name,
    wanted: patterns.join(" or "),
    cost,
    test: (facts) => test(read(facts)),
    seen: (facts) => listed(read(facts)),
  };
}

function is(name: string, wanted: boolean, read: (facts: RuleFacts) => boolean): Condition {
  const word = (value: boolean): string => (value ? "yes" : "no");
  return {
    name,
    wanted: word(wanted),
    cost: 3,
    test: (facts) => read(facts) === wanted,
    seen: (facts) => word(read(facts)),
  };
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function spanText(least: string | null, below: string | null): string {
  return [least === null ? "" : `at least ${least}`, below === null ? "" : `below ${below}`]
    .filter((part) => part !== "")
    .join(" and ");
}

function tokens({ atLeast, below }: Span): Condition {
  return {
    name: "tokens",
    wanted: spanText(atLeast === null ? null : grouped(atLeast), below === null ? null : grouped(below)),
    cost: 3,
    test(facts) {
      const { inputTokens } = facts.signals();
      return inputTokens >= (atLeast ?? 0) && (below === null || inputTokens < below);
    },
    seen: (facts) => grouped(facts.signals().inputTokens),
  };
}

function markText({ unit, amount }: BudgetMark): string {
  return unit === "share" ? `${Math.round(amount * 1_000) / 10} %` : `$${amount / NANO_PER_USD}`;
}

function budgetLeft({ atLeast, below }: NonNullable<RuleConditions["budgetLeft"]>): Condition {
  const leftIn = (unit: BudgetMark["unit"], left: NonNullable<ReturnType<RuleFacts["budgetLeft"]>>): number =>
    unit === "share" ? left.share : left.nanoUsd;
  return {
    name: "budgetLeft",
    wanted: spanText(atLeast === null ? null : markText(atLeast), below === null ? null : markText(below)),
    cost: 5,
    test(facts) {
      const left = facts.budgetLeft();
      if (left === null) return below === null;
      if (atLeast !== null && !(leftIn(atLeast.unit, left) >= atLeast.amount)) return false;
      return below === null || leftIn(below.unit, left) < below.amount;
    },
    seen(facts) {
      const left = facts.budgetLeft();
      if (left === null) return "no budget counts this request";
      const marks: readonly BudgetMark[] = [
        { unit: "nano-usd", amount: left.nanoUsd },
        { unit: "share", amount: left.share },
      ];
      return marks
        .filter(({ amount }) => !Number.isNaN(amount))
        .map(markText)
        .join(", ");
    },
  };
}

function time(windows: NonNullable<RuleConditions["time"]>, clockFor: ClockFor): Condition {
  const clocks = windows.map((window) => ({ window, clock: clockFor(window.zone) }));
  return {
    name: "time",
    wanted: windows.map(windowText).join(" or "),
    cost: 1,
    test: ({ now }) => clocks.some(({ window, clock }) => isWithin(window, clock(now))),
    seen: ({ now }) => [...new Set(clocks.map(({ clock }) => minuteText(clock(now))))].join(", "),
  };
}

/** Names in memory count with and without their provider. */
function bothNames(loaded: readonly string[]): readonly string[] {
  return loaded.flatMap((name) => [name, name.slice(name.indexOf("/") + 1)]);
}

function healthOf(name: string, facts: RuleFacts): HealthWord | null {
  const slash = name.indexOf("/");
  return slash < 0 ? facts.health(name, null) : facts.health(name.slice(0, slash), name.slice(slash + 1));
}

function health(name: string, words: readonly HealthWord[]): Condition {
  return {
    name: `health.${name}`,
    wanted: words.join(" or "),
    cost: 4,
    test(facts) {
      const word = healthOf(name, facts);
      return word !== null && words.includes(word);
    },
    seen: (facts) => healthOf(name, facts) ?? "not configured",
  };
}

/** A glob that cannot be read matches nothing; the configuration refuses it. */
function globTest(pattern: string): (path: string) => boolean {
  const glob = readGlob(pattern);
  return glob.ok ? glob.value : () => false;
}

function tools(wanted: NonNullable<RuleConditions["tools"]>): Condition {
  if (typeof wanted === "boolean") return is("tools", wanted, (facts) => facts.toolNames().length > 0);
  return some("tools", wanted, 3, (facts) => facts.toolNames());
}

/** Reads one part of `when`, where the rule has it. */
type Reading = (when: RuleConditions, clockFor: ClockFor) => readonly Condition[];

function when<Name extends keyof RuleConditions>(
  name: Name,
  make: (wanted: NonNullable<RuleConditions[Name]>, clockFor: ClockFor) => Condition | readonly Condition[],
): Reading {
  return (conditions, clockFor) => {
    const wanted = conditions[name];
    return wanted === undefined ? [] : [make(wanted as NonNullable<RuleConditions[Name]>, clockFor)].flat();
  };
}

/** Everything that a rule may ask for, in the order in which it is documented. */
const READINGS: readonly Reading[] = [
  when("task", (wanted) => one("task", wanted, 9, (facts) => facts.task())),
  when("project", (wanted) => one("project", wanted, 0, ({ project }) => project)),
  when("key", (wanted) => one("key", wanted, 0, ({ key }) => key)),
  when("tag", (wanted) => one("tag", wanted, 0, ({ tag }) => tag)),
  when("client", (wanted) => one("client", wanted, 0, ({ client }) => client, foldedStarTest)),
  when("header", (wanted) =>
    Object.entries(wanted).map(([name, patterns]) => one(`header.${name}`, patterns, 0, (facts) => facts.header(name))),
  ),
  when("path", (wanted) => some("path", wanted, 4, (facts) => facts.signals().paths, globTest)),
  when("language", (wanted) => some("language", wanted, 3, (facts) => facts.signals().languages, foldedStarTest)),
  when("turn", (wanted) => one("turn", wanted, 3, (facts) => facts.signals().turn)),
  when("plan", (wanted) => is("plan", wanted, (facts) => facts.signals().isPlan)),
  when("tokens", tokens),
  when("tools", tools),
  when("images", (wanted) => is("images", wanted, (facts) => facts.signals().imageCount > 0)),
  when("time", time),
  when("budgetLeft", budgetLeft),
  when("loaded", (wanted) => some("loaded", wanted, 4, (facts) => bothNames(facts.loaded()))),
  when("health", (wanted) => Object.entries(wanted).map(([name, words]) => health(name, words))),
];

function namesOf({ requested, isAuto }: RuleFacts): readonly string[] {
  return isAuto && requested !== "auto" ? [requested, "auto"] : [requested];
}

/** Everything that a rule asks for, the name that was asked for included, cheapest first. */
export function conditionsOf(rule: Rule, clockFor: ClockFor): readonly Condition[] {
  const names = rule.requested.length === 0 ? ["auto"] : rule.requested;
  const all = READINGS.flatMap((read) => read(rule.when, clockFor));
  return [some("requested", names, 0, namesOf), ...all].toSorted((left, right) => left.cost - right.cost);
}
