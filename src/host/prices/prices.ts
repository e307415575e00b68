import type { PriceRow } from "../../core/price.ts";

/** What is known of a model besides its price. */
export interface ModelFacts {
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly canUseTools: boolean | null;
  readonly canReadImages: boolean | null;
  readonly canReason: boolean | null;
}

/** The price table: user overrides first, then the newer of the bundled data and what `prices update` brought. */
export interface PriceBook {
  /**
   * The price of a model at a moment (Unix ms), or null when none is known. Local providers: a row of zero rates from source
   * `local`. With a service tier, that tier's price or null: another tier's price would be a wrong one.
   */
  priceOf(provider: string, model: string, at: number, serviceTier?: string): PriceRow | null;
  /** Every price of a model, under each of its conditions and service tiers; empty when none is known. */
  rowsOf(provider: string, model: string): readonly PriceRow[];
  factsOf(provider: string, model: string): ModelFacts;
  /** Models with prices of one provider, by their canonical id. */
  modelsOf(provider: string): readonly string[];
  /** Version and day of the data: `genai-prices 0.1.8`, `2026-08-21`. */
  readonly source: string;
  readonly date: string;
}
