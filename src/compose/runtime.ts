import type { Loaded } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import type { Directory } from "../core/expand.ts";
import type { Redactor } from "../core/redact.ts";
import { failure, success } from "../core/result.ts";
import { DIALECTS } from "../dialects/_all.ts";
import { type Bus, createBus } from "../gateway/bus.ts";
import { makeDirectory } from "../gateway/directory.ts";
import { createHealthBook } from "../gateway/health.ts";
import { type LocalModels, watchLocalModels } from "../gateway/local-models.ts";
import { createLocalRunner } from "../gateway/local-runner.ts";
import type { Services } from "../gateway/services.ts";
import { createSettler } from "../gateway/settle.ts";
import { createWatchdog } from "../gateway/watchdog.ts";
import type { Clock } from "../host/clock.ts";
import type { Egress } from "../host/egress.ts";
import type { Log } from "../host/log.ts";
import { pullHint } from "../host/ollama.ts";
import { createPriceBook } from "../host/price-book.ts";
import type { PriceBook } from "../host/prices.ts";
import type { SendUpstream } from "../host/upstream.ts";
import { PROVIDERS } from "../providers/_all.ts";
import type { Stores } from "../stores/open.ts";

/** What a runtime is built on. */
export interface RuntimeParts {
  readonly loaded: Loaded;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly send: SendUpstream;
  readonly egress: Egress;
  readonly version: string;
}

/** The gateway with everything it stands on, and the one place where its configuration changes. */
export interface Runtime {
  readonly services: Services;
  readonly local: LocalModels;
  readonly bus: Bus;
  readonly loaded: () => Loaded;
  /** Takes a new configuration into use; requests in flight end under the old one. */
  use(loaded: Loaded): void;
  /** Breaks off what is still open. */
  abort(): void;
  close(): void;
}

/** Names are looked up in a directory at most this old: prices change with the hour and models are pulled. */
const DIRECTORY_MS = 5_000;
const IMAGE_BYTES = 20 * 1024 * 1024;
const IMAGE_TIMEOUT_MS = 20_000;

/** Ollama servers among the providers, by id. */
function ollamaServers(settings: Settings): ReadonlyMap<string, string> {
  return new Map(
    settings.providers.flatMap(({ provider }) => {
      const [endpoint] = provider.endpoints;
      return provider.isLocal === true && endpoint?.dialect === "ollama" ? [[provider.id, endpoint.baseUrl]] : [];
    }),
  );
}

/** How to get a first local model here, for the message when `free` finds none. */
function hintFor(settings: Settings, local: LocalModels): string {
  const [first] = ollamaServers(settings);
  return first === undefined ? pullHint(null, false) : pullHint(first[1], local.stateOf(first[0]) !== null);
}

function pricesFor(settings: Settings): PriceBook {
  const providers = new Map(settings.providers.map(({ provider }) => [provider.id, provider]));
  return createPriceBook({
    overrides: settings.prices.overrides,
    isLocalProvider: (id) => providers.get(id)?.isLocal === true,
    priceIdOf: (id) => providers.get(id)?.priceId ?? PROVIDERS.find((known) => known.id === id)?.priceId,
  });
}

function registerSecrets(settings: Settings, redactor: Redactor): void {
  for (const { key } of settings.providers.flatMap((entry) => entry.accounts)) {
    if (key !== null) redactor.addSecret(key);
  }
}

/** A price book that follows the settings: the same object, whatever is configured. */
function followingPrices(current: () => PriceBook): PriceBook {
  return {
    priceOf: (provider, model, at) => current().priceOf(provider, model, at),
    factsOf: (provider, model) => current().factsOf(provider, model),
    modelsOf: (provider) => current().modelsOf(provider),
    get source() {
      return current().source;
    },
    get date() {
      return current().date;
    },
  };
}

function imageFetcher(egress: Egress): Services["fetchImage"] {
  return async (url, signal) => {
    const limits = { maxBytes: IMAGE_BYTES, timeoutMs: IMAGE_TIMEOUT_MS, mediaTypes: ["image/*"], signal };
    const fetched = await egress.fetchGuarded(url, limits);
    if (!fetched.ok) return failure(fetched.error.message);
    return success({ mediaType: fetched.value.mediaType, base64: fetched.value.bytes.toBase64() });
  };
}

/** A directory made anew when it is older than {@link DIRECTORY_MS} or was forgotten. */
function cachedDirectory(make: () => Directory, clock: Clock): { get: () => Directory; forget: () => void } {
  let cached: { readonly directory: Directory; readonly until: number } | null = null;
  return {
    get() {
      if (cached === null || clock.monotonic() > cached.until) {
        cached = { directory: make(), until: clock.monotonic() + DIRECTORY_MS };
      }
      return cached.directory;
    },
    forget() {
      cached = null;
    },
  };
}

/** Builds the gateway on opened stores. */
export function createRuntime(parts: RuntimeParts): Runtime {
  const { stores, clock, log, redactor, version } = parts;
  let loaded = parts.loaded;
  let priceBook = pricesFor(loaded.settings);
  const settings = (): Settings => loaded.settings;
  const prices = followingPrices(() => priceBook);
  const bus = createBus();
  const shutdown = new AbortController();
  const local = watchLocalModels(() => ollamaServers(loaded.settings), clock);
  const health = createHealthBook(clock, bus, () => loaded.settings.breaker);
  const findConfigured = (id: string) => loaded.settings.providers.find((entry) => entry.provider.id === id);
  const directory = cachedDirectory(
    () =>
      makeDirectory({
        settings: settings(),
        prices,
        local,
        builtIn: PROVIDERS,
        now: clock.now(),
        pullHint: hintFor(settings(), local),
      }),
    clock,
  );
  registerSecrets(loaded.settings, redactor);
  const settle = createSettler({
    ledger: stores.ledger,
    prices,
    bus,
    clock,
    log,
    isLocal: (id) => findConfigured(id)?.provider.isLocal === true,
    isSubscription: (id) => findConfigured(id)?.auth === "client",
    baselineModel: () => loaded.settings.baselineModel,
  });
  const services: Services = {
    settings,
    directory: directory.get,
    dialects: DIALECTS,
    ledger: stores.ledger,
    settle,
    health,
    bus,
    clock,
    watchdog: createWatchdog(clock),
    prices,
    send: parts.send,
    localRunner: createLocalRunner(() => loaded.settings.local.contextTokens),
    fetchImage: imageFetcher(parts.egress),
    log,
    shutdown: shutdown.signal,
    version,
  };
  return {
    services,
    local,
    bus,
    loaded: () => loaded,
    use(next) {
      loaded = next;
      priceBook = pricesFor(next.settings);
      registerSecrets(next.settings, redactor);
      health.reset();
      directory.forget();
      void local.refresh().then(directory.forget);
    },
    abort: () => shutdown.abort(),
    close() {
      shutdown.abort();
      local.stop();
    },
  };
}
