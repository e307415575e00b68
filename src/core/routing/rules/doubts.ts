import { coversRule, excludesAll } from "./coverage.ts";
import type { Patterns, Rule, RuleConditions } from "./rule.ts";
import { totalPercent } from "./share.ts";

/** Something in a list of rules that cannot be meant. */
export interface RuleDoubt {
  /** `error`: it must be mended; `warning`: the rule does nothing, and harms nothing. */
  readonly level: "error" | "warning";
  /** Place of the rule in its list. */
  readonly position: number;
  /** Where in the rule, as its file writes it. */
  readonly path: readonly (string | number)[];
  /** What and why, to stand behind the rule's place. */
  readonly message: string;
  readonly fix: string;
}

type Found = Pick<RuleDoubt, "path" | "message" | "fix">;

function impossibleList(path: readonly string[], patterns: Patterns | undefined): readonly Found[] {
  if (patterns === undefined || patterns.length === 0 || !excludesAll(patterns)) return [];
  const message = `can never hold: its exceptions leave out all that it wants (${patterns.join(", ")})`;
  return [{ path, message, fix: "remove the exception or the pattern" }];
}

function impossibleSpan(name: string, least: number | undefined, below: number | undefined): readonly Found[] {
  if (least === undefined || below === undefined || least < below) return [];
  const message = "can never hold: `atLeast` is not below `below`";
  return [{ path: ["when", name], message, fix: "swap the two, or leave one out" }];
}

function impossibleBudget(marks: RuleConditions["budgetLeft"]): readonly Found[] {
  const { atLeast = null, below = null } = marks ?? {};
  if (atLeast === null || below === null || atLeast.unit !== below.unit) return [];
  return impossibleSpan("budgetLeft", atLeast.amount, below.amount);
}

const LISTS = ["task", "project", "key", "tag", "client", "path", "language", "loaded"] as const;

/** Conditions of one rule that contradict themselves. */
function contradictions({ requested, when }: Rule): readonly Found[] {
  const { tokens, tools } = when;
  return [
    ...impossibleList(["requested"], requested),
    ...LISTS.flatMap((name) => impossibleList(["when", name], when[name])),
    ...impossibleList(["when", "tools"], typeof tools === "boolean" ? undefined : tools),
    ...Object.entries(when.header ?? {}).flatMap(([name, patterns]) =>
      impossibleList(["when", "header", name], patterns),
    ),
    ...impossibleSpan("tokens", tokens?.atLeast ?? undefined, tokens?.below ?? undefined),
    ...impossibleBudget(when.budgetLeft),
  ];
}

/** Shares that nobody can ever get. */
function unreachableShares({ actions }: Rule): readonly Found[] {
  if (actions.to.kind !== "split") return [];
  const total = totalPercent(actions.to.shares);
  // Shares are written with two decimals at most: what is beyond is an error of adding them up.
  if (total <= 100.000_001) return [];
  const message = `adds up to ${Math.round(total * 100) / 100} %: what is beyond 100 is never reached`;
  return [
    {
      path: ["do", "split"],
      message,
      fix: "let the shares add up to 100 or less; what is left over goes on to the next rule",
    },
  ];
}

function secondOfName({ name }: Rule, earlier: readonly Rule[]): readonly Found[] {
  const first = earlier.findIndex((rule) => rule.name === name);
  if (first === -1) return [];
  const message = `is the second rule called "${name}" (the first is rule ${first + 1})`;
  return [{ path: ["name"], message, fix: "give it another name: reasons, splits and tests go by names" }];
}

/** The rule that is asked before this one and takes all that it matches. */
function shadowOf(rule: Rule, position: number, rules: readonly Rule[]): readonly Found[] {
  const shadow = rules.find((other, at) => {
    const isBefore = other.priority > rule.priority || (other.priority === rule.priority && at < position);
    return isBefore && coversRule(other, rule);
  });
  if (shadow === undefined) return [];
  const isSame = coversRule(rule, shadow);
  const why = isSame ? "asks for the same and comes before it" : "comes before it and takes all that it matches";
  const message = `never decides anything: "${shadow.name}" (rule ${rules.indexOf(shadow) + 1}) ${why}`;
  return [
    {
      path: [],
      message,
      fix: `give it a priority above ${shadow.priority}, let "${shadow.name}" ask for more, or remove one`,
    },
  ];
}

/** What in a list of rules contradicts itself, is said twice, or never takes effect. */
export function findRuleDoubts(rules: readonly Rule[]): readonly RuleDoubt[] {
  return rules.flatMap((rule, position) => {
    const wrong = [
      ...secondOfName(rule, rules.slice(0, position)),
      ...contradictions(rule),
      ...unreachableShares(rule),
    ];
    if (wrong.length > 0) return wrong.map((found): RuleDoubt => ({ level: "error", position, ...found }));
    return shadowOf(rule, position, rules).map((found): RuleDoubt => ({ level: "warning", position, ...found }));
  });
}
