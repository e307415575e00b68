import type { ModelView } from "../../core/admin-view.ts";
import { fuzzyMatch } from "../../core/fuzzy.ts";
import type { LocalListView } from "../../core/local-view.ts";
import { leaderboardOf } from "../../core/rating/leaderboard.ts";
import { type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import { fetchView } from "../connection.ts";
import { abilitiesOf } from "../models-filter.ts";
import { type DaemonArgs, inputsOf } from "../shared-flags.ts";

/** A model as the picker shows it. */
export interface Choice {
  readonly id: string;
  readonly aliases: readonly string[];
  /** USD per million tokens in and out; null where it is not known. */
  readonly inputUsd: number | null;
  readonly outputUsd: number | null;
  readonly contextTokens: number | null;
  readonly abilities: readonly string[];
  readonly local: "loaded" | "pulled" | null;
  /** By the votes of the tournaments on this machine; null without one. */
  readonly rating: number | null;
}

/** Tournaments whose votes count. */
const MOST_TOURNAMENTS = 50;

async function ratings(host: CliHost, args: DaemonArgs): Promise<ReadonlyMap<string, number>> {
  const opened = (await host.backend()).openTournaments(inputsOf(host, args));
  if (!opened.ok) return new Map();
  const store = opened.value;
  try {
    const matches = store.list(MOST_TOURNAMENTS).flatMap(({ id }) => store.matches(id));
    const { standings } = leaderboardOf(matches, { ties: "half" });
    return new Map(standings.map(({ name, rating }) => [name, rating]));
  } finally {
    store.close();
  }
}

async function loadedModels(host: CliHost, args: DaemonArgs): Promise<ReadonlySet<string>> {
  const view = await fetchView<LocalListView>(host, args, "read", "/v1/local");
  if (!view.ok) return new Set();
  return new Set(
    view.value.models.flatMap(({ provider, name, loaded }) => (loaded === null ? [] : [`${provider}/${name}`])),
  );
}

function choiceOf(model: ModelView, loaded: ReadonlySet<string>, rated: ReadonlyMap<string, number>): Choice {
  const { id, aliases, isLocal, contextTokens } = model;
  const names = [id, ...aliases];
  return {
    id,
    aliases,
    inputUsd: isLocal ? 0 : model.inputUsd,
    outputUsd: isLocal ? 0 : model.outputUsd,
    contextTokens,
    abilities: abilitiesOf(model),
    local: isLocal ? (loaded.has(id) ? "loaded" : "pulled") : null,
    rating: names.flatMap((name) => rated.get(name) ?? [])[0] ?? null,
  };
}

/** Every model that can be asked here, with all that helps to choose one. */
export async function choicesOf(host: CliHost, args: DaemonArgs): Promise<Result<readonly Choice[], CliProblem>> {
  const view = await fetchView<{ models: readonly ModelView[] }>(host, args, "read", "/v1/models");
  if (!view.ok) return view;
  const [loaded, rated] = await Promise.all([loadedModels(host, args), ratings(host, args)]);
  return success(view.value.models.map((model) => choiceOf(model, loaded, rated)));
}

/** A model that a search found; `positions` are those within its id. */
export interface Found {
  readonly choice: Choice;
  readonly positions: readonly number[];
}

/** What a search finds, best first; all of them in their order without one. Aliases and capabilities are looked into too. */
export function search(choices: readonly Choice[], query: string): readonly Found[] {
  if (query.trim() === "") return choices.map((choice) => ({ choice, positions: [] }));
  const found = choices.flatMap((choice) => {
    const text = [choice.id, ...choice.aliases, ...choice.abilities, choice.local ?? ""].join(" ");
    const match = fuzzyMatch(query, text);
    if (match === null) return [];
    return [{ choice, positions: match.positions.filter((at) => at < choice.id.length), score: match.score }];
  });
  return found.toSorted((left, right) => right.score - left.score);
}
