import { matchesPattern } from "../../expand.ts";
import { exceptionOf, isException } from "./patterns.ts";
import type { BudgetMark, Patterns, Rule, RuleConditions, Span, TimeWindow } from "./rule.ts";
import { totalPercent } from "./share.ts";
import { isWithin } from "./time-window.ts";

/** Whether everything that the narrow one matches is matched by the wide one. */
type Covers<Value> = (wide: Value, narrow: Value) => boolean;

/** A star of the narrow one is read as a sign of its own, which only a star of the wide one takes: that is never too much. */
const coversPattern: Covers<string> = (wide, narrow) => matchesPattern(narrow, wide);

const coversFolded: Covers<string> = (wide, narrow) => coversPattern(wide.toLowerCase(), narrow.toLowerCase());

/** Of globs only the plain cases are known. */
const coversGlob: Covers<string> = (wide, narrow) => wide === narrow || wide === "**" || wide === "**/*";

function coversPatterns(wide: Patterns, narrow: Patterns, covers: Covers<string> = coversPattern): boolean {
  const wanted = (patterns: Patterns): Patterns => patterns.filter((pattern) => !isException(pattern));
  const unwanted = (patterns: Patterns): Patterns => patterns.filter(isException).map(exceptionOf);
  const excluded = unwanted(narrow);
  if (!unwanted(wide).every((one) => excluded.some((other) => covers(other, one)))) return false;
  const [wideWanted, narrowWanted] = [wanted(wide), wanted(narrow)];
  if (wideWanted.length === 0) return true;
  return narrowWanted.length > 0 && narrowWanted.every((one) => wideWanted.some((other) => covers(other, one)));
}

const coversSpan: Covers<Span> = (wide, narrow) =>
  (wide.atLeast ?? 0) <= (narrow.atLeast ?? 0) &&
  (wide.below ?? Number.POSITIVE_INFINITY) >= (narrow.below ?? Number.POSITIVE_INFINITY);

function isWithinMark(wide: BudgetMark | null, narrow: BudgetMark | null, side: 1 | -1): boolean {
  if (wide === null) return true;
  return narrow !== null && narrow.unit === wide.unit && side * narrow.amount >= side * wide.amount;
}

const coversBudget: Covers<NonNullable<RuleConditions["budgetLeft"]>> = (wide, narrow) =>
  isWithinMark(wide.atLeast, narrow.atLeast, 1) && isWithinMark(wide.below, narrow.below, -1);

const WEEK_MINUTES = 7 * 1_440;

function minutesOf(windows: readonly TimeWindow[]): readonly boolean[] {
  return Array.from({ length: WEEK_MINUTES }, (_, at) => {
    const wall = { day: Math.floor(at / 1_440), minute: at % 1_440 };
    return windows.some((window) => isWithin(window, wall));
  });
}

/** Minute by minute of a week, where all of them go by one clock. */
const coversTime: Covers<readonly TimeWindow[]> = (wide, narrow) => {
  if (new Set([...wide, ...narrow].map(({ zone }) => zone)).size > 1) return false;
  const held = minutesOf(wide);
  return minutesOf(narrow).every((isNarrow, at) => !isNarrow || held[at] === true);
};

const coversTools: Covers<NonNullable<RuleConditions["tools"]>> = (wide, narrow) => {
  if (typeof wide !== "boolean") return typeof narrow !== "boolean" && coversPatterns(wide, narrow);
  return typeof narrow === "boolean" ? wide === narrow : wide && narrow.some((pattern) => !isException(pattern));
};

const coversHealth: Covers<NonNullable<RuleConditions["health"]>> = (wide, narrow) =>
  Object.entries(wide).every(([name, words]) => {
    const others = Object.hasOwn(narrow, name) ? narrow[name] : undefined;
    return others?.every((word) => words.includes(word)) === true;
  });

const coversHeaders: Covers<NonNullable<RuleConditions["header"]>> = (wide, narrow) =>
  Object.entries(wide).every(([name, patterns]) => {
    const others = Object.hasOwn(narrow, name) ? narrow[name] : undefined;
    return others !== undefined && coversPatterns(patterns, others);
  });

const COVERAGE: { readonly [Name in keyof RuleConditions]-?: Covers<NonNullable<RuleConditions[Name]>> } = {
  task: coversPatterns,
  project: coversPatterns,
  key: coversPatterns,
  tag: coversPatterns,
  client: (wide, narrow) => coversPatterns(wide, narrow, coversFolded),
  header: coversHeaders,
  path: (wide, narrow) => coversPatterns(wide, narrow, coversGlob),
  language: (wide, narrow) => coversPatterns(wide, narrow, coversFolded),
  turn: coversPatterns,
  plan: (wide, narrow) => wide === narrow,
  tokens: coversSpan,
  tools: coversTools,
  images: (wide, narrow) => wide === narrow,
  time: coversTime,
  budgetLeft: coversBudget,
  loaded: coversPatterns,
  health: coversHealth,
};

function coversCondition<Name extends keyof RuleConditions>(
  name: Name,
  wide: RuleConditions,
  narrow: RuleConditions,
): boolean {
  const [left, right] = [wide[name], narrow[name]];
  if (left === undefined) return true;
  if (right === undefined) return false;
  // One name picks one row: the table's type says so, which an index over all names cannot follow.
  const covers = COVERAGE[name] as Covers<NonNullable<RuleConditions[Name]>>;
  return covers(left as NonNullable<RuleConditions[Name]>, right as NonNullable<RuleConditions[Name]>);
}

/** The conditions of rules by name, in the order in which they are documented. */
export const CONDITION_NAMES = Object.keys(COVERAGE) as readonly (keyof RuleConditions)[];

function namesOf({ requested }: Rule): Patterns {
  return requested.length === 0 ? ["auto"] : requested;
}

/** Whether a rule surely takes everything that another one matches. Not every such pair is seen; none is named wrongly. */
export function coversRule(wide: Rule, narrow: Rule): boolean {
  const { to } = wide.actions;
  if (to.kind === "split" && totalPercent(to.shares) < 100) return false;
  if (!coversPatterns(namesOf(wide), namesOf(narrow))) return false;
  return CONDITION_NAMES.every((name) => coversCondition(name, wide.when, narrow.when));
}

/** Whether no value can be in a list: all that it wants, its exceptions leave out. */
export function excludesAll(patterns: Patterns): boolean {
  const excluded = patterns.filter(isException).map(exceptionOf);
  const wanted = patterns.filter((pattern) => !isException(pattern));
  if (wanted.length === 0) return excluded.includes("*");
  return wanted.every((one) => excluded.some((other) => coversPattern(other, one)));
}
