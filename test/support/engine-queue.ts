import { success } from "../../src/core/result.ts";
import type { LocalCatalogParts } from "../../src/features/local-catalog/local-catalog.ts";
import { createPins } from "../../src/local/pins.ts";

/** A queue in which nobody waits: every model has its place at once, with 4,096 tokens. `released` hears of unloads. */
export function openEngine(
  released: (model: string) => void = () => undefined,
): Pick<LocalCatalogParts, "enter" | "release" | "keepAliveOf" | "pins"> {
  const pins = createPins();
  return {
    enter: async () => success({ contextTokens: 4_096, release: () => undefined }),
    release: (_server, model) => released(model),
    keepAliveOf: (provider, model) => (pins.has(provider, model) ? "-1s" : "5m"),
    pins,
  };
}
