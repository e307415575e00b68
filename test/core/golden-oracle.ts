import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { JsonObject } from "../../src/core/json.ts";
import { type PublishedProvider, pricedProvider } from "../../src/features/prices/genai-prices.ts";
import type { MatchRule, PriceData } from "../../src/host/prices/data.ts";

/** Who an expected result of the oracle is for. */
export interface Entry {
  readonly provider_id: string;
  readonly api_flavor: string;
  readonly input_price?: string;
  readonly output_price?: string;
}

/** One body with what every extractor of the oracle reads in it. */
export interface Golden {
  readonly body: JsonObject;
  readonly model?: string;
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number>>;
    readonly extractors: readonly Entry[];
  }[];
}

/** The oracle with the price table that its prices are made from. */
export interface Oracle {
  readonly golden: readonly Golden[];
  readonly table: PriceData;
  /** The rules by which a provider claims models of a name, whether its table lists them or not. */
  readonly namedBy: ReadonlyMap<string, MatchRule>;
}

/** Day of the oracle's price table. */
const TABLE_DAY = "2026-08-21";
const ROOT = resolve(import.meta.dir, "../..");
const DATA = join(resolve(ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"), "data");
const USAGES = join(DATA, "usage-golden/usages.json");
const PRICES = join(DATA, "prices/genai-prices.data.json");

/** Whether the recorded data is there. */
export const hasOracle = existsSync(USAGES) && existsSync(PRICES);

/** Reads both files. */
export function readOracle(): Oracle {
  const providers: readonly (PublishedProvider & { readonly model_match?: MatchRule })[] = JSON.parse(
    readFileSync(PRICES, "utf8"),
  );
  return {
    golden: JSON.parse(readFileSync(USAGES, "utf8")),
    table: {
      source: "genai-prices",
      date: TABLE_DAY,
      providers: Object.fromEntries(providers.map((provider) => [provider.id, pricedProvider(provider)])),
    },
    namedBy: new Map(
      providers.flatMap(({ id, model_match }) => (model_match === undefined ? [] : [[id, model_match] as const])),
    ),
  };
}
