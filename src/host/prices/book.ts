import { isCloudModel } from "../../core/cloud-model.ts";
import type { RateCard } from "../../core/price.ts";
import { bundledCatalogue, type CatalogueModel, type CatalogueSection } from "./catalogue.ts";
import { bundledPrices, type PriceData } from "./data.ts";
import { cardIndexAt, findModel } from "./match.ts";
import type { ModelFacts, PriceBook } from "./prices.ts";
import { allRows, catalogueRows, type ModelRows, rowAt, tableRows } from "./rows.ts";

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

function overrideFor(overrides: PriceBookOptions["overrides"], name: string): RateCard | undefined {
  if (Object.hasOwn(overrides, name)) return overrides[name];
  const patterns = Object.keys(overrides).filter((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1)));
  const longest = patterns.toSorted((left, right) => right.length - left.length)[0];
  return longest === undefined ? undefined : overrides[longest];
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

/** What is the same at any time: overrides, and local models. */
function fixedRows(options: PriceBookOptions, provider: string, model: string): ModelRows | undefined {
  const overridden = overrideFor(options.overrides, `${provider}/${model}`);
  const source = overridden === undefined ? "local" : "override";
  if (overridden === undefined && (!options.isLocalProvider(provider) || isCloudModel(model))) return undefined;
  const cards = [{ rates: overridden ?? LOCAL_RATES }];
  return { id: model, contextTokens: null, cards, source, date: NO_DAY, rows: new Map() };
}

/** Finds what is priced, and remembers what it found. */
function createFinder(options: PriceBookOptions) {
  const load = options.data ?? bundledPrices;
  const sectionOf = options.catalogue ?? bundledCatalogue;
  const fixed = new Map<string, ModelRows | undefined>();
  const priced = new Map<string, ModelRows | undefined>();
  const listed = new Map<string, ModelRows | undefined>();

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

  function inCatalogue(provider: string, model: string): ModelRows | undefined {
    return remembered(listed, `${provider}/${model}`, () => {
      const [place, name] = routedPlace(idOf(provider), model);
      return catalogueRows(sectionOf(place), name);
    });
  }

  function inTables(provider: string, model: string): ModelRows | undefined {
    return remembered(priced, `${provider}/${model}`, () => {
      const [place, name] = routedPlace(idOf(provider), model);
      const found = findModel(load(), place, name);
      return found === undefined ? inCatalogue(provider, model) : tableRows(load(), found);
    });
  }

  return {
    load,
    sectionOf,
    idOf,
    inCatalogue,
    inTables,
    /** Overrides and local models. */
    fixed: (provider: string, model: string): ModelRows | undefined =>
      remembered(fixed, `${provider}/${model}`, () => fixedRows(options, provider, model)),
  };
}

/** A price book over the bundled table, which is parsed when the first price of a paid model is asked for. */
export function createPriceBook(options: PriceBookOptions): PriceBook {
  const find = createFinder(options);
  return {
    priceOf(provider, model, at, serviceTier) {
      const own = find.fixed(provider, model);
      if (own?.source === "local") return rowAt(own, 0, { provider, model });
      const found = own ?? find.inTables(provider, model);
      if (found === undefined) return null;
      const row = rowAt(found, cardIndexAt(found.cards, at), { provider, model, serviceTier });
      if (row !== null || serviceTier === undefined || own !== undefined) return row;
      // The table has no prices of service tiers; the catalogue may.
      const other = find.inCatalogue(provider, model);
      return other === undefined ? null : rowAt(other, 0, { provider, model, serviceTier });
    },
    rowsOf(provider, model) {
      const found = find.fixed(provider, model) ?? find.inTables(provider, model);
      return found === undefined ? [] : allRows(found, { provider, model });
    },
    factsOf(provider, model) {
      if (options.isLocalProvider(provider)) return UNKNOWN_FACTS;
      const id = find.idOf(provider);
      const [, name] = routedPlace(id, model);
      const own = find.inTables(provider, model);
      const models = find.sectionOf(id)?.models;
      return factsFrom(own, models?.get(name.trim().toLowerCase()) ?? models?.get(own?.id.toLowerCase() ?? ""));
    },
    modelsOf(provider) {
      const id = find.idOf(provider);
      const listed = [...(find.sectionOf(id)?.models.values() ?? [])];
      // The catalogue lists what is offered today; the price data also has retired models and patterns of fine-tuned ones.
      const offered = listed.length > 0 ? listed : (find.load().providers[id]?.models ?? []);
      return [...new Set(offered.map((model) => model.id))];
    },
    get source() {
      return find.load().source;
    },
    get date() {
      return find.load().date;
    },
  };
}
