import type { Budget, BudgetPeriod } from "./budget/budget.ts";
import { BUDGET_PERIODS, BUDGET_POLICIES, budgetIdOf } from "./budget/text.ts";
import type { Directory } from "./directory.ts";
import type { Rule } from "./routing/rules/rule.ts";

/** Names of projects: they stand in headers, URLs and the ledger. */
export const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The project's name that follows from its folder's. */
export function projectNameOf(folderName: string): string {
  const name = folderName
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 100);
  return name === "" ? "project" : name;
}

/** A limit on what a project spends; its scope and name are the project's. */
export interface ProjectBudget
  extends Pick<Budget, "period" | "limitNanoUsd" | "warnAt" | "over" | "isUnpricedAllowed"> {}

/** What a project's own file asks for. It comes with a cloned repository, so none of it may widen what the user allows. */
export interface ProjectWish {
  readonly aliases: Readonly<Record<string, string>>;
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** Models the project may use, as patterns (`ollama/*`); empty means all. */
  readonly models: readonly string[];
  /** Tag of its requests that state none. */
  readonly tag: string | null;
  /** At most one a period. */
  readonly budgets: readonly ProjectBudget[];
  /** Longest time that an answer may be served from the cache; 0 never, null as the user has it. */
  readonly cacheTtlMs: number | null;
  /** Routing rules for `auto`, asked before the user's; what those refuse and limit holds beside them. */
  readonly rules: readonly Rule[];
}

/** What the user's own configuration says of a project. It wins over the project's file. */
export interface ProjectRules extends ProjectWish {
  /** Whether prompts may be stored for its history. */
  readonly keepsPrompts: boolean;
}

/** Who says a rule: the user's configuration, the project's file, or both (limits, which only add up). */
export type RuleSource = "configuration" | "file" | "both";

/** What holds for the requests of one project, on top of what holds for all. */
export interface Project {
  readonly name: string;
  readonly aliases: ProjectWish["aliases"];
  readonly chains: ProjectWish["chains"];
  /** A model must be in each of these lists of patterns. */
  readonly models: readonly (readonly string[])[];
  readonly tag: string | null;
  readonly budgets: readonly Budget[];
  readonly cacheTtlMs: number | null;
  readonly keepsPrompts: boolean;
  /** Of its own file: the user's rules are the same for all projects. */
  readonly rules: ProjectWish["rules"];
  /** Who says what, by rule: `aliases.coder`, `models`, `budgets.month`. */
  readonly sources: Readonly<Record<string, RuleSource>>;
}

/** A file that asks for nothing. */
export const NO_WISH: ProjectWish = {
  aliases: {},
  chains: {},
  models: [],
  tag: null,
  budgets: [],
  cacheTtlMs: null,
  rules: [],
};

const NO_RULES: ProjectRules = { ...NO_WISH, keepsPrompts: false };

function sourceOf(isOwn: boolean, isAsked: boolean): RuleSource {
  if (isOwn && isAsked) return "both";
  return isOwn ? "configuration" : "file";
}

function stricter(left: Budget["over"], right: Budget["over"]): Budget["over"] {
  return BUDGET_POLICIES.indexOf(left) > BUDGET_POLICIES.indexOf(right) ? left : right;
}

/** The lower limit under the stricter policy. */
function lowerBudget(own: ProjectBudget, asked: ProjectBudget): ProjectBudget {
  return {
    period: own.period,
    limitNanoUsd: Math.min(own.limitNanoUsd, asked.limitNanoUsd),
    warnAt: [...new Set([...own.warnAt, ...asked.warnAt])].sort((left, right) => left - right),
    over: stricter(own.over, asked.over),
    isUnpricedAllowed: own.isUnpricedAllowed && asked.isUnpricedAllowed,
  };
}

function isLowered(own: ProjectBudget, lowered: ProjectBudget): boolean {
  const isCloser = lowered.limitNanoUsd < own.limitNanoUsd || lowered.over !== own.over;
  return isCloser || lowered.isUnpricedAllowed !== own.isUnpricedAllowed;
}

