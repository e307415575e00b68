import type { LocalModels } from "../gateway/local-models.ts";
import { readIntoPageCache } from "../host/page-cache.ts";
import { startWarmUp } from "../local/warm-up.ts";
import { ollamaServers, type Runtime } from "./runtime.ts";

/** The model's file as the server names it; of use only where the server is on this machine. */
function blobOf(local: LocalModels, provider: string, model: string): string | null {
  const modelfile = local.cardOf(provider, model)?.body.modelfile;
  const named = typeof modelfile === "string" ? /^FROM (\/\S*sha256-[0-9a-f]{64})\s*$/m.exec(modelfile) : null;
  return named?.[1] ?? null;
}

/** Looks after the idle local engines of a runtime; the returned function ends it. `foreignBytes` is what others hold of the card. */
export function startWarmUps({ services, local, localSide }: Runtime, foreignBytes: () => number | null): () => void {
  const { scheduler, costs, predictionOf } = localSide;
  return startWarmUp({
    scheduler,
    costs,
    clock: services.clock,
    servers: () => ollamaServers(services.settings()),
    wanted: () => services.settings().local.warm,
    isInstalled: (provider, model) => local.factsOf(provider, model) !== null,
    foreignBytes,
    predictionOf,
    async readAhead(provider, model, signal) {
      const blob = blobOf(local, provider, model);
      return blob !== null && readIntoPageCache(blob, signal);
    },
  });
}
