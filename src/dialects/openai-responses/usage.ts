import { isJsonObject, type JsonObject, type JsonValue, objectIn, objectsIn } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import { NO_USAGE, serviceTierOf, totalInput, totalOutput, type Usage } from "../../core/usage.ts";

/** xAI states its cost in ticks of 10^-10 USD. */
const XAI_TICKS_PER_USD = 10_000_000_000;

function countOf(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** OpenRouter says `cost`, xAI `cost_in_usd_ticks`. */
function statedCostUsd(raw: JsonObject): number | undefined {
  const { cost, cost_in_usd_ticks: ticks } = raw;
  if (typeof ticks === "number" && Number.isFinite(ticks)) return ticks / XAI_TICKS_PER_USD;
  return typeof cost === "number" && Number.isFinite(cost) ? cost : undefined;
}

/**
 * Searches that are billed one by one: OpenAI counts them in `tool_usage.web_search.num_requests`, xAI in the usage; elsewhere
 * they are the calls whose action is a search (opening or scanning a page is free at OpenAI).
 */
function webSearchesOf(response: JsonObject, raw: JsonObject): number {
  const counted = objectIn(objectIn(response, "tool_usage"), "web_search").num_requests;
  if (typeof counted === "number") return countOf(counted);
  const details = raw.server_side_tool_usage_details;
  if (isJsonObject(details)) return countOf(details.web_search_calls);
  const calls = objectsIn(response, "output").filter(({ type }) => type === "web_search_call");
  return calls.filter((call) => (objectIn(call, "action").type ?? "search") === "search").length;
}

/** The counts of a response resource in the normal form; undefined when it has none. Input includes what was cached or written to the cache, output the reasoning. */
export function decodeUsage(response: JsonObject): Usage | undefined {
  const raw = response.usage;
  if (!isJsonObject(raw)) return undefined;
  const input = objectIn(raw, "input_tokens_details");
  const total = countOf(raw.input_tokens);
  const cacheRead = Math.min(countOf(input.cached_tokens), total);
  const cacheWrite5m = Math.min(countOf(input.cache_write_tokens), total - cacheRead);
  const output = countOf(raw.output_tokens);
  const reasoning = Math.min(countOf(objectIn(raw, "output_tokens_details").reasoning_tokens), output);
  const webSearches = webSearchesOf(response, raw);
  const stated = statedCostUsd(raw);
  return {
    input: { uncached: total - cacheRead - cacheWrite5m, cacheRead, cacheWrite5m, cacheWrite1h: 0 },
    output: { text: output - reasoning, reasoning },
    ...(webSearches === 0 ? {} : { units: { webSearches } }),
    ...serviceTierOf(response.service_tier),
    ...(stated === undefined ? {} : { statedCostUsd: stated }),
    raw,
  };
}

function isOwnUsage(raw: JsonValue): raw is JsonObject {
  return isJsonObject(raw) && "input_tokens" in raw && "total_tokens" in raw;
}

/** The usage object of this dialect: the provider's own where it spoke this dialect, else built from the normal form. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const counts = usage ?? NO_USAGE;
  if (isOwnUsage(counts.raw)) return counts.raw;
  const cacheWrite = counts.input.cacheWrite5m + counts.input.cacheWrite1h;
  return {
    input_tokens: totalInput(counts),
    input_tokens_details: {
      cached_tokens: counts.input.cacheRead,
      ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }),
    },
    output_tokens: totalOutput(counts),
    output_tokens_details: { reasoning_tokens: counts.output.reasoning },
    total_tokens: totalInput(counts) + totalOutput(counts),
  };
}

/** A usage object with the cost put in; a cost the provider stated itself moves to `provider_cost`. */
export function stampUsage(raw: JsonObject, cost: CostStamp | undefined): JsonObject {
  if (cost === undefined) return raw;
  const stated = raw.cost === undefined ? {} : { provider_cost: raw.cost };
  return { ...raw, ...stated, ...stampFields(cost) };
}
