import type { PriceRow, RateCard } from "./price.ts";

/** Prices older than this are a warning. Days. */
const OLD_DAYS = 45;
const DAY_MS = 24 * 3_600_000;

/** The two published sources. */
export type PriceSource = "genai-prices" | "models.dev";

/** Whole days since a day (`YYYY-MM-DD`), 0 for one to come, and whether prices of it are old. */
export function ageOfPrices(date: string, now: number): { readonly days: number; readonly isOld: boolean } {
  const days = Math.max(0, Math.floor((now - Date.parse(date)) / DAY_MS));
  return { days, isOld: days > OLD_DAYS };
}

/** One table of prices that is in use. */
export interface PriceTableView {
  readonly table: PriceSource;
  /** With the version or the place that it came from. */
  readonly source: string;
  readonly date: string;
  readonly ageDays: number;
  readonly isOld: boolean;
  /** Compiled into the program, or brought by `prices update`. */
  readonly origin: "bundled" | "updated";
  readonly providers: number;
  readonly models: number;
}

/** `prices`: what is in use. */
export interface PricesView {
  readonly tables: readonly PriceTableView[];
  readonly overrides: number;
  /** Why an update in the state directory is not used. */
  readonly problem: string | null;
}

/** A price that is known of a model. */
export interface PriceCandidate {
  readonly row: PriceRow;
  readonly origin: "override" | "local" | "updated" | "bundled";
  /** Whether calls that begin now are priced by it. */
  readonly isUsed: boolean;
  readonly why: string;
}

/** One rate that two prices of a model state differently. */
export interface RateDifference {
  readonly provider: string;
  readonly model: string;
  readonly rate: keyof RateCard;
  /** As the shorter text of a rate: `2.5`, or `2.5, above 272000: 5`; null where one side has none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** `prices show`: everything known of the prices of models of a name. */
export interface PriceShowView {
  readonly model: string;
  readonly candidates: readonly PriceCandidate[];
  /** Where the two sources disagree about it: `before` is genai-prices, `after` models.dev. */
  readonly disagreements: readonly RateDifference[];
  /** Names like it; only when nothing is known. */
  readonly similar: readonly string[];
}

/** A comparison of prices. */
export interface PriceComparison {
  readonly name: "updated" | "previous" | "overrides" | "sources";
  /** What stands on either side, in words. */
  readonly before: string;
  readonly after: string;
  /** Models that both sides have. */
  readonly compared: number;
  /** Models that one side alone has. */
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  readonly differences: readonly RateDifference[];
}

/** `prices diff`. */
export interface PriceDiffView {
  readonly comparisons: readonly PriceComparison[];
}

/** One source to take in, and from which URL or file. */
export interface PriceWish {
  readonly table: PriceSource;
  readonly place: string;
}

/** One source that `prices update` took in. */
export interface UpdatedSource extends PriceWish {
  readonly date: string;
  readonly models: number;
  /** Against what was in use before. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** That the bundled table is newer and stays in use, or that this one is old. */
  readonly warning: string | null;
}
