import { withTag } from "../core/model-tag.ts";

/** Models that are to stay in memory until they are unloaded. A tag of `latest` may be left out. */
export interface Pins {
  has(provider: string, model: string): boolean;
  add(provider: string, model: string): void;
  remove(provider: string, model: string): void;
  /** Those of a provider, by their whole names. */
  of(provider: string): readonly string[];
}

/** Nothing is pinned yet. */
export function createPins(): Pins {
  const pinned = new Map<string, Set<string>>();
  return {
    has: (provider, model) => pinned.get(provider)?.has(withTag(model)) === true,
    add(provider, model) {
      pinned.set(provider, new Set(pinned.get(provider)).add(withTag(model)));
    },
    remove: (provider, model) => void pinned.get(provider)?.delete(withTag(model)),
    of: (provider) => [...(pinned.get(provider) ?? [])],
  };
}
