import {
  ageOfPrices,
  type PriceComparison,
  type PriceDiffView,
  type PriceSource,
  type PricesView,
  type PriceTableView,
} from "../../core/price-view.ts";
import { createPriceBook, type PriceBookOptions } from "../../host/prices/book.ts";
import type { PriceData } from "../../host/prices/data.ts";
import { BUNDLED_TABLES, type PriceTables, type StateTables, type UpdatedPrices } from "../../host/prices/tables.ts";
import { type CardTable, cardsAt, cataloguedCards, compareCards, compareTables } from "./compare.ts";

/** What reports of prices are made from. */
export interface PriceReportParts {
  readonly tables: StateTables;
  /** What was in use before the last update. */
  readonly previous: UpdatedPrices;
  /** Overrides, local providers and the ids of the price data. */
  readonly pricing: Omit<PriceBookOptions, "data" | "catalogue">;
  /** Every provider that a model can be asked of, by our ids. */
  readonly providers: readonly string[];
  /** Unix ms. */
  readonly now: number;
}

/** The cards of a catalogue that prices are looked up in. */
export function catalogueCards({ catalogue, listed }: PriceTables): CardTable {
  return cataloguedCards(listed().map((provider) => [provider, catalogue(provider)?.models.values() ?? []] as const));
}

/** The catalogue's sections are from several packages; the day of the newest one stands for all. */
function newestSection({ catalogue, listed }: PriceTables): { readonly source: string; readonly date: string } {
  const sections = listed().flatMap((provider) => catalogue(provider) ?? []);
  const [first] = sections.toSorted((left, right) => (left.date < right.date ? 1 : -1));
  return first ?? { source: "none", date: "1970-01-01" };
}

function tableView(
  table: PriceSource,
  { source, date }: { readonly source: string; readonly date: string },
  cards: CardTable,
  isUpdated: boolean,
  now: number,
): PriceTableView {
  const { days, isOld } = ageOfPrices(date, now);
  return {
    table,
    source,
    date,
    ageDays: days,
    isOld,
    origin: isUpdated ? "updated" : "bundled",
    providers: new Set([...cards.values()].map(({ provider }) => provider)).size,
    models: cards.size,
  };
}

/** What is in use, how old it is, and why an update is not. */
export function reportTables({ tables, pricing, now }: PriceReportParts): PricesView {
  const data = tables.data();
  const { table, catalogue } = tables.updated();
  const listed = newestSection(tables);
  return {
    tables: [
      tableView("genai-prices", data, cardsAt(data.providers, now), data === table, now),
      tableView("models.dev", listed, catalogueCards(tables), listed.date === catalogue?.date, now),
    ],
    overrides: Object.keys(pricing.overrides).length,
    problem: tables.problem(),
  };
}

function sourceWords({ source, date }: { readonly source: string; readonly date: string }): string {
  return `${source}, ${date}`;
}

function compareUpdates(
  name: "updated" | "previous",
  before: UpdatedPrices | null,
  after: UpdatedPrices,
  now: number,
): readonly PriceComparison[] {
  const oldTable: PriceData | null = before === null ? BUNDLED_TABLES.data() : before.table;
  const tables =
    oldTable === null || after.table === null
      ? []
      : [
          {
            name,
            before: sourceWords(oldTable),
            after: sourceWords(after.table),
            ...compareTables(cardsAt(oldTable.providers, now), cardsAt(after.table.providers, now)),
          },
        ];
  const oldList = before === null ? newestSection(BUNDLED_TABLES) : before.catalogue;
  if (oldList === null || after.catalogue === null) return tables;
  const oldCards =
    before?.catalogue === undefined || before.catalogue === null
      ? catalogueCards(BUNDLED_TABLES)
      : cataloguedCards(Object.entries(before.catalogue.providers));
  const catalogue = {
    name,
    before: sourceWords(oldList),
    after: sourceWords(after.catalogue),
    ...compareTables(oldCards, cataloguedCards(Object.entries(after.catalogue.providers))),
  };
  return [...tables, catalogue];
}

/** Overrides of one model against what would be used without them. */
function compareOverrides({ tables, pricing, now }: PriceReportParts): readonly PriceComparison[] {
  const names = Object.entries(pricing.overrides).filter(([name]) => !name.endsWith("*"));
  if (names.length === 0) return [];
  const book = createPriceBook({ ...pricing, overrides: {}, data: tables.data, catalogue: tables.catalogue });
  const known = names.flatMap(([name, after]) => {
    const [provider = "", ...rest] = name.split("/");
    const model = rest.join("/");
    const row = book.priceOf(provider, model, now);
    return row === null ? [] : [{ card: { provider, model, rates: row.rates }, after }];
  });
  return [
    {
      name: "overrides",
      before: "the tables",
      after: "prices.overrides of the configuration",
      compared: known.length,
      onlyBefore: 0,
      onlyAfter: names.length - known.length,
      differences: known.flatMap(({ card, after }) => compareCards(card, after)),
    },
  ];
}

/** What an update changed, what overrides change, and where the two sources disagree. */
export function reportDifferences(parts: PriceReportParts): PriceDiffView {
  const { tables, previous, now } = parts;
  const data = tables.data();
  const updated = tables.updated();
  const hasPrevious = previous.table !== null || previous.catalogue !== null;
  return {
    comparisons: [
      ...compareUpdates("updated", null, updated, now),
      ...(hasPrevious ? compareUpdates("previous", previous, updated, now) : []),
      ...compareOverrides(parts),
      {
        name: "sources",
        before: sourceWords(data),
        after: sourceWords(newestSection(tables)),
        ...compareTables(cardsAt(data.providers, now), catalogueCards(tables), true),
      },
    ],
  };
}
