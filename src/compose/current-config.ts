import type { Loaded } from "../config/load.ts";
import type { ConfiguredProvider, Settings } from "../config/settings.ts";
import type { Redactor } from "../core/redact.ts";
import { createPriceBook, type PriceBookOptions } from "../host/prices/book.ts";
import type { PriceBook } from "../host/prices/prices.ts";
import { openTables } from "../host/prices/tables.ts";
import { findProvider } from "../providers/_all.ts";

/** The configuration in use and what follows from it; everything else asks here, so that a reload changes one place. */
export interface CurrentConfig {
  loaded(): Loaded;
  settings(): Settings;
  find(providerId: string): ConfiguredProvider | undefined;
  /** One price book for good: it follows the overrides. */
  readonly prices: PriceBook;
  use(next: Loaded): void;
}

/** What prices follow from besides the tables. */
export function pricingOf(settings: Settings): Omit<PriceBookOptions, "data" | "catalogue"> {
  const providers = new Map(settings.providers.map(({ provider }) => [provider.id, provider]));
  return {
    overrides: settings.prices.overrides,
    isLocalProvider: (id) => providers.get(id)?.isLocal === true,
    priceIdOf: (id) => (providers.get(id) ?? findProvider(id))?.priceId,
  };
}

/** Reads an update of the prices anew, so that a reload takes it into use. */
function bookFor({ settings, stateDir }: Loaded): PriceBook {
  const { data, catalogue } = openTables(stateDir);
  return createPriceBook({ ...pricingOf(settings), data, catalogue });
}

function registerSecrets({ providers, webhooks }: Settings, redactor: Redactor): void {
  for (const { secret } of webhooks) if (secret !== null) redactor.addSecret(secret);
  for (const { key } of providers.flatMap((entry) => entry.accounts)) {
    if (key !== null) redactor.addSecret(key);
  }
}

function followingBook(current: () => PriceBook): PriceBook {
  return {
    priceOf: (provider, model, at, serviceTier) => current().priceOf(provider, model, at, serviceTier),
    rowsOf: (provider, model) => current().rowsOf(provider, model),
    factsOf: (provider, model) => current().factsOf(provider, model),
    modelsOf: (provider) => current().modelsOf(provider),
    get source() {
      return current().source;
    },
    get date() {
      return current().date;
    },
  };
}

/** Holds the first configuration. Its keys, and those of every later one, are made known to the redactor. */
export function holdConfig(first: Loaded, redactor: Redactor): CurrentConfig {
  let loaded = first;
  let book = bookFor(first);
  registerSecrets(first.settings, redactor);
  return {
    loaded: () => loaded,
    settings: () => loaded.settings,
    find: (id) => loaded.settings.providers.find((entry) => entry.provider.id === id),
    prices: followingBook(() => book),
    use(next) {
      loaded = next;
      book = bookFor(next);
      registerSecrets(next.settings, redactor);
    },
  };
}
