import type { PriceRow } from "../core/price.ts";

/** What is known of a model besides its price. */
export interface ModelFacts {
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly canUseTools: boolean | null;
  readonly canReadImages: boolean | null;
  readonly canReason: boolean | null;
}

/** The price table: bundled data, user overrides first. */
export interface PriceBook {
  /** The price of a model at a moment (Unix ms), or null when none is known. Local providers: a row of zero rates from source `local`. */
  priceOf(provider: string, model: string, at: number): PriceRow | null;
  factsOf(provider: string, model: string): ModelFacts;
  /** Models with prices of one provider, by their canonical id. */
  modelsOf(provider: string): readonly string[];
  /** Version and day of the data: `genai-prices 0.1.8`, `2026-08-21`. */
  readonly source: string;
  readonly date: string;
}
