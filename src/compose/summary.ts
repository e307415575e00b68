import type { StartSummary } from "../cli/backend.ts";
import type { Loaded } from "../config/load.ts";
import { currentFetchCap } from "../host/process.ts";
import type { Opening } from "./opening.ts";

/** Whether a provider other than Ollama can be asked: it has a key, or needs none. */
function hasOther({ settings }: Loaded): boolean {
  return settings.providers.some(
    ({ provider, accounts }) =>
      provider.id !== "ollama" &&
      (provider.isLocal === true || accounts.some((account) => account.keySource !== "none")),
  );
}

function nextSteps(ollama: StartSummary["ollama"], loaded: Loaded): readonly string[] {
  if ((ollama !== null && ollama.models.length > 0) || hasOther(loaded)) return [];
  if (ollama !== null) return ["Ollama runs but has no model yet: `ollama pull qwen2.5-coder:1.5b`"];
  return [
    "for free local models: install Ollama (https://ollama.com/download), then `ollama pull qwen2.5-coder:1.5b`",
    "for paid models: `lodestar provider add deepseek` (or openai, anthropic, google, …), or set DEEPSEEK_API_KEY and the like",
  ];
}

function missingOf({ findings }: Loaded): readonly string[] {
  return findings
    .filter((finding) => finding.level !== "ok")
    .map((finding) => `${finding.subject}: ${finding.message}`);
}

/** What was found at the start and what was not, for the ready lines. No secrets. */
export function summarize(opening: Opening): StartSummary {
  const { runtime, keyring } = opening;
  const loaded = runtime.loaded();
  const { prices } = runtime.services;
  const state = runtime.local.stateOf("ollama");
  const server = loaded.settings.providers.find((entry) => entry.provider.id === "ollama");
  const url = server?.provider.endpoints[0]?.baseUrl ?? "";
  const unreachable = state === null && server !== undefined ? [`ollama: nothing answers at ${url}`] : [];
  const summary = {
    providers: loaded.settings.providers
      .filter((entry) => entry.provider.id !== "ollama" || state !== null)
      .map(({ provider, accounts, origin }) => ({
        id: provider.id,
        keySource: accounts[0]?.keySource ?? "none",
        origin,
      })),
    ollama: state === null ? null : { url, models: state.installed.map((model) => model.name) },
  };
  return {
    ...summary,
    missing: [...unreachable, ...missingOf(loaded)],
    keyRequired: keyring.isRequired(),
    priceDate: prices.date,
    priceSource: prices.source,
    fetchCap: currentFetchCap(),
    nextSteps: nextSteps(summary.ollama, loaded),
  };
}
