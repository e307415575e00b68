import { CHOICE_NAMES } from "../core/expand.ts";
import { findRuleDoubts } from "../core/routing/rules/doubts.ts";
import { isException } from "../core/routing/rules/patterns.ts";
import type { Patterns, Rule } from "../core/routing/rules/rule.ts";
import { TASK_CLASSES } from "../core/routing/task-class.ts";
import { didYouMean } from "../core/suggest.ts";
import { PROVIDERS } from "../providers/_all.ts";
import type { Finding, LocalProblem } from "./accounts.ts";
import type { Settings } from "./settings.ts";
import type { ValuePath } from "./yaml-source.ts";

/** Says what is wrong with a target at a path; null where it leads somewhere. */
type CheckTarget = (path: ValuePath, name: string) => LocalProblem | null;

/** Where rules stand in their file, the user's or a project's. */
const RULES_PATH: ValuePath = ["routing", "rules"];

type Said = Pick<Settings, "aliases" | "chains">;

/** A chain that is called by its name must be one. */
function checkChain(path: ValuePath, name: string, { chains }: Said, check: CheckTarget): LocalProblem | null {
  if (Object.hasOwn(chains, name)) return check(path, name);
  const hint = didYouMean(name, Object.keys(chains)).trim();
  const fix = hint || "add it under `chains`, or write a list of targets, such as [free, cheap]";
  return { code: "unknown_target", path, message: `names "${name}", which is no chain`, fix };
}

/** Targets of one rule that lead nowhere or in a circle. */
function checkTargets({ actions }: Rule, path: ValuePath, said: Said, check: CheckTarget): readonly LocalProblem[] {
  const { to } = actions;
  const own = [...path, "do"];
  if (to.kind === "names") return checkNames(to.names, to.via, own, said, check);
  if (to.kind !== "split") return [];
  return to.shares.flatMap(({ via, names }, index) => checkNames(names, via, [...own, "split", index], said, check));
}

function checkNames(
  names: readonly string[],
  via: "target" | "chain",
  path: ValuePath,
  said: Said,
  check: CheckTarget,
): readonly LocalProblem[] {
  const [first = ""] = names;
  const isOneChain = via === "chain" && names.length === 1 && !first.includes("/");
  const found = isOneChain
    ? [checkChain([...path, via], first, said, check)]
    : names.map((name, index) => check(via === "chain" ? [...path, via, index] : [...path, via], name));
  return found.filter((problem) => problem !== null);
}

/** Providers whose health a rule asks for must exist: nothing can be said of others. */
function checkHealth({ when }: Rule, path: ValuePath, providers: ReadonlySet<string>): readonly LocalProblem[] {
  return Object.keys(when.health ?? {}).flatMap((name): readonly LocalProblem[] => {
    const provider = name.split("/")[0] ?? name;
    if (providers.has(provider)) return [];
    const fix = didYouMean(provider, providers).trim() || "add it under `providers`, or correct the name";
    const message = `asks for "${name}", but there is no provider "${provider}"`;
    return [{ code: "unknown_provider", path: [...path, "when", "health", name], part: "key", message, fix }];
  });
}

function providersOf(settings: Settings): ReadonlySet<string> {
  return new Set([...settings.providers.map(({ provider }) => provider.id), ...PROVIDERS.map(({ id }) => id)]);
}

/** What is wrong with rules: targets that lead nowhere, conditions that contradict themselves, shares beyond 100, names said twice. */
export function checkRules(
  rules: readonly Rule[],
  settings: Settings,
  said: Said,
  check: CheckTarget,
): readonly LocalProblem[] {
  const providers = providersOf(settings);
  const wrong = rules.flatMap((rule, position) => {
    const path = [...RULES_PATH, position];
    return [...checkTargets(rule, path, said, check), ...checkHealth(rule, path, providers)];
  });
  const doubts = findRuleDoubts(rules)
    .filter(({ level }) => level === "error")
    .map(
      ({ position, path, message, fix }): LocalProblem => ({
        code: "conflict",
        path: [...RULES_PATH, position, ...path],
        message,
        fix,
      }),
    );
  return [...wrong, ...doubts];
}

function literals(patterns: Patterns | undefined): readonly string[] {
  return (patterns ?? []).filter((pattern) => !isException(pattern) && !pattern.includes("*"));
}

/** A name that a rule asks for and that nobody else says. */
interface Doubt {
  readonly path: ValuePath;
  readonly message: string;
  readonly isLikelyWrong: boolean;
}

function unknownNames(
  path: ValuePath,
  names: readonly string[],
  known: readonly string[],
  what: string,
): readonly Doubt[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const hint = didYouMean(name, known);
      return { path, message: `asks for "${name}", ${what}.${hint}`, isLikelyWrong: hint !== "" };
    });
}

function knownRequests({ aliases, chains, providers }: Settings): readonly string[] {
  const listed = providers.flatMap(({ models }) => models);
  return [...CHOICE_NAMES, ...Object.keys(aliases), ...Object.keys(chains), ...listed];
}

/** Names that a rule asks for which may be meant, or misspelt. */
function nameDoubts({ requested, when }: Rule, path: ValuePath, settings: Settings): readonly Doubt[] {
  const bare = literals(requested).filter((name) => !name.includes("/"));
  return [
    ...unknownNames(
      [...path, "when", "task"],
      literals(when.task),
      TASK_CLASSES,
      "which is no class of task: it matches only what a client states in x-lodestar-task",
    ),
    ...unknownNames(
      [...path, "when", "project"],
      literals(when.project),
      Object.keys(settings.projects),
      "a project of which this configuration says nothing",
    ),
    ...unknownNames(
      [...path, "requested"],
      bare,
      knownRequests(settings),
      "which is no alias, chain or listed model of this configuration",
    ),
  ];
}

/** What works but may not be meant: rules that never decide, names that nobody else says. `at` tells a place in the file. */
export function ruleFindings(settings: Settings, at: (path: ValuePath) => string): readonly Finding[] {
  const { rules } = settings;
  const nameOf = (position: number): string => `rule ${rules[position]?.name ?? position + 1}`;
  const dead = findRuleDoubts(rules)
    .filter(({ level }) => level === "warning")
    .map(({ position, path, message, fix }): Finding => {
      const place = at([...RULES_PATH, position, ...path]);
      return { level: "warning", subject: nameOf(position), message: `${place}: ${message}; ${fix}` };
    });
  const doubts = rules.flatMap((rule, position) =>
    nameDoubts(rule, [...RULES_PATH, position], settings).map(({ path, message, isLikelyWrong }): Finding => {
      const level = isLikelyWrong ? "warning" : "info";
      return { level, subject: nameOf(position), message: `${at(path)}: ${message}` };
    }),
  );
  return [...dead, ...doubts];
}

/** What of the findings is about rules that may not be meant, a line each: a reload tells them too. */
export function ruleWarnings(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ level, subject }) => level === "warning" && subject.startsWith("rule "))
    .map(({ subject, message }) => `${subject}: ${message}`);
}
