import { shownSettings } from "../config/show.ts";
import type { LocalView, ModelView } from "../core/admin-view.ts";
import type { PaidProbesView } from "../core/health-view.ts";
import type { JsonObject } from "../core/json.ts";
import { currentFetchCap } from "../host/process.ts";
import type { AdminContext, AdminControl } from "../http/admin/context.ts";
import { createAdminSessions } from "../http/admin/session.ts";
import { listModels } from "../http/models.ts";
import type { Stores } from "../stores/open.ts";
import type { ResponseStore } from "../stores/ports.ts";
import { cacheDesk } from "./cache.ts";
import { evidenceDesk } from "./evidence.ts";
import { gpuHistory } from "./gpu.ts";
import type { OwnKeyring } from "./keyring.ts";
import { localCatalog } from "./local-catalog.ts";
import { priceReports } from "./prices.ts";
import { routeDesk } from "./routing.ts";
import type { Runtime } from "./runtime.ts";
import { randomSecret } from "./secret.ts";

/** What a serving process says of itself. `startedAt` is Unix ms. */
export interface Serving {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly startedAt: number;
  /** Requests being answered on the API port. */
  readonly pending: number;
  /** Why the last reload was refused, if it was. */
  readonly configProblem: string | null;
  readonly paidProbes: PaidProbesView | null;
}

/** What the admin surface needs beyond an opened state. */
export interface AdminParts {
  readonly runtime: Runtime;
  readonly stores: Stores;
  /** Null where their file cannot be used, or is not opened for a command that only reads. */
  readonly responses: ResponseStore | null;
  readonly stateDir: string;
  /** Null where nothing may be written. */
  readonly keyring: OwnKeyring | null;
  readonly token: string;
  readonly version: string;
  /** The running listeners; null for a command that brought the state up without serving. */
  readonly serving: () => Serving | null;
  readonly control: AdminControl | null;
}

/** Model servers on this machine, asked now. */
async function localViews({ local, loaded }: Runtime): Promise<readonly LocalView[]> {
  await local.refresh();
  return loaded()
    .settings.providers.filter(
      ({ provider }) => provider.isLocal === true && provider.endpoints[0]?.dialect === "ollama",
    )
    .map(({ provider }) => {
      const state = local.stateOf(provider.id);
      return {
        provider: provider.id,
        url: provider.endpoints[0]?.baseUrl ?? "",
        isReachable: state !== null,
        models: (state?.installed ?? []).map((model) => model.name),
      };
    });
}

/** Every model that can be asked by name. */
function modelViews({ services, local }: Runtime): readonly ModelView[] {
  const directory = services.directory();
  const aliases = Object.entries(directory.aliases);
  return listModels({ directory, prices: services.prices, local, nowMs: services.clock.now() }).flatMap(
    ({ id, provider, facts, inputUsd, outputUsd, isLocal, canDraw }) =>
      provider === null
        ? []
        : [
            {
              id,
              provider,
              model: id.slice(provider.length + 1),
              aliases: aliases.filter(([, target]) => target === id).map(([alias]) => alias),
              inputUsd,
              outputUsd,
              isLocal,
              contextTokens: facts?.contextTokens ?? null,
              canUseTools: facts?.canUseTools ?? null,
              canReadImages: facts?.canReadImages ?? null,
              canReason: facts?.canReason ?? null,
              ...(canDraw === true ? { canDraw } : {}),
            },
          ],
  );
}

function describeProcess(parts: AdminParts, serving: Serving | null): ReturnType<AdminContext["daemon"]> {
  const { settings, prices } = parts.runtime.services;
  return {
    running: serving !== null,
    pid: serving === null ? null : process.pid,
    version: parts.version,
    apiUrl: serving?.apiUrl ?? null,
    adminUrl: serving?.adminUrl ?? null,
    stateDir: parts.stateDir,
    configFile: settings().file,
    configProblem: serving?.configProblem ?? null,
    startedAt: serving?.startedAt ?? null,
    openStreams: serving?.pending ?? 0,
    fetchCap: currentFetchCap(),
    prices: { source: prices.source, date: prices.date },
  };
}

/** Deletes all that is kept, chunk by chunk; returns how many. */
function purge(responses: ResponseStore): number {
  let deleted = 0;
  for (let chunk = -1; chunk !== 0; deleted += chunk) chunk = responses.prune(Number.POSITIVE_INFINITY);
  return deleted;
}

/** Fills what the admin surface sees. */
export function adminContext(parts: AdminParts): AdminContext {
  const { runtime, stores, keyring } = parts;
  const { services } = runtime;
  const { clock } = services;
  return {
    token: parts.token,
    sessions: createAdminSessions(randomSecret, () => clock.now()),
    ledger: stores.ledger,
    prices: services.prices,
    keyStore: stores.keys,
    projects: runtime.projects,
    cache: cacheDesk(runtime.cacheSide, parts.stateDir),
    evidence: evidenceDesk(runtime.evidenceSide, runtime.local),
    route: routeDesk(runtime.routingSide, runtime.local),
    settings: services.settings,
    config: () => shownSettings(services.settings()) as JsonObject,
    daemon: () => describeProcess(parts, parts.serving()),
    health: () => (parts.serving() === null ? null : services.health.snapshot()),
    availability: runtime.healthSide.buckets,
    probes: runtime.healthSide.prober.views,
    paidProbes: () => parts.serving()?.paidProbes ?? null,
    local: () => localViews(runtime),
    localSchedule: () => ({
      servers: runtime.localSide.scheduler.snapshot(),
      truncations: runtime.localSide.truncations,
      predictions: runtime.localSide.scores(),
    }),
    gpu: {
      read: runtime.gpu.read,
      latest: runtime.gpu.latest,
      hurry: runtime.gpu.hurry,
      history: (from) => gpuHistory(parts.stateDir, from, clock.now()),
    },
    tunnels: () => (parts.serving() === null ? [] : (runtime.tunnels?.views() ?? [])),
    localCatalog: localCatalog(runtime, process.env),
    models: async () => {
      await runtime.local.refresh();
      return modelViews(runtime);
    },
    priceReports: priceReports(runtime.loaded, () => clock.now()),
    mintKey(wish) {
      if (keyring === null) throw new Error("a reading command mints no key");
      return keyring.mint(wish);
    },
    budgets: () => services.budgets.states(),
    webhooks: () => runtime.alerts.views(),
    testWebhooks: () => runtime.alerts.test(services.settings().webhooks),
    purgeResponses: () => (parts.responses === null ? null : purge(parts.responses)),
    control: parts.control,
    now: () => clock.now(),
  };
}
