import type { Settings } from "../config/settings.ts";

/** Ollama servers among the providers, by id. */
export function ollamaServers(settings: Settings): ReadonlyMap<string, string> {
  return new Map(
    settings.providers.flatMap(({ provider }) => {
      const [endpoint] = provider.endpoints;
      return provider.isLocal === true && endpoint?.dialect === "ollama" ? [[provider.id, endpoint.baseUrl]] : [];
    }),
  );
}
