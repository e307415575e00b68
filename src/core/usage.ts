import type { JsonValue } from "./json.ts";

/**
 * Token counts in one normal form, whatever the provider calls them.
 * `uncached + cacheRead + cacheWrite5m + cacheWrite1h` is all input, `text + reasoning` all output.
 * The optional members are *of which* counts inside those sums, and absent when 0.
 */
export interface Usage {
  readonly input: {
    readonly uncached: number;
    readonly cacheRead: number;
    readonly cacheWrite5m: number;
    readonly cacheWrite1h: number;
    readonly audio?: number;
    readonly cacheReadAudio?: number;
    readonly image?: number;
    readonly video?: number;
    readonly tool?: number;
  };
  readonly output: {
    readonly text: number;
    readonly reasoning: number;
    readonly audio?: number;
    readonly image?: number;
  };
  readonly units?: { readonly webSearches?: number };
  /** A cost the provider itself states, in USD (OpenRouter `usage.cost`); never trusted silently, shown beside ours. */
  readonly statedCostUsd?: number;
  /** The provider's usage object as it came. */
  readonly raw: JsonValue;
}

/** Where counts come from: the provider's own, counted by a tokenizer, or estimated from text length. */
export type UsageSource = "provider" | "counted" | "estimated";

/** All input tokens. */
export function totalInput(usage: Usage): number {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = usage.input;
  return uncached + cacheRead + cacheWrite5m + cacheWrite1h;
}

/** All output tokens. */
export function totalOutput(usage: Usage): number {
  return usage.output.text + usage.output.reasoning;
}

/** A usage of nothing, for requests that never reached a model. */
export const NO_USAGE: Usage = {
  input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  output: { text: 0, reasoning: 0 },
  raw: null,
};
