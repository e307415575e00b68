import type { CompiledRule, CompiledRules } from "./compile.ts";
import type { Condition } from "./conditions.ts";
import type { RuleFacts, RuleTrace } from "./verdict.ts";

function reason({ name, wanted, seen }: Condition, facts: RuleFacts, isMet: boolean): string {
  const value = seen(facts);
  if (isMet && value === wanted) return `${name} is ${value}`;
  return isMet ? `${name} ${value} (${wanted})` : `${name} is ${value}, wanted ${wanted}`;
}

function trace(compiled: CompiledRule, facts: RuleFacts, deciding: readonly (CompiledRule | null)[]): RuleTrace {
  const { name, origin, position, tags, rule, conditions } = compiled;
  const failed = conditions.find((condition) => !condition.test(facts));
  const base = { name, origin, position, tags, priority: rule.priority };
  if (failed !== undefined) return { ...base, outcome: "failed", reasons: [reason(failed, facts, false)] };
  const reasons = conditions.map((condition) => reason(condition, facts, true));
  return { ...base, outcome: deciding.includes(compiled) ? "matched" : "shadowed", reasons };
}

/** How every rule fares, in the order in which they are asked; `deciding` are those that the verdict came from. */
export function explainRules(
  { project, own }: CompiledRules,
  facts: RuleFacts,
  deciding: readonly (CompiledRule | null)[],
): readonly RuleTrace[] {
  return [...project, ...own].map((compiled) => trace(compiled, facts, deciding));
}
