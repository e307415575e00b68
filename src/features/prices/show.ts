import type { PriceRow } from "../../core/price.ts";
import type { PriceCandidate, PriceShowView, RateDifference } from "../../core/price-view.ts";
import { suggest } from "../../core/suggest.ts";
import { createPriceBook } from "../../host/prices/book.ts";
import type { PriceData } from "../../host/prices/data.ts";
import type { PriceBook } from "../../host/prices/prices.ts";
import { BUNDLED_TABLES, newestTables, type PriceTables } from "../../host/prices/tables.ts";
import { compareCards } from "./compare.ts";
import type { PriceReportParts } from "./report.ts";

type Origin = PriceCandidate["origin"];

/** One place where a price may stand, in the order in which they win. */
interface Layer {
  readonly origin: Origin | "fixed";
  readonly book: PriceBook;
}

const EMPTY: PriceData = { source: "none", date: "1970-01-01", providers: {} };
const NOTHING = (): undefined => undefined;

function layersOf({ tables, pricing }: PriceReportParts): readonly Layer[] {
  const { table, catalogue } = tables.updated();
  const plain = { ...pricing, overrides: {}, isLocalProvider: () => false };
  const bookOf = (data: PriceData, list: PriceTables["catalogue"]): PriceBook =>
    createPriceBook({ ...plain, data: () => data, catalogue: list });
  const none: PriceTables = { data: () => EMPTY, catalogue: NOTHING, listed: () => [] };
  return [
    { origin: "fixed", book: createPriceBook({ ...pricing, data: () => EMPTY, catalogue: NOTHING }) },
    { origin: "updated", book: bookOf(table ?? EMPTY, NOTHING) },
    { origin: "bundled", book: bookOf(BUNDLED_TABLES.data(), NOTHING) },
    { origin: "updated", book: bookOf(EMPTY, newestTables({ table: null, catalogue }, none).catalogue) },
    { origin: "bundled", book: bookOf(EMPTY, BUNDLED_TABLES.catalogue) },
  ];
}

function originOf({ origin }: Layer, row: PriceRow): Origin {
  if (origin !== "fixed") return origin;
  return row.source === "local" ? "local" : "override";
}

const WINNING: Readonly<Record<Origin, string>> = {
  override: "your own price in the configuration",
  local: "runs on your own machine",
  updated: "the newest table that has it",
  bundled: "the newest table that has it",
};

function whyNot(row: PriceRow, origin: Origin, used: PriceCandidate | undefined): string {
  if (used === undefined) return "no price of this model holds now";
  if (used.origin === "override") return "an override wins";
  if (used.origin === "local") return "local models cost nothing";
  if (row.condition?.endsWith(" tier") === true) return "only for calls that its service tier served";
  const isSamePlace = row.source === used.row.source && row.date === used.row.date;
  if (isSamePlace) return row.condition === undefined ? "another condition holds now" : `holds only: ${row.condition}`;
  if (row.date < used.row.date && origin !== used.origin) return `older than ${used.row.source}, ${used.row.date}`;
  return `${used.row.source} is asked first`;
}

function candidatesOf(
  layers: readonly Layer[],
  inUse: PriceRow | null,
  provider: string,
  model: string,
): readonly PriceCandidate[] {
  const found = layers.flatMap((layer) =>
    layer.book.rowsOf(provider, model).map((row) => {
      const origin = originOf(layer, row);
      return { row, origin, isUsed: row.id === inUse?.id, why: WINNING[origin] };
    }),
  );
  const used = found.find(({ isUsed }) => isUsed);
  return found.map((each) => (each.isUsed ? each : { ...each, why: whyNot(each.row, each.origin, used) }));
}

/** `provider/model` names one place; a bare name every provider that may have it, but for local ones, which have any. */
function placesOf(name: string, { providers, pricing }: PriceReportParts): readonly (readonly [string, string])[] {
  const slash = name.indexOf("/");
  const provider = name.slice(0, Math.max(0, slash));
  if (providers.includes(provider)) return [[provider, name.slice(slash + 1)]];
  return providers.filter((each) => !pricing.isLocalProvider(each)).map((each) => [each, name] as const);
}

function disagreementsOf(
  { tables, pricing, now }: PriceReportParts,
  places: readonly (readonly [string, string])[],
): readonly RateDifference[] {
  const plain = { ...pricing, overrides: {}, isLocalProvider: () => false };
  const table = createPriceBook({ ...plain, data: tables.data, catalogue: NOTHING });
  const catalogue = createPriceBook({ ...plain, data: () => EMPTY, catalogue: tables.catalogue });
  return places.flatMap(([provider, model]) => {
    const [left, right] = [table.priceOf(provider, model, now), catalogue.priceOf(provider, model, now)];
    return left === null || right === null
      ? []
      : compareCards({ provider, model, rates: left.rates }, right.rates, true);
  });
}

/** Every price that is known of the models of a name, which one is used now and why, and where the sources disagree. */
export function showPrices(name: string, parts: PriceReportParts): PriceShowView {
  const { tables, pricing, now } = parts;
  const book = createPriceBook({ ...pricing, data: tables.data, catalogue: tables.catalogue });
  const layers = layersOf(parts);
  const places = placesOf(name, parts);
  const candidates = places.flatMap(([provider, model]) =>
    candidatesOf(layers, book.priceOf(provider, model, now), provider, model),
  );
  const prefixOf = (provider: string): string => (name.includes("/") ? `${provider}/` : "");
  const names = parts.providers.flatMap((each) => book.modelsOf(each).map((model) => `${prefixOf(each)}${model}`));
  return {
    model: name,
    candidates,
    disagreements: disagreementsOf(parts, places),
    similar: candidates.length > 0 ? [] : suggest(name, new Set(names)),
  };
}
