import type { Fault } from "../core/fault.ts";
import type { LocalProblem } from "../core/local-view.ts";
import { failure, success } from "../core/result.ts";
import { modelFolders } from "../features/local-catalog/blob.ts";
import {
  createLocalCatalog,
  type LocalCatalog,
  type LocalCatalogParts,
} from "../features/local-catalog/local-catalog.ts";
import { problemOf, unreachable } from "../features/local-catalog/ollama-stream.ts";
import { ollamaServers } from "./ollama-servers.ts";
import type { Runtime } from "./runtime.ts";

function localProblem({ kind, message }: Fault, url: string): LocalProblem {
  if (kind === "client-left") return { code: "cancelled", message, fix: null };
  return kind === "connect" ? unreachable(url) : problemOf(message, url);
}

/** Places at the engines as requests get them: in the queue, and with the context that they use. */
function enterQueue({ services, local, localSide }: Runtime): LocalCatalogParts["enter"] {
  return async ({ provider, url }, model, signal) => {
    const slot = await localSide.scheduler.admit({
      providerId: provider,
      baseUrl: url,
      model,
      promptTokens: 0,
      promptBoundTokens: 0,
      outputTokens: 0,
      maxContextTokens: local.factsOf(provider, model)?.contextTokens ?? null,
      priority: "chat",
      overflowMs: null,
      isHeld: services.settings().local.isScheduled,
      signal,
    });
    if (!slot.ok) return failure(localProblem(slot.error, url));
    const { contextTokens, release } = slot.value;
    return success({ contextTokens, release: () => release(null) });
  };
}

/** The management of local models, through the queue that requests wait in. */
export function localCatalog(
  runtime: Runtime,
  environment: Readonly<Record<string, string | undefined>>,
): LocalCatalog {
  const { services, local, localSide } = runtime;
  const { scheduler, pins } = localSide;
  const catalog = createLocalCatalog({
    servers: () => ollamaServers(services.settings()),
    enter: enterQueue(runtime),
    release: ({ provider, url }, model) => scheduler.unload({ providerId: provider, baseUrl: url, model }),
    keepAliveOf: localSide.keepAlive,
    pins: { ...pins, has: localSide.isPinned },
    folders: modelFolders(environment),
    monotonic: () => services.clock.monotonic(),
  });
  return {
    ...catalog,
    async keep(...wish) {
      const kept = await catalog.keep(...wish);
      // What a server was told to keep counts as pinned: it must not be an old answer that says so.
      await local.refresh();
      return kept;
    },
  };
}
