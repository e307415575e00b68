/** Context sizes are taken from this ladder, so that requests of about the same size share one runner. */
const RUNGS = [4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144];

/** A session is over when a model was not asked for so long: then its context may shrink again. */
const SESSION_MS = 10 * 60_000;

/** Names come from clients, and may be of models that are not there: the one used longest ago is forgotten. */
const MOST_MODELS = 256;

/** The smallest rung that holds `tokens` and is at least `smallest`; never more than `largest`, the model's own limit. */
export function contextRung(tokens: number, smallest: number, largest: number | null): number {
  const wanted = Math.max(tokens, smallest);
  const rung = RUNGS.find((size) => size >= wanted) ?? wanted;
  return largest === null ? rung : Math.min(rung, largest);
}

/** The context that each model is loaded with: up within a session, down only after it. */
export interface Ladder {
  /** The context to load a model with for a request that needs `contextTokens`. */
  step(model: string, contextTokens: number, nowMs: number): number;
}

/** A ladder of one server. */
export function createLadder(): Ladder {
  const steps = new Map<string, { readonly contextTokens: number; readonly usedAt: number }>();
  return {
    step(model, contextTokens, nowMs) {
      const known = steps.get(model);
      const isGoingOn = known !== undefined && nowMs - known.usedAt < SESSION_MS;
      const chosen = Math.max(contextTokens, isGoingOn ? known.contextTokens : 0);
      steps.delete(model);
      steps.set(model, { contextTokens: chosen, usedAt: nowMs });
      const [oldest] = steps.keys();
      if (steps.size > MOST_MODELS && oldest !== undefined) steps.delete(oldest);
      return chosen;
    },
  };
}
