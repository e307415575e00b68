import { didYouMean } from "../../suggest.ts";
import type { GivenFacts } from "./given-facts.ts";
import type { RuleVerdict } from "./verdict.ts";

/** What a test wants; what is left out may be anything. */
export interface RuleExpectation {
  /** The rule that decides; `none` for none at all. */
  readonly rule?: string;
  /** `provider/model` of all that would be tried, in order; a test that names one means the first. */
  readonly target?: string;
  readonly targets?: readonly string[];
  readonly isDenied?: boolean;
}

/** A test that a user writes beside the rules. */
export interface RuleTest {
  readonly name: string;
  readonly given: GivenFacts;
  readonly expect: RuleExpectation;
}

/** The word for no rule in expectations. */
const NO_RULE = "none";

function ruleFault(expected: string, verdict: RuleVerdict, known: readonly string[]): readonly string[] {
  const found = verdict.rule?.name ?? NO_RULE;
  if (found === expected) return [];
  const hint =
    expected === NO_RULE || known.includes(expected)
      ? ""
      : `, and there is no such rule.${didYouMean(expected, known)}`;
  const failed = verdict.explain().find(({ name }) => name === expected);
  const why = failed?.outcome === "failed" ? `: ${failed.reasons.join(", ")}` : "";
  return [`rule is ${found}, expected ${expected}${hint}${why}`];
}

/** What a verdict and the targets that follow from it lack of what a test expects; empty where it passes. */
export function ruleTestFaults(
  { expect }: RuleTest,
  verdict: RuleVerdict,
  targets: readonly string[],
  known: readonly string[],
): readonly string[] {
  const { rule, target, targets: wanted, isDenied } = expect;
  const all = targets.join(", ") || "none";
  const hasDenial = verdict.denied !== null;
  return [
    ...(rule === undefined ? [] : ruleFault(rule, verdict, known)),
    ...(target === undefined || targets[0] === target ? [] : [`target is ${targets[0] ?? "none"}, expected ${target}`]),
    ...(wanted === undefined || wanted.join() === targets.join()
      ? []
      : [`targets are ${all}, expected ${wanted.join(", ")}`]),
    ...(isDenied === undefined || isDenied === hasDenial
      ? []
      : [hasDenial ? `is denied: ${verdict.denied?.message}` : "is not denied, and was expected to be"]),
  ];
}
