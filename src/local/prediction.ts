/** Which model is loaded next, by which followed before. */
export interface Prediction {
  /** A model is loaded now. */
  note(model: string): void;
  /** The model that is most likely loaded next; null where nothing was seen often enough. */
  next(): string | null;
  /** How often what was predicted came true, and how often another was loaded. */
  score(): { readonly hits: number; readonly misses: number };
}

/** Seen at least so often, and more often than not. */
const LEAST_SEEN = 2;
const MOST_PAIRS = 256;

/** Learns from pairs: what followed the last two models, else what followed the last one. */
export function createPrediction(): Prediction {
  const followers = new Map<string, Map<string, number>>();
  let history: readonly string[] = [];
  let hits = 0;
  let misses = 0;

  function contexts(): readonly string[] {
    const [before, last] = history.length > 1 ? history.slice(-2) : [undefined, history.at(-1)];
    if (last === undefined) return [];
    return before === undefined ? [last] : [`${before} ${last}`, last];
  }

  function likeliest(context: string): string | null {
    const counts = [...(followers.get(context) ?? [])];
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const best = counts.find(([, count]) => count >= LEAST_SEEN && count * 2 > total);
    return best?.[0] ?? null;
  }

  function next(): string | null {
    for (const context of contexts()) {
      const found = likeliest(context);
      if (found !== null) return found;
    }
    return null;
  }

  return {
    note(model) {
      const predicted = next();
      if (predicted !== null && predicted === model) hits += 1;
      else if (predicted !== null) misses += 1;
      for (const context of contexts()) {
        const counts = followers.get(context) ?? new Map<string, number>();
        counts.set(model, (counts.get(model) ?? 0) + 1);
        if (followers.size < MOST_PAIRS) followers.set(context, counts);
      }
      history = [...history, model].slice(-2);
    },
    next,
    score: () => ({ hits, misses }),
  };
}
