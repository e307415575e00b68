import type { ConfiguredProvider, Settings } from "../config/settings.ts";
import { type CacheScope, chatCacheText, embeddingCacheText } from "../core/cache-key.ts";
import { type CacheBypass, chatBypass } from "../core/cache-policy.ts";
import type { PlannedTarget } from "../core/plan.ts";
import { chatReplay, embeddingReplay, type Replay } from "./cache-replay.ts";
import type { Call, ChatCall, EmbeddingCall } from "./call.ts";
import type { Services } from "./services.ts";

/** What the cache must know of one kind of request. */
export interface Cacheable {
  /** Why this request is not cached; null where it is. `isAlways`: whatever its temperature. */
  readonly bypass: (settings: Settings["cache"], isAlways: boolean) => CacheBypass | null;
  readonly textOf: (scope: CacheScope) => string;
  readonly replay: Replay;
}

/** Chats and text completions. */
export function cacheableChat(call: ChatCall): Cacheable {
  const { request, dialect } = call;
  return {
    bypass: ({ maxTemperature }, isAlways) =>
      chatBypass(request, { maxTemperature, isAlways, kept: dialect.kept ?? {} }),
    textOf: (scope) => chatCacheText(scope, request),
    replay: chatReplay(call),
  };
}

/** Embeddings: the same input has the same vectors. */
export function cacheableEmbeddings(call: EmbeddingCall): Cacheable {
  return {
    bypass: () => null,
    textOf: (scope) => embeddingCacheText(scope, call.request),
    replay: embeddingReplay(call),
  };
}

/** How long, in milliseconds, an answer may be given again to a caller. */
function ttlOf({ caller }: Call, services: Services): { readonly ttlMs: number; readonly reason: CacheBypass } {
  const { ttlMs } = services.settings().cache;
  const ofProject = services.project(caller.project)?.project.cacheTtlMs ?? null;
  if (ttlMs === 0) return { ttlMs, reason: "off" };
  return { ttlMs: Math.min(ttlMs, ofProject ?? ttlMs), reason: "project-off" };
}

/** What a request may have of the cache. */
export type CacheTerms =
  | { readonly kind: "bypass"; readonly reason: CacheBypass }
  /** Answers made in the last `maxAgeMs` may be given; `isRefresh`: none may, but the new one is kept. */
  | { readonly kind: "use"; readonly maxAgeMs: number; readonly isRefresh: boolean };

/** What one request may have of the cache, from its own wish, its project and the configuration. */
export function cacheTerms(call: Call, cacheable: Cacheable | null, requested: string, services: Services): CacheTerms {
  const bypass = (reason: CacheBypass): CacheTerms => ({ kind: "bypass", reason });
  const { switch: wish = null, maxAgeMs = null } = call.cacheWish ?? {};
  if (cacheable === null) return bypass("endpoint");
  const { cache: ruled = null } = call.ruled ?? {};
  if (wish === "off") return bypass("asked");
  if (ruled?.switch === "off") return bypass("rule");
  const { ttlMs, reason } = ttlOf(call, services);
  if (ttlMs === 0) return bypass(reason);
  const { cache } = services.settings();
  const isAlways = wish === "on" || ruled?.switch === "on" || cache.always.includes(requested);
  const why = cacheable.bypass(cache, isAlways);
  if (why !== null) return bypass(why);
  if (services.cache === null) return bypass("unusable");
  const oldest = Math.min(ttlMs, maxAgeMs ?? ttlMs, ruled?.maxAgeMs ?? ttlMs);
  return { kind: "use", maxAgeMs: oldest, isRefresh: wish === "refresh" };
}

/** The provider that a target is at. */
export function providerOf({ target }: PlannedTarget, { providers }: Settings): ConfiguredProvider | undefined {
  return providers.find(({ provider }) => provider.id === target.provider);
}

/** Anthropic's one version of the protocol so far; it says nothing about the answer. */
const USUAL_HEADERS: Readonly<Record<string, string>> = { "anthropic-version": "2023-06-01" };

/**
 * Where the answer of a cascade stands that had to ask another model: it was told what was wrong with the first answer, so that
 * it is not what that model answers by itself. Only who asks by the same name gets it.
 */
export function escalatedScope(
  { caller, dialect, passHeaders, isStrict }: Call,
  { endpoint, requested }: { readonly endpoint: string; readonly requested: string },
): CacheScope {
  return {
    keyId: caller.keyId,
    project: caller.project,
    target: { provider: "", account: "", model: requested },
    baseUrl: "",
    endpoint,
    variant: dialect.chatPath("", false),
    isStrict,
    headers: passHeaders,
  };
}

/** What beside the request itself an answer depends on. */
export function cacheScope(
  call: Call,
  endpoint: string,
  planned: PlannedTarget,
  configured: ConfiguredProvider,
  services: Services,
): CacheScope {
  const { caller, dialect, passHeaders, isStrict } = call;
  const { endpoints } = configured.provider;
  const standard = services.dialects[dialect.name];
  const reachesTarget = endpoints.some((one) => one.dialect === dialect.name);
  const headers = Object.entries(passHeaders).filter(([name, value]) => USUAL_HEADERS[name] !== value);
  return {
    keyId: caller.keyId,
    project: caller.project,
    target: planned.target,
    baseUrl: endpoints[0]?.baseUrl ?? "",
    endpoint,
    variant: dialect.encodeReply === standard?.encodeReply ? "" : dialect.chatPath("", false),
    isStrict,
    headers: reachesTarget ? Object.fromEntries(headers) : {},
  };
}
