import type { PriceRow, RateCard } from "../core/price.ts";
import { bundledPrices, type CatalogueModel, type PriceData, type PricedModel } from "./price-data.ts";
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

/** The rows of one model, one a card, each made when it is first needed. */
interface ModelRows {
  readonly model: PricedModel;
  readonly rows: (PriceRow | undefined)[];
}

function overrideFor(overrides: PriceBookOptions["overrides"], name: string): RateCard | undefined {
  if (Object.hasOwn(overrides, name)) return overrides[name];
  const patterns = Object.keys(overrides).filter((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1)));
  const longest = patterns.toSorted((left, right) => right.length - left.length)[0];
  return longest === undefined ? undefined : overrides[longest];
}

function makeRow(
  data: PriceData,
  provider: string,
  model: string,
  priced: PricedModel,
  index: number,
): PriceRow | undefined {
  const card = priced.cards[index];
  if (card === undefined) return undefined;
  const condition = conditionOf(card);
  const isSecond = priced.isFromCatalogue === true;
  return withId({
    provider,
    model,
    rates: card.rates,
    source: isSecond ? data.catalogueSource : data.source,
    date: isSecond ? data.catalogueDate : data.date,
    ...(condition === undefined ? {} : { condition }),
  });
}

function factsFrom(priced: PricedModel | undefined, found: CatalogueModel | undefined): ModelFacts {
  return {
    contextTokens: found?.context ?? priced?.contextTokens ?? null,
    maxOutputTokens: found?.output ?? null,
    canUseTools: found?.tools ?? null,
    canReadImages: found?.images ?? null,
    canReason: found?.reasoning ?? null,
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

  function placeOf(provider: string, model: string): readonly [provider: string, model: string] {
    return routedPlace(options.priceIdOf?.(provider) ?? ALIASES[provider] ?? provider, model);
  }

  function rowsOf(provider: string, model: string): ModelRows | undefined {
    return remembered(priced, `${provider}/${model}`, () => {
      const found = findModel(load(), ...placeOf(provider, model));
      return found === undefined ? undefined : { model: found, rows: [] };
    });
  }

  return {
    priceOf(provider, model, at) {
      const row = remembered(fixed, `${provider}/${model}`, () => fixedRow(options, provider, model));
      if (row !== undefined) return row;
      const found = rowsOf(provider, model);
      if (found === undefined) return null;
      const index = cardIndexAt(found.model.cards, at);
      found.rows[index] ??= makeRow(load(), provider, model, found.model, index);
      return found.rows[index] ?? null;
    },
    factsOf(provider, model) {
      if (options.isLocalProvider(provider)) return UNKNOWN_FACTS;
      const [place, name] = placeOf(provider, model);
      const own = rowsOf(provider, model)?.model;
      const names = [name.toLowerCase(), own?.id.toLowerCase()];
      const found = load().providers[place]?.catalogue?.find(({ id }) => names.includes(id.toLowerCase()));
      return factsFrom(own, found);
    },
    modelsOf(provider) {
      const [place] = placeOf(provider, "");
      return [...new Set(load().providers[place]?.models.map(({ id }) => id))];
    },
    get source() {
      return load().source;
    },
    get date() {
      return load().date;
    },
  };
}
