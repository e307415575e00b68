import { type InstalledModel, rankLocalModels } from "../core/local-choice.ts";
import type { Clock } from "../host/clock.ts";
import { type OllamaState, readOllama } from "../host/ollama.ts";

/** What is known of the local Ollama servers, refreshed in the background. */
export interface LocalModels {
  /** The last answer of a provider's server; null while it has not answered or does not. */
  stateOf(providerId: string): OllamaState | null;
  /** Its chat models, best first. */
  rankedOf(providerId: string): readonly InstalledModel[];
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

/** Starts looking at the servers that `servers` names (provider id to base URL), every 15 s until `stop`. */
export function watchLocalModels(servers: () => ReadonlyMap<string, string>, clock: Clock): LocalModels {
  const states = new Map<string, OllamaState>();
  const errors = new Map<string, string>();
  let cancelTimer = (): void => undefined;
  let isStopped = false;

  async function look(id: string, baseUrl: string): Promise<void> {
    const state = await readOllama(baseUrl, TIMEOUT_MS);
    if (state.ok) {
      states.set(id, state.value);
      errors.delete(id);
      return;
    }
    states.delete(id);
    errors.set(id, state.error);
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

  return {
    stateOf: (id) => states.get(id) ?? null,
    rankedOf: (id) => rankLocalModels(states.get(id)?.installed ?? []),
    errorOf: (id) => errors.get(id) ?? null,
    refresh,
    stop() {
      isStopped = true;
      cancelTimer();
    },
  };
}
