import type { JsonObject } from "../core/json.ts";

/** The options that decide whether Ollama must reload a model, pinned by us for every request to it. */
export interface LocalRunner {
  /** Options for a request of about `tokens` tokens (prompt and answer). The context only ever grows while a model stays loaded. */
  optionsFor(model: string, tokens: number): JsonObject;
}

/** Context sizes are taken from this ladder, so that requests of about the same size share one runner. */
const RUNGS = [4_096, 8_192, 16_384, 32_768, 65_536, 131_072];

/** The smallest rung that holds `tokens`, or the largest. */
export function contextRung(tokens: number, smallest: number): number {
  return RUNGS.find((rung) => rung >= tokens && rung >= smallest) ?? Math.max(smallest, RUNGS.at(-1) ?? smallest);
}

/** Pins the context per model: never below `contextTokens`, and up as requests need it. */
export function createLocalRunner(contextTokens: () => number): LocalRunner {
  const rungs = new Map<string, number>();
  return {
    optionsFor(model, tokens) {
      const rung = Math.max(rungs.get(model) ?? 0, contextRung(tokens, contextTokens()));
      rungs.set(model, rung);
      return { num_ctx: rung };
    },
  };
}
