import type { StartSummary } from "../cli/backend.ts";
import type { Loaded } from "../config/load.ts";
import { currentFetchCap } from "../host/process.ts";
import type { Opening } from "./opening.ts";

function nextSteps(summary: Pick<StartSummary, "providers" | "ollama">): readonly string[] {
  const hasPaid = summary.providers.some((entry) => entry.keySource !== "none" && entry.id !== "ollama");
  if (summary.ollama !== null && summary.ollama.models.length > 0) return [];
  if (hasPaid) return [];
  if (summary.ollama !== null) return ["Ollama runs but has no model yet: `ollama pull qwen2.5-coder:1.5b`"];
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
    nextSteps: nextSteps(summary),
  };
}
