import type { PriceRow, RateCard } from "../core/price.ts";
import { bundledCatalogue, type CatalogueModel, type CatalogueSection } from "./price-catalogue.ts";
import { bundledPrices, type DatedCard, type PriceData, type PricedModel } from "./price-data.ts";
import { cardIndexAt, conditionOf, findModel } from "./price-match.ts";
import type { ModelFacts, PriceBook } from "./prices.ts";

/** What a price book is made from. */
export interface PriceBookOptions {
  /** Rates by `provider/model`, or by a beginning of it that ends in `*`. They win over everything. */
  readonly overrides: Readonly<Record<string, RateCard>>;
  readonly isLocalProvider: (provider: string) => boolean;
  /** Our provider id to that of the price data (`Provider.priceId`); the built-in aliases apply where it gives none. */
  readonly priceIdOf?: (provider: string) => string | undefined;
  /** Another table than the bundled one, for tests. */
  readonly data?: () => PriceData;
  /** Likewise the second source, asked for limits and abilities, and for prices that the table lacks. */
  readonly catalogue?: (provider: string) => CatalogueSection | undefined;
}

/** Ids that the price data spells differently. */
const ALIASES: Readonly<Record<string, string>> = {
  xai: "x-ai",
  moonshot: "moonshotai",
  bedrock: "aws",
  github: "github-models",
};

/** Where a source has no day of its own. */
const NO_DAY = "-";
const LOCAL_RATES: RateCard = { input: 0, output: 0 };
const UNKNOWN_FACTS: ModelFacts = {
  contextTokens: null,
  maxOutputTokens: null,
  canUseTools: null,
  canReadImages: null,
  canReason: null,
};

/** Model names come from clients, so what is remembered of them is bounded. */
const REMEMBERED_MODELS = 5_000;

function withId(row: Omit<PriceRow, "id">): PriceRow {
  const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify(row)).digest("hex");
  return { id: `price_${digest.slice(0, 16)}`, ...row };
}

/** A model's cards with where they are from, and its rows, one a card, each made when it is first needed. */
interface ModelRows {
  readonly id: string;
  readonly contextTokens: number | null;
  readonly cards: readonly DatedCard[];
  readonly source: string;
  readonly date: string;
  readonly rows: (PriceRow | undefined)[];
}

function tableRows(data: PriceData, { id, contextTokens, cards }: PricedModel): ModelRows {
  return { id, contextTokens: contextTokens ?? null, cards, source: data.source, date: data.date, rows: [] };
}

function catalogueRows(section: CatalogueSection | undefined, name: string): ModelRows | undefined {
  const model = section?.models.get(name.trim().toLowerCase());
  if (section === undefined || model?.rates === undefined) return undefined;
  const { id, contextTokens, rates } = model;
  return { id, contextTokens, cards: [{ rates }], source: section.source, date: section.date, rows: [] };
}

function overrideFor(overrides: PriceBookOptions["overrides"], name: string): RateCard | undefined {
  if (Object.hasOwn(overrides, name)) return overrides[name];
  const patterns = Object.keys(overrides).filter((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1)));
  const longest = patterns.toSorted((left, right) => right.length - left.length)[0];
  return longest === undefined ? undefined : overrides[longest];
}

function makeRow(provider: string, model: string, found: ModelRows, index: number): PriceRow | undefined {
  const card = found.cards[index];
  if (card === undefined) return undefined;
  const condition = conditionOf(card);
  return withId({
    provider,
    model,
    rates: card.rates,
    source: found.source,
    date: found.date,
    ...(condition === undefined ? {} : { condition }),
  });
}

function factsFrom(priced: ModelRows | undefined, found: CatalogueModel | undefined): ModelFacts {
  return {
    contextTokens: found?.contextTokens ?? priced?.contextTokens ?? null,
    maxOutputTokens: found?.maxOutputTokens ?? null,
    canUseTools: found?.canUseTools ?? null,
    canReadImages: found?.canReadImages ?? null,
    canReason: found?.canReason ?? null,
  };
}

/** Hugging Face names the provider behind its router after a colon, and each has prices of its own. */
function routedPlace(provider: string, model: string): readonly [provider: string, model: string] {
  const colon = model.lastIndexOf(":");
  if (provider !== "huggingface" || colon === -1) return [provider, model];
  return [`huggingface_${model.slice(colon + 1)}`, model.slice(0, colon)];
}

/** Rows that are the same at any time, from overrides and for local models. */
function fixedRow(options: PriceBookOptions, provider: string, model: string): PriceRow | undefined {
  const rates = overrideFor(options.overrides, `${provider}/${model}`);
  if (rates !== undefined) return withId({ provider, model, rates, source: "override", date: NO_DAY });
  if (!options.isLocalProvider(provider)) return undefined;
  return withId({ provider, model, rates: LOCAL_RATES, source: "local", date: NO_DAY });
}

/** A price book over the bundled table, which is parsed when the first price of a paid model is asked for. */
export function createPriceBook(options: PriceBookOptions): PriceBook {
  const load = options.data ?? bundledPrices;
  const sectionOf = options.catalogue ?? bundledCatalogue;
  const fixed = new Map<string, PriceRow | undefined>();
  const priced = new Map<string, ModelRows | undefined>();

  function remembered<Value>(memory: Map<string, Value>, key: string, make: () => Value): Value {
    const known = memory.get(key);
    if (known !== undefined || memory.has(key)) return known as Value;
    if (memory.size >= REMEMBERED_MODELS) memory.clear();
    const made = make();
    memory.set(key, made);
    return made;
  }

  function idOf(provider: string): string {
    return options.priceIdOf?.(provider) ?? ALIASES[provider] ?? provider;
  }

  function rowsOf(provider: string, model: string): ModelRows | undefined {
    return remembered(priced, `${provider}/${model}`, () => {
      const [place, name] = routedPlace(idOf(provider), model);
      const found = findModel(load(), place, name);
      return found === undefined ? catalogueRows(sectionOf(place), name) : tableRows(load(), found);
    });
  }

  return {
    priceOf(provider, model, at) {
      const row = remembered(fixed, `${provider}/${model}`, () => fixedRow(options, provider, model));
      if (row !== undefined) return row;
      const found = rowsOf(provider, model);
      if (found === undefined) return null;
      const index = cardIndexAt(found.cards, at);
      found.rows[index] ??= makeRow(provider, model, found, index);
      return found.rows[index] ?? null;
    },
    factsOf(provider, model) {
      if (options.isLocalProvider(provider)) return UNKNOWN_FACTS;
      const id = idOf(provider);
      const [, name] = routedPlace(id, model);
      const own = rowsOf(provider, model);
      const models = sectionOf(id)?.models;
      return factsFrom(own, models?.get(name.trim().toLowerCase()) ?? models?.get(own?.id.toLowerCase() ?? ""));
    },
    modelsOf(provider) {
      const id = idOf(provider);
      const listed = [...(sectionOf(id)?.models.values() ?? [])];
      // The catalogue lists what is offered today; the price data also has retired models and patterns of fine-tuned ones.
      const offered = listed.length > 0 ? listed : (load().providers[id]?.models ?? []);
      return [...new Set(offered.map((model) => model.id))];
    },
    get source() {
      return load().source;
    },
    get date() {
      return load().date;
    },
  };
}
