import type { RateCard } from "../../core/price.ts";
import { PRICE_DATA_JSON } from "./data.gen.ts";

/** A rule that claims model names, as genai-prices writes it; case does not matter. */
export type MatchRule =
  | { readonly or: readonly MatchRule[] }
  | { readonly and: readonly MatchRule[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string };

/** Rates with the moment from which, or the UTC window of the day in which, they hold. */
export interface DatedCard {
  readonly rates: RateCard;
  /** `YYYY-MM-DD`, from midnight UTC. */
  readonly from?: string;
  /** `[start, end)` in seconds of the UTC day; the end may be before the start, then it crosses midnight. */
  readonly window?: readonly [startSeconds: number, endSeconds: number];
}

/** One priced model: the last card whose condition holds wins, else the first. */
export interface PricedModel {
  readonly id: string;
  /** Absent: the id itself. */
  readonly match?: MatchRule;
  readonly cards: readonly DatedCard[];
  readonly contextTokens?: number;
}

/** The priced models of one provider, in the order in which their rules are tried. */
export interface PricedProvider {
  readonly models: readonly PricedModel[];
  /** Where to look for models that none of its own rules claims. */
  readonly fallbacks?: readonly string[];
}

/** The bundled table of prices; what it lacks is in catalogue.ts. */
export interface PriceData {
  readonly source: string;
  readonly date: string;
  readonly providers: Readonly<Record<string, PricedProvider>>;
}

let parsed: PriceData | undefined;

/** The bundled table, parsed on first use. */
export function bundledPrices(): PriceData {
  // Written by scripts/generate/prices.ts in this very shape.
  parsed ??= JSON.parse(PRICE_DATA_JSON) as PriceData;
  return parsed;
}
