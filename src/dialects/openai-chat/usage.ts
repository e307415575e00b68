import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import { serviceTierOf, totalInput, totalOutput, type Usage } from "../../core/usage.ts";

/** xAI states its cost in ticks of 10^-10 USD (checked against its price list with recorded replies). */
const XAI_TICKS_PER_USD = 10_000_000_000;

function countOf(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

function childOf(value: JsonObject, name: string): JsonObject {
  const child = value[name];
  return isJsonObject(child) ? child : {};
}

function numberIn(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** OpenRouter says `cost`, Perplexity `cost.total_cost`, xAI `cost_in_usd_ticks`. */
function statedCostUsd(raw: JsonObject): number | undefined {
  const ticks = numberIn(raw.cost_in_usd_ticks);
  if (ticks !== undefined) return ticks / XAI_TICKS_PER_USD;
  return numberIn(raw.cost) ?? numberIn(childOf(raw, "cost").total_cost);
}

/**
 * Output tokens. Reasoning is inside `completion_tokens` everywhere but at xAI, which counts it outside;
 * the total tells which: it is the sum of all three exactly where reasoning stands outside.
 */
function outputOf(raw: JsonObject, prompt: number, reasoning: number): number {
  const completion = countOf(raw.completion_tokens);
  const isOutside = reasoning > 0 && raw.total_tokens === prompt + completion + reasoning;
  return isOutside || completion < reasoning ? completion + reasoning : completion;
}

function present<Name extends string>(counts: Readonly<Record<Name, number>>): Partial<Record<Name, number>> {
  const found: Partial<Record<Name, number>> = {};
  for (const name in counts) if (counts[name] !== 0) found[name] = counts[name];
  return found;
}

/**
 * A chat `usage` object in the normal form; undefined when there is none. Cached tokens are looked for where OpenAI
 * (`prompt_tokens_details.cached_tokens`), DeepSeek (`prompt_cache_hit_tokens`) and Moonshot (`cached_tokens`) put them,
 * cache writes in OpenRouter's `cache_write_tokens`. Embeddings may state `total_tokens` alone. The `service_tier` stands beside
 * the usage, in the reply or chunk.
 */
export function decodeUsage(raw: JsonValue | undefined, serviceTier?: JsonValue): Usage | undefined {
  if (!isJsonObject(raw)) return undefined;
  const input = childOf(raw, "prompt_tokens_details");
  const output = childOf(raw, "completion_tokens_details");
  const prompt = "prompt_tokens" in raw ? countOf(raw.prompt_tokens) : countOf(raw.total_tokens);
  const cached = countOf(input.cached_tokens ?? raw.prompt_cache_hit_tokens ?? raw.cached_tokens);
  const cacheRead = Math.min(cached, prompt);
  const cacheWrite5m = Math.min(countOf(input.cache_write_tokens), prompt - cacheRead);
  const reasoning = countOf(output.reasoning_tokens ?? raw.reasoning_tokens);
  const stated = statedCostUsd(raw);
  const searches = countOf(raw.num_search_queries);
  return {
    input: {
      uncached: prompt - cacheRead - cacheWrite5m,
      cacheRead,
      cacheWrite5m,
      cacheWrite1h: 0,
      ...present({
        audio: countOf(input.audio_tokens),
        image: countOf(input.image_tokens),
        video: countOf(input.video_tokens),
      }),
    },
    output: {
      text: outputOf(raw, prompt, reasoning) - reasoning,
      reasoning,
      ...present({ audio: countOf(output.audio_tokens), image: countOf(output.image_tokens) }),
    },
    ...(searches > 0 ? { units: { webSearches: searches } } : {}),
    ...serviceTierOf(serviceTier),
    ...(stated === undefined ? {} : { statedCostUsd: stated }),
    raw,
  };
}

/** The usage object of this dialect: the provider's own where it spoke this dialect, else built from the normal form. */
export function encodeUsage(usage: Usage): JsonObject {
  if (isJsonObject(usage.raw) && "prompt_tokens" in usage.raw) return usage.raw;
  const { cacheRead, cacheWrite5m, cacheWrite1h, audio, image } = usage.input;
  const cacheWrite = cacheWrite5m + cacheWrite1h;
  return {
    prompt_tokens: totalInput(usage),
    completion_tokens: totalOutput(usage),
    total_tokens: totalInput(usage) + totalOutput(usage),
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }),
      ...(audio === undefined ? {} : { audio_tokens: audio }),
      ...(image === undefined ? {} : { image_tokens: image }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.output.reasoning,
      ...(usage.output.audio === undefined ? {} : { audio_tokens: usage.output.audio }),
    },
  };
}

/** A wire usage object with the cost put in; a cost the provider stated itself moves to `provider_cost`. */
export function stampUsage(raw: JsonObject, cost: CostStamp | undefined): JsonObject {
  if (cost === undefined) return raw;
  const stated = raw.cost === undefined ? {} : { provider_cost: raw.cost };
  return { ...raw, ...stated, ...stampFields(cost) };
}
