import type { Loaded } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import type { Directory } from "../core/directory.ts";
import type { Fault } from "../core/fault.ts";
import type { Redactor } from "../core/redact.ts";
import { failure, success } from "../core/result.ts";
import { DIALECTS } from "../dialects/_all.ts";
import { type Alerts, createAlerts } from "../features/alerts/alerts.ts";
import { type Bus, createBus } from "../gateway/bus.ts";
import { makeDirectory } from "../gateway/directory.ts";
import { createHealthBook } from "../gateway/health.ts";
import { type LocalModels, watchLocalModels } from "../gateway/local-models.ts";
import { createProjectBook, type ProjectBook } from "../gateway/projects.ts";
import type { RouterServices } from "../gateway/routing/surroundings.ts";
import type { Services } from "../gateway/services.ts";
import { createSettler } from "../gateway/settle.ts";
import { createWatchdog } from "../gateway/watchdog.ts";
import type { Clock } from "../host/clock.ts";
import type { Egress } from "../host/egress.ts";
import type { PostJson } from "../host/egress-post.ts";
import type { GpuWatch } from "../host/gpu/watch.ts";
import type { Log } from "../host/log/log.ts";
import { pullHint } from "../host/ollama/ollama.ts";
import type { Tunnels } from "../host/ssh/tunnels.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import { PROVIDERS } from "../providers/_all.ts";
import type { Stores } from "../stores/open.ts";
import type { HealthHistory, LocalFigureStore, ProjectStore } from "../stores/ports.ts";
import { createBudgets } from "./budgets.ts";
import { type CacheSide, createCacheSide, type OpenCache } from "./cache.ts";
import { type CurrentConfig, holdConfig } from "./current-config.ts";
import { createEvidenceSide, type EvidenceSide, type OpenEvidence } from "./evidence.ts";
import { createGpuWatch } from "./gpu.ts";
import { createHealthSide, type HealthSide } from "./health.ts";
import { createLocalSide, type LocalSide, leaving } from "./local.ts";
import { ollamaServers } from "./ollama-servers.ts";
import { createRoutingSide, type OpenRoutes, type RoutingParts, type RoutingSide } from "./routing.ts";
import { baseUrlsOf } from "./tunnels.ts";

/** What a runtime is built on. */
export interface RuntimeParts {
  readonly loaded: Loaded;
  readonly stores: Stores;
  /** Null where its file cannot be used, or nothing was ever written. */
  readonly projects: ProjectStore | null;
  /** Null where its file cannot be used, or was never written. */
  readonly history: HealthHistory | null;
  readonly openCache: OpenCache;
  readonly openEvidence: OpenEvidence;
  readonly openRoutes: OpenRoutes;
  /** What local models took; null where its file cannot be used. */
  readonly figures: LocalFigureStore | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly send: SendUpstream;
  readonly egress: Egress;
  readonly post: PostJson;
  /** Null where nothing is asked through SSH: a command that only reads. */
  readonly tunnels: Tunnels | null;
  readonly version: string;
}

