import type { CatalogueModelView } from "../core/admin-view.ts";
import type { Rate } from "../core/price.ts";
import { createPriceBook } from "../host/prices/book.ts";
import type { PriceBook } from "../host/prices/prices.ts";
import { findProvider, PROVIDERS } from "../providers/_all.ts";
import { listCatalogue } from "../providers/catalogue.ts";
import type { Provider } from "../providers/provider.ts";

type Environment = Readonly<Record<string, string | undefined>>;

function flat(rate: Rate | undefined): number | null {
  if (rate === undefined) return null;
  return typeof rate === "number" ? rate : rate.base;
}

function viewsOf(
  provider: Provider,
  prices: PriceBook,
  environment: Environment,
  now: number,
): readonly CatalogueModelView[] {
  const given = provider.keyEnv.find((name) => (environment[name] ?? "").trim() !== "");
  return prices.modelsOf(provider.id).map((model) => {
    const row = prices.priceOf(provider.id, model, now);
    return {
      id: `${provider.id}/${model}`,
      provider: provider.id,
      model,
      aliases: [],
      inputUsd: flat(row?.rates.input),
      outputUsd: flat(row?.rates.output),
      isLocal: false,
      ...prices.factsOf(provider.id, model),
      keyEnv: given ?? provider.keyEnv[0] ?? null,
      isKeySet: given !== undefined,
      priceSource: row === null ? null : `${row.source}, ${row.date}`,
    };
  });
}

/** Every model of every provider that is known, configured or not, with its list price at a moment (Unix ms). */
export function catalogueViews(environment: Environment, now: number): readonly CatalogueModelView[] {
  const prices = createPriceBook({
    overrides: {},
    isLocalProvider: () => false,
    priceIdOf: (id) => findProvider(id)?.priceId,
  });
  const hosted = [...PROVIDERS.filter(({ isLocal }) => isLocal !== true), ...listCatalogue()];
  return hosted.flatMap((provider) => viewsOf(provider, prices, environment, now));
}
