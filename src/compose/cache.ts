import { createAnswerCache } from "../gateway/cache.ts";
import type { Services } from "../gateway/services.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import type { CacheDesk } from "../http/admin/context.ts";
import type { CacheReader, CacheStore } from "../stores/ports.ts";
import { openCacheReader } from "../stores/response-cache.ts";

/** Opens the response cache, whose bound is asked for at each save; null where its file cannot be used. */
export type OpenCache = (maxBytes: () => number) => CacheStore | null;

/** The response cache of a gateway: its store, and what the request path sees of it. */
export interface CacheSide {
  readonly store: CacheStore | null;
  readonly cache: Services["cache"];
  close(): void;
}

/** Puts the response cache together. */
export function createCacheSide(
  open: OpenCache,
  { settings, clock, log }: { readonly settings: Services["settings"]; readonly clock: Clock; readonly log: Log },
): CacheSide {
  const store = open(() => settings().cache.maxBytes);
  return {
    store,
    cache: store === null ? null : createAnswerCache(store, clock, log),
    close: () => store?.close(),
  };
}

/** What the admin surface sees of the cache; a command that only reads opens the file when it is asked about it. */
export function cacheDesk({ store, cache }: CacheSide, stateDir: string): CacheDesk {
  let opened: CacheReader | null = null;
  return {
    store,
    reader() {
      if (store !== null) return store;
      const reader = opened === null ? openCacheReader({ stateDir }) : null;
      if (reader?.ok === true) opened = reader.value;
      return opened;
    },
    counts: () => cache?.counts() ?? null,
  };
}
