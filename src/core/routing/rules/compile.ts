import { type ClockFor, type Condition, conditionsOf } from "./conditions.ts";
import { compilePatterns, type PatternTest } from "./patterns.ts";
import type { Patterns, Rule, RuleShare } from "./rule.ts";
import { placeOf, shareAt, totalPercent } from "./share.ts";
import { createWallClock } from "./time-window.ts";
import type { MatchedRule, RuleFacts, RuleOrigin } from "./verdict.ts";

/** A rule that can be asked at once. */
export interface CompiledRule extends MatchedRule {
  readonly rule: Rule;
  readonly conditions: readonly Condition[];
}

/** Rules in the order in which they are asked. */
export interface CompiledRules {
  /** Those that came with the project. */
  readonly project: readonly CompiledRule[];
  readonly own: readonly CompiledRule[];
  /** The names any of them is about: where a name is none of these, nothing else of the rules need be asked. */
  readonly requested: PatternTest;
}

/** The place of a conversation in a rule's split. */
export function placeIn(name: string, facts: RuleFacts): number {
  return placeOf(name, facts.signals().conversationKey);
}

const SHARE_COST = 8;

/** A split that leaves some conversations over asks for the others. */
function shareCondition(name: string, shares: readonly RuleShare[]): readonly Condition[] {
  const total = totalPercent(shares);
  if (total >= 100) return [];
  return [
    {
      name: "split",
      wanted: `below ${total} of 100`,
      cost: SHARE_COST,
      test: (facts) => shareAt(shares, placeIn(name, facts)) !== null,
      seen: (facts) => `the conversation's place ${placeIn(name, facts).toFixed(2)}`,
    },
  ];
}

function compileOne(rule: Rule, position: number, origin: RuleOrigin, clockFor: ClockFor): CompiledRule {
  const { name, tags, actions } = rule;
  const share = actions.to.kind === "split" ? shareCondition(name, actions.to.shares) : [];
  const conditions = [...conditionsOf(rule, clockFor), ...share].toSorted((left, right) => left.cost - right.cost);
  return { name, origin, position, tags, rule, conditions };
}

/** The higher priority first; of equals the one that stands first. */
function inOrder(rules: readonly CompiledRule[]): readonly CompiledRule[] {
  return rules.toSorted((left, right) => right.rule.priority - left.rule.priority || left.position - right.position);
}

/** Without rules there is no name that any is about. */
const NO_NAME: Patterns = ["!*"];

/** Makes rules askable: once for each configuration and project. `timeZone` is for windows that name none (IANA). */
export function compileRules(own: readonly Rule[], project: readonly Rule[], timeZone: string): CompiledRules {
  const clocks = new Map<string, ReturnType<typeof createWallClock>>();
  const clockFor: ClockFor = (zone) => {
    const name = zone ?? timeZone;
    const clock = clocks.get(name) ?? createWallClock(name);
    clocks.set(name, clock);
    return clock;
  };
  const compile = (rules: readonly Rule[], origin: RuleOrigin): readonly CompiledRule[] =>
    inOrder(rules.map((rule, position) => compileOne(rule, position, origin, clockFor)));
  const names = [...own, ...project].flatMap(({ requested }) => {
    const wanted = requested.filter((pattern) => !pattern.startsWith("!"));
    return requested.length === 0 ? ["auto"] : wanted.length === 0 ? ["*"] : wanted;
  });
  return {
    project: compile(project, "project"),
    own: compile(own, "configuration"),
    requested: compilePatterns(names.length === 0 ? NO_NAME : names),
  };
}