/** The gateway with everything it stands on, and the one place where its configuration changes. */
export interface Runtime {
  readonly services: Services;
  readonly local: LocalModels;
  readonly gpu: GpuWatch;
  readonly healthSide: HealthSide;
  readonly localSide: LocalSide;
  readonly cacheSide: CacheSide;
  readonly evidenceSide: EvidenceSide;
  readonly routingSide: RoutingSide;
  readonly tunnels: Tunnels | null;
  readonly bus: Bus;
  /** The webhooks. */
  readonly alerts: Alerts;
  readonly projects: ProjectBook;
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

function configuredFacts({ find, settings }: CurrentConfig) {
  return {
    groupOf: (provider: string, account: string): string =>
      find(provider)?.accounts.find((entry) => entry.id === account)?.group ?? account,
    isLocal: (id: string): boolean => find(id)?.provider.isLocal === true,
    /** A local server loads each model by itself: an error of one says nothing of the others. */
    failsAlone: (id: string, { kind }: Fault): boolean =>
      kind === "upstream-error" && find(id)?.provider.isLocal === true,
    isSubscription: (id: string): boolean => find(id)?.auth === "client",
    baselineModel: (): string => settings().baselineModel,
  };
}

/** The bus, and the webhooks, which are told of every event. */
function openBus({ clock, post, log }: RuntimeParts, { webhooks }: Settings): { bus: Bus; alerts: Alerts } {
  const bus = createBus();
  const alerts = createAlerts({ clock, post, log, mintId: () => `evt_${Bun.randomUUIDv7("base64url")}` });
  alerts.use(webhooks);
  bus.subscribe(alerts.offer);
  return { bus, alerts };
}

function closeAll(parts: readonly ({ close(): unknown } | null)[]): void {
  for (const part of parts) part?.close();
}

/** Names lead elsewhere now, and once more when the local engines were asked. */
function lookAgain(tunnels: Tunnels | null, settings: Settings, local: LocalModels, forget: () => void): void {
  tunnels?.keep(baseUrlsOf(settings));
  forget();
  void local.refresh().then(forget);
}

/** What is remembered of answers, and what follows from it: kept answers, what is believed of models, and the router. */
function createKnowledge(
  { openCache, openEvidence, openRoutes, stores, log }: RuntimeParts,
  services: RouterServices,
  near: Pick<RoutingParts, "local" | "localSide" | "find" | "bus">,
): Pick<Runtime, "cacheSide" | "evidenceSide" | "routingSide"> {
  const evidenceSide = createEvidenceSide(openEvidence);
  const routing = { ...near, openRoutes, stores, evidence: evidenceSide, services, log };
  return {
    cacheSide: createCacheSide(openCache, { ...services, log }),
    evidenceSide,
    routingSide: createRoutingSide(routing),
  };
}

/** Builds the gateway on opened stores. */
export function createRuntime(parts: RuntimeParts): Runtime {
  const { stores, clock, log } = parts;
  const config = holdConfig(parts.loaded, parts.redactor);
  const { settings, prices } = config;
  const { bus, alerts } = openBus(parts, settings());
  const shutdown = new AbortController();
  parts.tunnels?.keep(baseUrlsOf(settings()));
  const local = watchLocalModels(() => ollamaServers(settings()), clock);
  const gpu = createGpuWatch(settings, local, clock);
  const facts = configuredFacts(config);
  const health = createHealthBook(clock, bus, () => settings().breaker, facts.groupOf, facts.failsAlone);
  const healthSide = createHealthSide({ ...parts, health, settings, bus });
  const directory = followDirectory(config, local, clock);
  const projects = createProjectBook({ settings, directory: directory.get, now: clock.now, store: parts.projects });
  const budgets = createBudgets({ config, local, directory: directory.get, projects, stores, ...facts, bus, clock });
  const localSide = createLocalSide({ ...parts, config, local, gpu, bus });
  const near = { local, localSide, find: config.find, bus };
  const asked = { settings, budgets, directory: directory.get, project: projects.viewOf, health, prices, clock };
  const { cacheSide, evidenceSide, routingSide } = createKnowledge(parts, asked, near);
  const services: Services = {
    ...asked,
    dialects: DIALECTS,
    ledger: stores.ledger,
    settle: leaving(createSettler({ ...facts, ledger: stores.ledger, prices, bus, clock, log }), localSide.gate),
    cache: cacheSide.cache,
    bus,
    watchdog: createWatchdog(clock),
    router: routingSide.router,
    evidence: evidenceSide.book,
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
    gpu,
    healthSide,
    localSide,
    cacheSide,
    evidenceSide,
    routingSide,
    tunnels: parts.tunnels,
    bus,
    alerts,
    projects,
    loaded: config.loaded,
    use(next) {
      config.use(next);
      alerts.use(next.settings.webhooks);
      health.reset();
      lookAgain(parts.tunnels, next.settings, local, directory.forget);
    },
    abort: () => shutdown.abort(),
    close() {
      shutdown.abort();
      closeAll([{ close: local.stop }, { close: gpu.stop }, healthSide, localSide.scheduler, projects, parts.tunnels]);
    },
  };
}
