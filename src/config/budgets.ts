import type { Budget } from "../core/budget/budget.ts";
import { budgetIdOf } from "../core/budget/text.ts";
import { didYouMean } from "../core/suggest.ts";
import { PROVIDERS } from "../providers/_all.ts";
import { findInCatalogue } from "../providers/catalogue.ts";
import type { Finding, LocalProblem } from "./accounts.ts";
import type { Config } from "./schema.ts";
import type { Settings } from "./settings.ts";

/** The percentages that are told where a budget names none. */
export const WARN_AT: readonly number[] = [50, 80];

/** The budgets of the file, with their defaults, in its order. */
export function budgetsOf({ budgets }: Pick<Config, "budgets">): readonly Budget[] {
  return (budgets ?? []).map(({ scope, name = null, period, limitUsd, warnAt, over, unpriced }) => ({
    id: budgetIdOf({ scope, name, period }),
    scope,
    name,
    period,
    limitNanoUsd: limitUsd,
    warnAt: warnAt ?? WARN_AT,
    over: over ?? "degrade",
    isUnpricedAllowed: unpriced === "allow",
    origin: "file",
  }));
}

function checkName({ scope, name }: Budget, index: number): LocalProblem | null {
  if (scope === "global" && name !== null) {
    const fix = `remove it, or say what "${name}" is: scope: project, key, provider or model`;
    return { code: "conflict", path: ["budgets", index, "name"], message: "does not go with scope: global", fix };
  }
  if (scope === "global" || name !== null) return null;
  const message = `lacks a name: which ${scope} it counts`;
  const fix = `add name: …, or name: "*" to count each ${scope} apart`;
  return { code: "invalid_value", path: ["budgets", index], message, fix };
}

/** Budgets that contradict themselves or one another. */
export function checkBudgets(budgets: readonly Budget[]): readonly LocalProblem[] {
  const seen = new Set<string>();
  return budgets.flatMap((budget, index) => {
    const wrong = checkName(budget, index);
    if (wrong !== null) return [wrong];
    const isTwice = seen.has(budget.id);
    seen.add(budget.id);
    const path = ["budgets", index];
    const fix = "keep one of the two, or give it another period";
    return isTwice ? [{ code: "conflict", path, message: `is the second one called "${budget.id}"`, fix }] : [];
  });
}

/** The configured and the built-in providers. */
function providerNames(settings: Settings): ReadonlySet<string> {
  return new Set([...settings.providers.map(({ provider }) => provider.id), ...PROVIDERS.map(({ id }) => id)]);
}

function doubtOf({ scope, name }: Budget, settings: Settings): string | null {
  if (name === null || name.startsWith("*") || (scope !== "provider" && scope !== "model")) return null;
  const [provider = "", ...rest] = name.split("/");
  if (scope === "model" && rest.length === 0) {
    return `names the model "${name}" without its provider, so it counts nothing: write provider/model, such as */${name}`;
  }
  const known = providerNames(settings);
  if (provider.includes("*") || known.has(provider) || findInCatalogue(provider) !== undefined) return null;
  return `counts nothing: there is no provider "${provider}".${didYouMean(provider, known)}`;
}

/** What works but may not be meant: budgets on what nobody knows, and those that let nothing through. */
export function budgetFindings(settings: Settings): readonly Finding[] {
  return settings.budgets.flatMap((budget): readonly Finding[] => {
    const subject = `budget ${budget.id}`;
    const doubt = doubtOf(budget, settings);
    if (doubt !== null) return [{ level: "warning", subject, message: doubt }];
    const isShut = budget.limitNanoUsd === 0 && budget.over !== "warn";
    return isShut ? [{ level: "info", subject, message: "is 0: only free models are asked" }] : [];
  });
}
