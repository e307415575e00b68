import { matchesPattern } from "../expand.ts";
import { targetName } from "../target.ts";
import type { Budget } from "./budget.ts";

/** Who spends, where: what budgets are found by. Empty names belong to no budget but the global ones. */
export interface BudgetSubject {
  readonly keyId: string | null;
  readonly keyName: string | null;
  readonly project: string | null;
  readonly provider: string;
  readonly model: string;
}

/** A budget that counts a subject, and under which name it does. */
export interface BudgetMatch {
  readonly budget: Budget;
  /** Told apart by it where the budget says `*`; else the budget's own name, empty for a global one. */
  readonly id: string;
  /** The same for people. */
  readonly name: string | null;
}

/** Finds the budgets that count a subject, in the order of the configuration. */
export type MatchBudgets = (subject: BudgetSubject) => readonly BudgetMatch[];

function match(budget: Budget, id: string, name: string | null = id): BudgetMatch {
  return { budget, id, name };
}

/** One of a scope by its names: the first tells it apart, the last is for people. */
function matchNamed(budget: Budget, names: readonly (string | null)[]): BudgetMatch | null {
  const known = names.filter((name) => name !== null && name !== "") as readonly string[];
  const [id] = known;
  if (id === undefined) return null;
  if (budget.name === "*") return match(budget, id, known.at(-1));
  return budget.name !== null && known.includes(budget.name) ? match(budget, budget.name, known.at(-1)) : null;
}

function matchModel(budget: Budget, { provider, model }: BudgetSubject): BudgetMatch | null {
  if (model === "") return null;
  const name = targetName({ provider, model });
  if (budget.name === "*") return match(budget, name);
  return budget.name !== null && matchesPattern(name, budget.name) ? match(budget, budget.name) : null;
}

/** Whether and as what a budget counts a subject; null where it does not. */
export function matchBudget(budget: Budget, subject: BudgetSubject): BudgetMatch | null {
  switch (budget.scope) {
    case "global":
      return match(budget, "", null);
    case "key":
      return matchNamed(budget, [subject.keyId, subject.keyName]);
    case "project":
      return matchNamed(budget, [subject.project]);
    case "provider":
      return matchNamed(budget, [subject.provider]);
    case "model":
      return matchModel(budget, subject);
  }
}

/** Budgets are looked up by what they name exactly, so that a thousand keys with limits of their own cost nothing to one call. */
export function indexBudgets(budgets: readonly Budget[]): MatchBudgets {
  const general: Budget[] = [];
  const named = new Map<string, Budget[]>();
  for (const budget of budgets) {
    const isGeneral = budget.name === null || budget.name.includes("*");
    if (isGeneral) general.push(budget);
    else named.set(`${budget.scope} ${budget.name}`, [...(named.get(`${budget.scope} ${budget.name}`) ?? []), budget]);
  }
  return function matchAll(subject) {
    const { keyId, keyName, project, provider } = subject;
    const keys = [
      `key ${keyId}`,
      ...(keyName === keyId ? [] : [`key ${keyName}`]),
      `project ${project}`,
      `provider ${provider}`,
      `model ${targetName(subject)}`,
    ];
    const candidates = [...general, ...keys.flatMap((key) => named.get(key) ?? [])];
    return candidates.flatMap((budget) => matchBudget(budget, subject) ?? []);
  };
}
