import type { PriceRow, RateCard } from "../../core/price.ts";
import type { CatalogueSection } from "./catalogue.ts";
import type { DatedCard, PriceData, PricedModel } from "./data.ts";
import { conditionOf } from "./match.ts";

function withId(row: Omit<PriceRow, "id">): PriceRow {
  const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify(row)).digest("hex");
  return { id: `price_${digest.slice(0, 16)}`, ...row };
}

/** A model's cards with where they are from, and its rows, one a card, each made when it is first needed. */
export interface ModelRows {
  readonly id: string;
  readonly contextTokens: number | null;
  readonly cards: readonly DatedCard[];
  readonly source: string;
  readonly date: string;
  /** By the card's index and the service tier. */
  readonly rows: Map<string, PriceRow>;
}

/** A model of the table. */
export function tableRows(data: PriceData, { id, contextTokens, cards }: PricedModel): ModelRows {
  return { id, contextTokens: contextTokens ?? null, cards, source: data.source, date: data.date, rows: new Map() };
}

/** A model of the catalogue; undefined where it lists none, or one without a price. */
export function catalogueRows(section: CatalogueSection | undefined, name: string): ModelRows | undefined {
  const model = section?.models.get(name.trim().toLowerCase());
  if (section === undefined || model?.rates === undefined) return undefined;
  const { id, contextTokens, rates } = model;
  return { id, contextTokens, cards: [{ rates }], source: section.source, date: section.date, rows: new Map() };
}

/** The rates of a service tier; those of the standard one stand for themselves, without the others. */
function ratesOfTier({ serviceTiers, ...standard }: RateCard, tier: string | undefined): RateCard | undefined {
  if (tier === undefined) return standard;
  return serviceTiers !== undefined && Object.hasOwn(serviceTiers, tier) ? serviceTiers[tier] : undefined;
}

/** What a row is for. */
export interface Place {
  readonly provider: string;
  readonly model: string;
  readonly serviceTier?: string | undefined;
}

/** The row of one card and service tier; null where there is no such price. The same place always gets the same row. */
export function rowAt(found: ModelRows, index: number, { provider, model, serviceTier }: Place): PriceRow | null {
  const key = `${index} ${serviceTier ?? ""}`;
  const known = found.rows.get(key);
  if (known !== undefined) return known;
  const card = found.cards[index];
  const rates = card === undefined ? undefined : ratesOfTier(card.rates, serviceTier);
  if (card === undefined || rates === undefined) return null;
  const conditions = [conditionOf(card), serviceTier === undefined ? undefined : `${serviceTier} tier`];
  const condition = conditions.filter((part) => part !== undefined).join(", ");
  const { source, date } = found;
  const row = withId({ provider, model, rates, source, date, ...(condition === "" ? {} : { condition }) });
  found.rows.set(key, row);
  return row;
}

function tiersIn({ rates }: DatedCard): readonly (string | undefined)[] {
  return [undefined, ...Object.keys(rates.serviceTiers ?? {})];
}

/** One row a card and service tier. */
export function allRows(found: ModelRows, place: Place): readonly PriceRow[] {
  return found.cards.flatMap((card, index) =>
    tiersIn(card).flatMap((serviceTier) => rowAt(found, index, { ...place, serviceTier }) ?? []),
  );
}
