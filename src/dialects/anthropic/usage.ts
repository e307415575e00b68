import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import { serviceTierOf, totalOutput, type Usage } from "../../core/usage.ts";

function count(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function nested(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/**
 * Reads a `usage` object of the Messages format: `input_tokens` excludes cache reads and writes, `output_tokens` includes thinking.
 * The 5 min / 1 h split of cache writes is `cache_creation.ephemeral_*`; writes outside the split count as 5 min, the default.
 * `speed` is `fast` for calls in fast mode, which has prices of its own. Undefined when it carries no token counts.
 */
export function readUsage(raw: JsonValue | undefined): Usage | undefined {
  if (!isJsonObject(raw)) return undefined;
  if (typeof raw.input_tokens !== "number" && typeof raw.output_tokens !== "number") return undefined;
  const split = nested(raw, "cache_creation");
  const cacheWrite1h = count(split, "ephemeral_1h_input_tokens");
  const written = count(raw, "cache_creation_input_tokens");
  const cacheWrite5m = Math.max(count(split, "ephemeral_5m_input_tokens"), written - cacheWrite1h);
  const output = count(raw, "output_tokens");
  const reasoning = Math.min(output, count(nested(raw, "output_tokens_details"), "thinking_tokens"));
  const webSearches = count(nested(raw, "server_tool_use"), "web_search_requests");
  return {
    input: {
      uncached: count(raw, "input_tokens"),
      cacheRead: count(raw, "cache_read_input_tokens"),
      cacheWrite5m,
      cacheWrite1h,
    },
    output: { text: output - reasoning, reasoning },
    ...(webSearches === 0 ? {} : { units: { webSearches } }),
    ...serviceTierOf(raw.speed === "fast" ? raw.speed : raw.service_tier),
    raw,
  };
}

/** The counts so far, overwritten by newer ones: they are cumulative, and null or absent means "as before". */
export function mergeRawUsage(before: JsonObject, newer: JsonValue | undefined): JsonObject {
  if (!isJsonObject(newer)) return before;
  return { ...before, ...Object.fromEntries(Object.entries(newer).filter(([, value]) => value !== null)) };
}

/** Whether the provider's own object is one of this dialect, and so may be shown as it came. */
function isOwnRaw(raw: JsonValue): raw is JsonObject {
  return isJsonObject(raw) && typeof raw.output_tokens === "number" && !("input_tokens_details" in raw);
}

/** The usage as this dialect writes it: the provider's own object where it is of this dialect, else built from the counts. */
function writeUsage(usage: Usage): JsonObject {
  if (isOwnRaw(usage.raw)) return usage.raw;
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = usage.input;
  const webSearches = usage.units?.webSearches ?? 0;
  return {
    input_tokens: uncached,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: totalOutput(usage),
    ...(usage.output.reasoning === 0 ? {} : { output_tokens_details: { thinking_tokens: usage.output.reasoning } }),
    ...(webSearches === 0 ? {} : { server_tool_use: { web_search_requests: webSearches } }),
  };
}

/** The usage of an answer with its cost beside the counts; zero counts where the provider sent none. */
export function stampUsage(usage: Usage | undefined, cost: CostStamp | undefined): JsonObject {
  const counts = usage === undefined ? { input_tokens: 0, output_tokens: 0 } : writeUsage(usage);
  return cost === undefined ? counts : { ...counts, ...stampFields(cost) };
}
