import { isJsonObject, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Pool } from "./pool.ts";

/** USD per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
}

/** A rule of thumb for English text, in characters. */
const CHARACTERS_PER_TOKEN = 4;
/** How long a reply is taken to be, in tokens. */
export const ASSUMED_REPLY_TOKENS = 256;

function priceOf(value: unknown): ModelPrice | null {
  if (typeof value === "number") return { input: value, output: value };
  if (!isJsonObject(value)) return null;
  const { input_price: input, output_price: output } = value;
  return typeof input === "number" && typeof output === "number" ? { input, output } : null;
}

/** Prices by model: `{"model": usd}` or `{"model": {"input_price", "output_price"}}`, per million tokens. The failure names the model without. */
export function readPrices(text: string, models: readonly string[]): Result<readonly ModelPrice[], string> {
  const value = parseJson(text);
  if (!isJsonObject(value)) return failure("it is no JSON object of prices by model");
  const prices: ModelPrice[] = [];
  for (const model of models) {
    const price = priceOf(value[model]);
    if (price === null) return failure(`it has no price of ${model}`);
    prices.push(price);
  }
  return success(prices);
}

/** What each row would cost each model, by its prompt's length and a reply of `ASSUMED_REPLY_TOKENS`, in USD. */
export function assumeCosts({ rows, models }: Pool, prices: readonly ModelPrice[]): Float64Array {
  const costs = new Float64Array(rows.length * models.length);
  for (const [at, { length }] of rows.entries()) {
    for (const [m, { input, output }] of prices.entries()) {
      costs[at * models.length + m] = ((length / CHARACTERS_PER_TOKEN) * input + ASSUMED_REPLY_TOKENS * output) / 1e6;
    }
  }
  return costs;
}
