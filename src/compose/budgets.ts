import type { Budget } from "../core/budget/budget.ts";
import type { BudgetMatch, BudgetSubject } from "../core/budget/match.ts";
import type { Window } from "../core/calendar.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import type { Directory } from "../core/directory.ts";
import { matchesPattern } from "../core/expand.ts";
import type { NanoUsd } from "../core/money.ts";
import type { FreeModel } from "../core/substitute.ts";
import { type BudgetGuard, createBudgetGuard, type GuardParts } from "../gateway/budget-guard.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { ProjectBook } from "../gateway/projects.ts";
import type { Stores } from "../stores/open.ts";
import type { ApiKey, Ledger, SpentFilter } from "../stores/ports.ts";
import type { CurrentConfig } from "./current-config.ts";
import { createKeyBudgets } from "./keyring.ts";

/** What the budgets of a daemon are made from. */
export interface BudgetParts extends Pick<GuardParts, "isLocal" | "isSubscription" | "bus" | "clock"> {
  readonly stores: Stores;
  readonly config: Pick<CurrentConfig, "settings" | "prices">;
  readonly local: LocalModels;
  readonly directory: () => Directory;
  readonly projects: Pick<ProjectBook, "budgets" | "known">;
}

/** The chat models of local engines: those that are ranked, else those that the user listed. */
function freeModelsOf({ sources }: Directory, local: LocalModels, prices: GuardParts["prices"]): readonly FreeModel[] {
  return sources
    .filter(({ isLocal }) => isLocal)
    .flatMap(({ id, models }) => {
      const ranked = local.rankedOf(id).map(({ name }) => name);
      const names = ranked.length > 0 ? ranked.filter((name) => models.includes(name)) : models;
      return names
        .filter((model) => !isCloudModel(model))
        .map((model) => ({
          ...(local.factsOf(id, model) ?? prices.factsOf(id, model)),
          provider: id,
          model,
        }));
    });
}

/** The budgets of the configuration, of keys and of projects, as one list that stays the same until one of them changes. */
function joinBudgets(sources: readonly (() => readonly Budget[])[]): () => readonly Budget[] {
  let lists: readonly (readonly Budget[])[] = [];
  let joined: readonly Budget[] = [];
  return function budgetsNow() {
    if (lists.length > 0 && sources.every((source, index) => source() === lists[index])) return joined;
    lists = sources.map((source) => source());
    joined = lists.flat();
    return joined;
  };
}

/** The keys there are, by id, listed anew when one changed. */
function followKeys({ keys }: Stores): () => ReadonlyMap<string, ApiKey> {
  let known: ReadonlyMap<string, ApiKey> = new Map();
  let madeAt = -1;
  return function keysNow() {
    if (madeAt === keys.revision()) return known;
    madeAt = keys.revision();
    known = new Map(keys.list().map((key) => [key.id, key]));
    return known;
  };
}

function splitModel(name: string): Pick<Required<SpentFilter>, "provider" | "model"> {
  const [provider = "", ...model] = name.split("/");
  return { provider, model: model.join("/") };
}

/** The models that a pattern counts, of those that were asked in this time. */
function modelsOf(pattern: string, span: SpentFilter, ledger: Ledger): readonly string[] {
  if (!pattern.includes("*")) return [pattern];
  // Sums by model show what is committed, and this commits.
  if (ledger.spent(span) === 0) return [];
  return ledger.groups(span, "model").flatMap(({ name }) => (matchesPattern(name, pattern) ? [name] : []));
}

/** Which rows a budget counts: those of any of these filters. */
function filtersFor({ budget, id }: BudgetMatch, span: SpentFilter, ledger: Ledger, keys: readonly ApiKey[]) {
  switch (budget.scope) {
    case "global":
      return [span];
    case "key": {
      const ids = new Set([id, ...keys.filter(({ name }) => budget.name !== "*" && name === id).map((key) => key.id)]);
      return [...ids].map((keyId) => ({ ...span, keyId }));
    }
    case "project":
      return [{ ...span, project: id }];
    case "provider":
      return [{ ...span, provider: id }];
    case "model":
      return modelsOf(id, span, ledger).map((name) => ({ ...span, ...splitModel(name) }));
  }
}

/** The budgets of a daemon over its ledger, its keys and its projects. */
export function createBudgets({ stores, config, local, directory, projects, ...parts }: BudgetParts): BudgetGuard {
  const { settings, prices } = config;
  const { ledger } = stores;
  const keys = followKeys(stores);
  const spentOf = (match: BudgetMatch, { from, to }: Window): NanoUsd => {
    const span = { from: from ?? 0, ...(to === null ? {} : { to }) };
    return filtersFor(match, span, ledger, [...keys().values()]).reduce((sum, filter) => sum + ledger.spent(filter), 0);
  };
  const subject = (more: Partial<BudgetSubject>): BudgetSubject => ({
    keyId: null,
    keyName: null,
    project: null,
    provider: "",
    model: "",
    ...more,
  });
  return createBudgetGuard({
    ...parts,
    prices,
    freeModels: () => freeModelsOf(directory(), local, prices),
    budgets: joinBudgets([() => settings().budgets, createKeyBudgets(stores.keys), projects.budgets]),
    timeZone: () => settings().timeZone,
    spentOf,
    spentByKey: (keyId) => ledger.spent({ from: 0, keyId }),
    keyNameOf: (keyId) => keys().get(keyId)?.name ?? null,
    known: () => [
      ...[...keys().values()].flatMap(({ id, name, revokedAt }) =>
        revokedAt === null ? [subject({ keyId: id, keyName: name })] : [],
      ),
      ...projects.known().map(({ name }) => subject({ project: name })),
      ...settings()
        .providers.filter(({ provider }) => !parts.isLocal(provider.id) && !parts.isSubscription(provider.id))
        .map(({ provider }) => subject({ provider: provider.id })),
    ],
  });
}
