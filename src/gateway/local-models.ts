import { type InstalledModel, rankLocalModels } from "../core/local-choice.ts";
import type { Clock } from "../host/clock.ts";
import { fetchCard, type ModelCard } from "../host/ollama/card.ts";
import { type OllamaState, type PulledModel, readOllama } from "../host/ollama/ollama.ts";
import type { ModelFacts } from "../host/prices/prices.ts";

/** What is known of the local Ollama servers, refreshed in the background: no request ever waits for it. */
export interface LocalModels {
  /** The last answer of a provider's server; null while it has not answered or does not. */
  stateOf(providerId: string): OllamaState | null;
  /** Its chat models, best first. */
  rankedOf(providerId: string): readonly InstalledModel[];
  /** What its server says of one model, asked once for each content; null while that is not known. `:latest` may be left out. */
  cardOf(providerId: string, model: string): ModelCard | null;
  /** The same as facts; null for a model that is not installed. */
  factsOf(providerId: string, model: string): ModelFacts | null;
  /** Why the last look failed, for `status`. */
  errorOf(providerId: string): string | null;
  /** Looks now, at every server. */
  refresh(): Promise<void>;
  stop(): void;
}

const REFRESH_MS = 15_000;
/** A server that did not answer is looked for more often: it may be starting. */
const MISSING_REFRESH_MS = 3_000;
const TIMEOUT_MS = 2_000;
/** So many cards are asked for at a time: each makes the server read a model's header from disk. */
const CARDS_AT_ONCE = 4;

type Cards = Map<string, ModelCard>;

/** A model pulled anew under its old name has another digest, and so another card. */
function cardKey({ name, digest }: PulledModel): string {
  return digest ?? name;
}

function withCards(state: OllamaState, cards: Cards): OllamaState {
  const installed = state.installed.map((model) => {
    const card = cards.get(cardKey(model));
    if (card === undefined) return model;
    const { contextTokens, capabilities, family } = card;
    return {
      ...model,
      contextTokens,
      capabilities: capabilities ?? model.capabilities,
      family: family ?? model.family,
    };
  });
  return { ...state, installed };
}

/** Asks for the cards that are not known; one that cannot be had is asked for again at the next look. */
async function learnCards(baseUrl: string, { installed }: OllamaState, before: Cards): Promise<Cards> {
  const known = installed.flatMap((model) => {
    const card = before.get(cardKey(model));
    return card === undefined ? [] : [[cardKey(model), card] as const];
  });
  const cards: Cards = new Map(known);
  const unknown = installed.filter((model) => !cards.has(cardKey(model))).values();
  const worker = async (): Promise<void> => {
    for (const model of unknown) {
      const card = await fetchCard(baseUrl, model.name, TIMEOUT_MS);
      if (card.ok) cards.set(cardKey(model), card.value);
    }
  };
  await Promise.all(Array.from({ length: CARDS_AT_ONCE }, worker));
  return cards;
}

/** Starts looking at the servers that `servers` names (provider id to base URL), every 15 s until `stop`. */
export function watchLocalModels(servers: () => ReadonlyMap<string, string>, clock: Clock): LocalModels {
  const states = new Map<string, OllamaState>();
  const cards = new Map<string, Cards>();
  const errors = new Map<string, string>();
  let cancelTimer = (): void => undefined;
  let isStopped = false;

  async function look(id: string, baseUrl: string): Promise<void> {
    const state = await readOllama(baseUrl, TIMEOUT_MS);
    if (!state.ok) {
      states.delete(id);
      errors.set(id, state.error);
      return;
    }
    const before = cards.get(id) ?? new Map();
    states.set(id, withCards(state.value, before));
    errors.delete(id);
    const learnt = await learnCards(baseUrl, state.value, before);
    cards.set(id, learnt);
    if (states.has(id)) states.set(id, withCards(state.value, learnt));
  }

  async function refresh(): Promise<void> {
    await Promise.all([...servers()].map(([id, baseUrl]) => look(id, baseUrl)));
  }

  function schedule(): void {
    if (isStopped) return;
    cancelTimer = clock.after(errors.size > 0 ? MISSING_REFRESH_MS : REFRESH_MS, () => {
      void refresh().finally(schedule);
    });
  }
  schedule();

  function find(id: string, model: string): PulledModel | undefined {
    return states.get(id)?.installed.find(({ name }) => name === model || name === `${model}:latest`);
  }

  return {
    stateOf: (id) => states.get(id) ?? null,
    rankedOf: (id) => rankLocalModels(states.get(id)?.installed ?? []),
    cardOf(id, model) {
      const found = find(id, model);
      return found === undefined ? null : (cards.get(id)?.get(cardKey(found)) ?? null);
    },
    factsOf(id, model) {
      const found = find(id, model);
      if (found === undefined) return null;
      const can = (word: string): boolean | null => found.capabilities?.includes(word) ?? null;
      return {
        contextTokens: found.contextTokens,
        maxOutputTokens: null,
        canUseTools: can("tools"),
        canReadImages: can("vision"),
        canReason: can("thinking"),
      };
    },
    errorOf: (id) => errors.get(id) ?? null,
    refresh,
    stop() {
      isStopped = true;
      cancelTimer();
    },
  };
}
