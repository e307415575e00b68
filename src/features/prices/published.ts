import type { PriceSource } from "../../core/price-view.ts";

/** Where the sources publish their data: the very files that their own packages and sites read. */
export const PUBLISHED: Readonly<Record<PriceSource, string>> = {
  "genai-prices": "https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json",
  "models.dev": "https://models.dev/api.json",
};
