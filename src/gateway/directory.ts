import type { ConfiguredProvider, Settings } from "../config/settings.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import type { Directory, ModelSource } from "../core/directory.ts";
import type { Rate } from "../core/price.ts";
import { DEFAULT_CHECKPOINT } from "../dialects/stable-diffusion/request.ts";
import type { PriceBook } from "../host/prices/prices.ts";
import type { Provider } from "../providers/provider.ts";
import type { LocalModels } from "./local-models.ts";

/** What a directory is made from. */
export interface DirectoryParts {
  readonly settings: Settings;
  readonly prices: PriceBook;
  readonly local: LocalModels;
  /** Every built-in provider, configured or not. */
  readonly builtIn: readonly Provider[];
  readonly now: number;
  readonly pullHint: string;
}

function flat(rate: Rate | undefined): number {
  if (rate === undefined) return 0;
  return typeof rate === "number" ? rate : rate.base;
}

function listPrice(provider: string, model: string | undefined, { prices, now }: DirectoryParts): number | null {
  const row = model === undefined ? null : prices.priceOf(provider, model, now);
  return row === null ? null : flat(row.rates.input) + flat(row.rates.output);
}

function modelsOf({ provider, models }: ConfiguredProvider, parts: DirectoryParts): readonly string[] {
  if (models.length > 0) return models;
  if (provider.draws !== undefined) return [DEFAULT_CHECKPOINT];
  const installed = parts.local.stateOf(provider.id);
  if (installed === null) return provider.isLocal === true ? [] : parts.prices.modelsOf(provider.id);
  const ranked = parts.local.rankedOf(provider.id).map((model) => model.name);
  const others = installed.installed.map((model) => model.name).filter((name) => !ranked.includes(name));
  return [...ranked, ...others];
}

/** The best chat model of a local engine: one that only embeds, or runs in a cloud, is none. */
function freeModelOf({ provider, models }: ConfiguredProvider, { local }: DirectoryParts): string | null {
  if (provider.isLocal !== true || provider.draws !== undefined) return null;
  return models.find((model) => !isCloudModel(model)) ?? local.rankedOf(provider.id)[0]?.name ?? null;
}

function sourceOf(configured: ConfiguredProvider, parts: DirectoryParts): ModelSource {
  const { provider, accounts } = configured;
  const { strong, cheap } = provider.models;
  return {
    id: provider.id,
    isLocal: provider.isLocal === true,
    ...(provider.draws === undefined ? {} : { isDrawing: true }),
    accounts,
    models: modelsOf(configured, parts),
    free: freeModelOf(configured, parts),
    strong: strong ?? null,
    cheap: cheap ?? null,
    cheapPrice: listPrice(provider.id, cheap, parts),
    strongPrice: listPrice(provider.id, strong, parts),
  };
}

/** Brings together, as plain data, what the planner looks names up in. */
export function makeDirectory(parts: DirectoryParts): Directory {
  const { settings, builtIn } = parts;
  // A provider that is named but whose key is missing cannot be asked: it counts as not configured.
  const usable = settings.providers.filter((entry) => entry.accounts.length > 0);
  const usableIds = new Set(usable.map((entry) => entry.provider.id));
  const known = new Map([...builtIn, ...settings.providers.map((entry) => entry.provider)].map((one) => [one.id, one]));
  return {
    sources: usable.map((entry) => sourceOf(entry, parts)),
    unconfigured: [...known.values()]
      .filter((provider) => !usableIds.has(provider.id))
      .map((provider) => ({ id: provider.id, keyEnv: provider.keyEnv[0] ?? "" })),
    aliases: settings.aliases,
    chains: settings.chains,
    pullHint: parts.pullHint,
  };
}
