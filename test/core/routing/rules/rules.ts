import { type CompiledRules, compileRules } from "../../../../src/core/routing/rules/compile.ts";
import { evaluateRules } from "../../../../src/core/routing/rules/evaluate.ts";
import { type GivenFacts, givenFacts, noFacts } from "../../../../src/core/routing/rules/given-facts.ts";
import type { Rule, RuleActions, RuleConditions } from "../../../../src/core/routing/rules/rule.ts";
import type { RuleFacts, RuleVerdict } from "../../../../src/core/routing/rules/verdict.ts";

/** Noon UTC of Monday, 23 November 2026. */
const NOON = Date.UTC(2026, 10, 23, 12);

/** What a rule does that only changes where a request goes. */
export function goTo(...names: readonly string[]): RuleActions {
  return {
    to: { kind: "names", via: names.length === 1 ? "target" : "chain", names },
    floor: null,
    ceilingNanoUsd: null,
    cache: null,
    clamps: null,
    isStickyOff: false,
  };
}

/** A rule that sends what it matches to a model of its own name. */
export function rule(name: string, when: RuleConditions = {}, more: Partial<Rule> = {}): Rule {
  return { name, priority: 0, tags: [], requested: [], when, actions: goTo(`lab/${name}`), ...more };
}

/** The facts that a test states; all else is as of a request for `auto` of which nothing is known. */
export function facts(given: GivenFacts = {}, more: Partial<RuleFacts> = {}): RuleFacts {
  return { ...givenFacts(given, noFacts(NOON)), ...more };
}

/** Rules of the user's, and of a project's file. */
export function compiled(own: readonly Rule[], project: readonly Rule[] = []): CompiledRules {
  return compileRules(own, project, "UTC");
}

/** What the user's rules say of some facts. */
export function ask(own: readonly Rule[], given: GivenFacts = {}, project: readonly Rule[] = []): RuleVerdict {
  return evaluateRules(compiled(own, project), facts(given));
}

/** The name of the rule that decides, or null. */
export function deciding(own: readonly Rule[], given: GivenFacts = {}): string | null {
  return ask(own, given).rule?.name ?? null;
}
