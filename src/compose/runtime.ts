import type { Loaded } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import type { Directory } from "../core/directory.ts";
import type { Redactor } from "../core/redact.ts";
import { failure, success } from "../core/result.ts";
import { DIALECTS } from "../dialects/_all.ts";
import { type Alerts, createAlerts } from "../features/alerts/alerts.ts";
import { type Bus, createBus } from "../gateway/bus.ts";
import { makeDirectory } from "../gateway/directory.ts";
import { createHealthBook } from "../gateway/health.ts";
import { type LocalModels, watchLocalModels } from "../gateway/local-models.ts";
import { createProjectBook, type ProjectBook } from "../gateway/projects.ts";
import type { Services } from "../gateway/services.ts";
import { createSettler } from "../gateway/settle.ts";
import { createWatchdog } from "../gateway/watchdog.ts";
import type { Clock } from "../host/clock.ts";
import type { Egress } from "../host/egress.ts";
import type { PostJson } from "../host/egress-post.ts";
import type { Log } from "../host/log.ts";
import { pullHint } from "../host/ollama.ts";
import type { SendUpstream } from "../host/upstream.ts";
import type { Tunnels } from "../host/ssh-tunnels.ts";
import { PROVIDERS } from "../providers/_all.ts";
import type { Stores } from "../stores/open.ts";
import type { LocalFigureStore, ProjectStore } from "../stores/ports.ts";
import { createBudgets } from "./budgets.ts";
import { type CurrentConfig, holdConfig } from "./current-config.ts";
import { createLocalSide, type LocalSide, leaving } from "./local.ts";

/** What a runtime is built on. */
export interface RuntimeParts {
import { baseUrlsOf } from "./tunnels.ts";
  readonly loaded: Loaded;
  readonly stores: Stores;
  /** Null where its file cannot be used, or nothing was ever written. */
  readonly projects: ProjectStore | null;
  /** What local models took; null where its file cannot be used. */
  readonly figures: LocalFigureStore | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly send: SendUpstream;
  readonly egress: Egress;
  readonly post: PostJson;
  readonly version: string;
}

/** The gateway with everything it stands on, and the one place where its configuration changes. */
export interface Runtime {
  /** Null where nothing is asked through SSH: a command that only reads. */
  readonly tunnels: Tunnels | null;
  readonly services: Services;
  readonly local: LocalModels;
  readonly localSide: LocalSide;
  readonly bus: Bus;
  /** The webhooks. */
  readonly alerts: Alerts;
  readonly projects: ProjectBook;
  readonly loaded: () => Loaded;
  /** Takes a new configuration into use; requests in flight end under the old one. */
  use(loaded: Loaded): void;
  readonly tunnels: Tunnels | null;
  /** Breaks off what is still open. */
  abort(): void;
  close(): void;
}

/** Names are looked up in a directory at most this old: prices change with the hour and models are pulled. */
const DIRECTORY_MS = 5_000;
const IMAGE_BYTES = 20 * 1024 * 1024;
const IMAGE_TIMEOUT_MS = 20_000;

/** Ollama servers among the providers, by id. */
export function ollamaServers(settings: Settings): ReadonlyMap<string, string> {
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

function followDirectory({ settings, prices }: CurrentConfig, local: LocalModels, clock: Clock) {
  const make = (): Directory =>
    makeDirectory({
      settings: settings(),
      prices,
      local,
      builtIn: PROVIDERS,
      now: clock.now(),
      pullHint: hintFor(settings(), local),
    });
  return cachedDirectory(make, clock);
}

function providerFacts({ find }: CurrentConfig) {
  return {
    groupOf: (provider: string, account: string): string =>
      find(provider)?.accounts.find((entry) => entry.id === account)?.group ?? account,
    isLocal: (id: string): boolean => find(id)?.provider.isLocal === true,
    isSubscription: (id: string): boolean => find(id)?.auth === "client",
  };
}

/** Builds the gateway on opened stores. */
export function createRuntime(parts: RuntimeParts): Runtime {
  const { stores, clock, log } = parts;
  const config = holdConfig(parts.loaded, parts.redactor);
  const { settings, prices } = config;
  const bus = createBus();
  const alerts = createAlerts({ clock, post: parts.post, log, mintId: () => `evt_${Bun.randomUUIDv7("base64url")}` });
  alerts.use(settings().webhooks);
  bus.subscribe(alerts.offer);
  const shutdown = new AbortController();
  const local = watchLocalModels(() => ollamaServers(settings()), clock);
  const { groupOf, isLocal, isSubscription } = providerFacts(config);
  const health = createHealthBook(clock, bus, () => settings().breaker, groupOf);
  const baselineModel = (): string => settings().baselineModel;
  const directory = followDirectory(config, local, clock);
  const names = { settings, directory: directory.get, now: () => clock.now() };
  const projects = createProjectBook({ ...names, store: parts.projects });
  parts.tunnels?.keep(baseUrlsOf(settings()));
  const known = { config, local, directory: directory.get, projects };
  const budgets = createBudgets({ ...known, stores, isLocal, isSubscription, bus, clock });
  const localSide = createLocalSide({ config, local, bus, clock, figures: parts.figures, send: parts.send });
  const booking = { ledger: stores.ledger, prices, bus, clock, log, isLocal, isSubscription, baselineModel };
  const services: Services = {
    settings,
    budgets,
    directory: directory.get,
    project: projects.viewOf,
    dialects: DIALECTS,
    ledger: stores.ledger,
    settle: leaving(createSettler(booking), localSide.gate),
    health,
    bus,
    clock,
    watchdog: createWatchdog(clock),
    prices,
    send: parts.send,
    localGate: localSide.gate,
    drawCard: localSide.drawCard,
    fetchImage: imageFetcher(parts.egress),
    redact: (text) => parts.redactor.redact(text),
    log,
    shutdown: shutdown.signal,
    version: parts.version,
  };
  return {
    services,
    local,
    localSide,
    bus,
    alerts,
    projects,
    loaded: config.loaded,
    use(next) {
      config.use(next);
      alerts.use(next.settings.webhooks);
      health.reset();
      directory.forget();
      void local.refresh().then(directory.forget);
    },
    abort: () => shutdown.abort(),
    tunnels: parts.tunnels,
    close() {
      shutdown.abort();
      local.stop();
      localSide.scheduler.close();
      projects.close();
    },
  };
}
      parts.tunnels?.keep(baseUrlsOf(next.settings));
      parts.tunnels?.close();
