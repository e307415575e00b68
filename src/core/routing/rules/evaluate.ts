import { type CompiledRule, type CompiledRules, placeIn } from "./compile.ts";
import { explainRules } from "./explain.ts";
import { isException } from "./patterns.ts";
import { CLAMPED_EFFORTS, type ParameterClamps, type RuleCache } from "./rule.ts";
import { shareAt } from "./share.ts";
import type { MatchedRule, RuleFacts, RuleVerdict } from "./verdict.ts";

function holds({ conditions }: CompiledRule, facts: RuleFacts): boolean {
  for (const condition of conditions) {
    if (!condition.test(facts)) return false;
  }
  return true;
}

function firstOf(rules: readonly CompiledRule[], facts: RuleFacts): CompiledRule | null {
  for (const rule of rules) {
    if (holds(rule, facts)) return rule;
  }
  return null;
}

/** Whether a rule is about the project by its name: then the user has said what holds there, whatever its file says. */
function namesProject({ rule }: CompiledRule): boolean {
  return rule.when.project?.some((pattern) => !isException(pattern)) === true;
}

/** The rule that decides, and the user's beside it where the project's file decides. */
interface Decision {
  readonly decides: CompiledRule | null;
  readonly limits: CompiledRule | null;
}

function decide({ own, project }: CompiledRules, facts: RuleFacts): Decision {
  const users = firstOf(own, facts);
  if (project.length === 0 || (users !== null && namesProject(users))) return { decides: users, limits: null };
  const files = firstOf(project, facts);
  return files === null ? { decides: users, limits: null } : { decides: files, limits: users };
}

function namesFor({ name, rule }: CompiledRule, facts: RuleFacts): readonly string[] | null {
  const { to } = rule.actions;
  if (to.kind === "names") return to.names;
  return to.kind === "split" ? (shareAt(to.shares, placeIn(name, facts))?.names ?? null) : null;
}

function matched({ name, origin, position, tags }: CompiledRule): MatchedRule {
  return { name, origin, position, tags };
}

function lower<Value>(left: Value | null, right: Value | null, rank: (value: Value) => number): Value | null {
  if (left === null || right === null) return left ?? right;
  return rank(left) <= rank(right) ? left : right;
}

const itself = (value: number): number => value;

function lowerClamps(left: ParameterClamps | null, right: ParameterClamps | null): ParameterClamps | null {
  if (left === null || right === null) return left ?? right;
  return {
    maxOutputTokens: lower(left.maxOutputTokens, right.maxOutputTokens, itself),
    maxTemperature: lower(left.maxTemperature, right.maxTemperature, itself),
    maxEffort: lower(left.maxEffort, right.maxEffort, (effort) => CLAMPED_EFFORTS.indexOf(effort)),
  };
}

/** Only the user's rule switches the cache on; either leaves it out, and the shorter time counts. */
function lowerCache(files: RuleCache | null, users: RuleCache | null): RuleCache | null {
  if (files === null) return users;
  const isOff = files.switch === "off" || users?.switch === "off";
  return {
    switch: isOff ? "off" : (users?.switch ?? null),
    maxAgeMs: lower(files.maxAgeMs, users?.maxAgeMs ?? null, itself),
  };
}

const NOTHING: Omit<RuleVerdict, "explain"> = {
  rule: null,
  limitedBy: null,
  denied: null,
  names: null,
  floor: null,
  ceilingNanoUsd: null,
  cache: null,
  clamps: null,
  isStickyOff: false,
};

function deniedBy(rules: readonly (CompiledRule | null)[]): RuleVerdict["denied"] {
  for (const rule of rules) {
    if (rule?.rule.actions.to.kind === "deny") return { by: matched(rule), message: rule.rule.actions.to.message };
  }
  return null;
}

function sayOf({ decides, limits }: Decision, facts: RuleFacts): Omit<RuleVerdict, "explain"> {
  if (decides === null) return NOTHING;
  const { actions } = decides.rule;
  const users = limits?.rule.actions ?? null;
  const denied = deniedBy([limits, decides]);
  return {
    rule: matched(decides),
    limitedBy: limits === null ? null : matched(limits),
    denied,
    names: denied === null ? namesFor(decides, facts) : null,
    floor: actions.floor ?? users?.floor ?? null,
    ceilingNanoUsd: lower(actions.ceilingNanoUsd, users?.ceilingNanoUsd ?? null, itself),
    cache: decides.origin === "project" ? lowerCache(actions.cache, users?.cache ?? null) : actions.cache,
    clamps: lowerClamps(actions.clamps, users?.clamps ?? null),
    isStickyOff: actions.isStickyOff,
  };
}

/**
 * Asks the rules about one request: the first that matches decides. A project's rules come before the user's, but where both
 * match, what the user's refuses and limits holds as well; and a rule of the user's that names the project comes before its file.
 * Pure: the same facts lead to the same verdict. Facts that cost something are asked only where a rule that matches otherwise does.
 */
export function evaluateRules(rules: CompiledRules, facts: RuleFacts): RuleVerdict {
  const decision = decide(rules, facts);
  const say = sayOf(decision, facts);
  return { ...say, explain: () => explainRules(rules, facts, [decision.decides, decision.limits]) };
}
