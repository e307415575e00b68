import { isLoopbackUrl } from "../config/resolve-providers.ts";
import type { GpuWatch } from "../host/gpu/watch.ts";
import { readIntoPageCache } from "../host/page-cache.ts";
import { startWarmUp } from "../local/warm-up.ts";
import { blobOf } from "./card-fit.ts";
import { ollamaServers } from "./ollama-servers.ts";
import type { Runtime } from "./runtime.ts";

/** Cards whose desktop and browser hold as much together are still ours to use. */
const FOREIGN_BYTES = 512 * 1024 * 1024;

/**
 * Whether a model that nobody asked for may be loaded: on a server of this machine where there is no card, or where other
 * programs are known to hold little of all cards together. The card of another machine cannot be seen: there only models
 * that the user named are loaded.
 */
export function hasRoomToWarm(
  gpu: Pick<GpuWatch, "hasCards" | "foreignBytes">,
  baseUrl: string,
  wanted: "last-used" | readonly string[],
): boolean {
  if (!isLoopbackUrl(baseUrl)) return wanted !== "last-used";
  const foreignBytes = gpu.foreignBytes();
  return gpu.hasCards() === false || (foreignBytes !== null && foreignBytes <= FOREIGN_BYTES);
}

/** Looks after the idle local engines of a runtime; the returned function ends it. */
export function startWarmUps({ services, local, localSide, gpu }: Runtime): () => void {
  const { scheduler, costs, predictionOf, pins } = localSide;
  const wanted = (provider: string): "last-used" | readonly string[] => {
    const pinned = pins.of(provider);
    return pinned.length > 0 ? pinned : services.settings().local.warm;
  };
  return startWarmUp({
    scheduler,
    costs,
    clock: services.clock,
    servers: () => ollamaServers(services.settings()),
    wanted,
    isInstalled: (provider, model) => local.factsOf(provider, model) !== null,
    hasRoom: (provider, baseUrl) => hasRoomToWarm(gpu, baseUrl, wanted(provider)),
    predictionOf,
    async readAhead(provider, model, signal) {
      const blob = blobOf(local, provider, model);
      return blob !== null && readIntoPageCache(blob, signal);
    },
  });
}