/** The budget of one period, as the budget guard counts it. Its id is never that of one in the user's `budgets` list. */
function budgetFor(name: string, period: BudgetPeriod, user: ProjectRules, wish: ProjectWish): readonly Budget[] {
  const own = user.budgets.find((budget) => budget.period === period);
  const asked = wish.budgets.find((budget) => budget.period === period);
  const budget = own !== undefined && asked !== undefined ? lowerBudget(own, asked) : (own ?? asked);
  if (budget === undefined) return [];
  const origin = own === undefined || isLowered(own, budget) ? "project" : "file";
  const id = `${budgetIdOf({ scope: "project", name, period })}:rules`;
  return [{ ...budget, id, scope: "project", name, origin }];
}

/** The aliases or chains of both, the user's winning; none of the file's under a name that the user gives a meaning. */
function mergeNames<Value>(
  own: Readonly<Record<string, Value>>,
  asked: Readonly<Record<string, Value>>,
  user: ProjectRules,
): Readonly<Record<string, Value>> {
  const isFree = (name: string): boolean => !Object.hasOwn(user.aliases, name) && !Object.hasOwn(user.chains, name);
  return Object.fromEntries([...Object.entries(asked).filter(([name]) => isFree(name)), ...Object.entries(own)]);
}

function sourcesOf(project: Omit<Project, "sources">, user: ProjectRules, wish: ProjectWish): Project["sources"] {
  const names = (rule: "aliases" | "chains"): [string, RuleSource][] =>
    Object.keys(project[rule]).map((name) => [`${rule}.${name}`, sourceOf(Object.hasOwn(user[rule], name), false)]);
  const has = (rules: ProjectWish, period: BudgetPeriod): boolean =>
    rules.budgets.some((budget) => budget.period === period);
  const single: [string, boolean, boolean][] = [
    ["models", user.models.length > 0, wish.models.length > 0],
    ["tag", user.tag !== null, user.tag === null && wish.tag !== null],
    ["cache", user.cacheTtlMs !== null, wish.cacheTtlMs !== null],
    ["keepPrompts", user.keepsPrompts, false],
    ["rules", false, wish.rules.length > 0],
    ...project.budgets.map(({ period }): [string, boolean, boolean] => [
      `budgets.${period}`,
      has(user, period),
      has(wish, period),
    ]),
  ];
  const said = single.filter(([, isOwn, isAsked]) => isOwn || isAsked);
  return Object.fromEntries([
    ...names("aliases"),
    ...names("chains"),
    ...said.map(([rule, isOwn, isAsked]): [string, RuleSource] => [rule, sourceOf(isOwn, isAsked)]),
  ]);
}

/**
 * Brings together what the user and the project's own file say. Names and the tag are the user's where both give one; limits
 * add up: a model must pass both lists, and of two budgets or cache times the lower counts. Only the user keeps prompts.
 */
export function mergeProject(name: string, own: ProjectRules | null, asked: ProjectWish | null): Project {
  const user = own ?? NO_RULES;
  const wish = asked ?? NO_RULES;
  const ttls = [user.cacheTtlMs, wish.cacheTtlMs].filter((ttl) => ttl !== null);
  const project = {
    name,
    aliases: mergeNames(user.aliases, wish.aliases, user),
    chains: mergeNames(user.chains, wish.chains, user),
    models: [user.models, wish.models].filter((patterns) => patterns.length > 0),
    tag: user.tag ?? wish.tag,
    budgets: BUDGET_PERIODS.flatMap((period) => budgetFor(name, period, user, wish)),
    cacheTtlMs: ttls.length === 0 ? null : Math.min(...ttls),
    keepsPrompts: user.keepsPrompts,
    rules: wish.rules,
  };
  return { ...project, sources: sourcesOf(project, user, wish) };
}

/** Where a project's requests look names up: its own come before the user's, whichever of the two kinds they are. */
export function projectDirectory(directory: Directory, project: Project): Directory {
  const chains = Object.entries(directory.chains).filter(([name]) => !Object.hasOwn(project.aliases, name));
  return {
    ...directory,
    aliases: { ...directory.aliases, ...project.aliases },
    chains: { ...Object.fromEntries(chains), ...project.chains },
  };
}
