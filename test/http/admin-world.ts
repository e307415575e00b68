import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEvidenceSide, evidenceDesk } from "../../src/compose/evidence.ts";
import { priceReports } from "../../src/compose/prices.ts";
import { loadSettings } from "../../src/config/load.ts";
import type { Settings } from "../../src/config/settings.ts";
import type { ModelView, WebhookTrialView, WebhookView } from "../../src/core/admin-view.ts";
import type { BudgetState } from "../../src/core/budget/budget.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import type { EvidenceStore } from "../../src/core/evidence-store.ts";
import { refusal } from "../../src/core/fault.ts";
import { gpuView, noGpu } from "../../src/core/gpu/gpu.ts";
import { NO_LIMITS } from "../../src/core/key-limits.ts";
import type { AttemptIntent, AttemptOutcome } from "../../src/core/ledger.ts";
import { failure } from "../../src/core/result.ts";
import { DIALECTS } from "../../src/dialects/_all.ts";
import { createLocalCatalog } from "../../src/features/local-catalog/local-catalog.ts";
import { type AvailabilityBook, createAvailabilityBook } from "../../src/gateway/availability.ts";
import { createProjectBook, type ProjectBook } from "../../src/gateway/projects.ts";
import { createPriceBook } from "../../src/host/prices/book.ts";
import type { AdminContext, AdminControl, GpuDesk } from "../../src/http/admin/context.ts";
import { createAdminSessions } from "../../src/http/admin/session.ts";
import { openEvidenceStore } from "../../src/stores/evidence.ts";
import { openHealthHistory } from "../../src/stores/health-history.ts";
import { openStores, type Stores } from "../../src/stores/open.ts";
import type { CacheStore } from "../../src/stores/ports.ts";
import { openProjectStore } from "../../src/stores/projects.ts";
import { openResponseCache } from "../../src/stores/response-cache.ts";
import { intentOf, NOON, outcomeOf, PRICE } from "../stores/attempts.ts";
import { openEngine } from "../support/engine-queue.ts";

export { NOON };

/** The admin credential of every test world. */
export const TOKEN = "admin-token-of-this-test-0123456789abcdefghi";

/** An admin context over real stores in a folder of its own, with a clock that stands still. */
export interface AdminWorld {
  readonly admin: AdminContext;
  readonly stores: Stores;
  readonly stateDir: string;
  /** Settles attempts as given; missing members are those of an ordinary answered call. */
  settle(...attempts: readonly (Partial<AttemptIntent> & Partial<AttemptOutcome>)[]): Promise<void>;
  emit(event: LodestarEvent): void;
  readonly stops: string[];
  close(): void;
}

/** What a test may choose. */
export interface WorldOptions {
  /** Ollama servers by provider; none by default. */
  readonly ollama?: Readonly<Record<string, string>>;
  /** Where models lie on this machine; nowhere by default. */
  readonly modelFolders?: readonly string[];
  readonly isRunning?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly reload?: AdminControl["reload"];
  readonly cacheCounts?: ReturnType<AdminContext["cache"]["counts"]>;
  readonly probes?: ReturnType<AdminContext["probes"]>;
  readonly paidProbes?: ReturnType<AdminContext["paidProbes"]>;
  readonly health?: ReturnType<AdminContext["health"]>;
  readonly apiUrl?: string;
  readonly budgets?: readonly BudgetState[];
  readonly webhooks?: readonly WebhookView[];
  readonly trials?: readonly WebhookTrialView[];
  /** UTC by default. */
  readonly timeZone?: string;
  readonly gpu?: GpuDesk;
  /** In the place of a local and a paid one. */
  readonly models?: readonly ModelView[];
}

/** A machine without a driver. */
const NO_GPU_DESK: GpuDesk = {
  read: async () => gpuView(noGpu(NOON, "no NVIDIA driver is installed here"), null),
  latest: () => null,
  hurry: () => undefined,
  history: (from) => ({ from, stepMs: 10_000, samples: [] }),
};

function settingsOf(stateDir: string, environment: Readonly<Record<string, string>>): Settings {
  const inputs = {
    flags: { stateDir },
    environment: { HOME: stateDir, ...environment },
    systemFile: join(stateDir, "none"),
  };
  const loaded = loadSettings(inputs);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.settings;
}

function openTestStores(stateDir: string): Stores {
  const clock = { now: () => NOON, after: () => () => undefined };
  const stores = openStores({ stateDir, clock });
  if (!stores.ok) throw new Error(JSON.stringify(stores.error));
  return stores.value;
}

function openBook(stateDir: string, settings: Settings): ProjectBook {
  const store = openProjectStore({ stateDir });
  if (!store.ok) throw new Error(JSON.stringify(store.error));
  const directory = { sources: [], unconfigured: [], aliases: {}, chains: {}, pullHint: "" };
  return createProjectBook({
    store: store.value,
    settings: () => settings,
    directory: () => directory,
    now: () => NOON,
  });
}

/** What became of the calls that a test settles; all of it waits to be written. */
function openCache(stateDir: string): CacheStore {
  const opened = openResponseCache({ stateDir, maxBytes: () => 1_000_000 });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function openEvidence(stateDir: string): EvidenceStore {
  const opened = openEvidenceStore({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function openCalls(stateDir: string): AvailabilityBook {
  const store = openHealthHistory({ stateDir });
  if (!store.ok) throw new Error(JSON.stringify(store.error));
  const clock = { now: () => NOON, monotonic: () => 0, after: () => () => undefined, random: () => 0 };
  return createAvailabilityBook(store.value, clock, { write: () => undefined });
}

function minter(stores: Stores): AdminContext["mintKey"] {
  let count = 0;
  return (wish) => {
    count += 1;
    const secret = `ls-secret-number-${count}-tail`;
    const key = { limits: NO_LIMITS, ...wish, id: `key_${count}`, hint: "ls-…tail", createdAt: NOON };
    stores.keys.create(key, `digest-${count}`);
    return { key: { ...key, revokedAt: null, lastUsedAt: null }, secret };
  };
}

/** Builds a world. */
export function makeAdminWorld(options: WorldOptions = {}): AdminWorld {
  const { isRunning = true, environment = { DEEPSEEK_API_KEY: "sk-canary-4711" } } = options;
  const stateDir = mkdtempSync(join(tmpdir(), "lodestar-admin-"));
  const stores = openTestStores(stateDir);
  const settings = { ...settingsOf(stateDir, environment), timeZone: options.timeZone ?? "UTC" };
  const listeners = new Set<(event: LodestarEvent) => void>();
  const stops: string[] = [];
  let secrets = 0;
  const control: AdminControl = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload: options.reload ?? (async () => ({ ok: true, value: "nothing changed" })),
    stop: (reason) => stops.push(reason),
  };
  const projects = openBook(stateDir, settings);
  const calls = openCalls(stateDir);
  const cache = openCache(stateDir);
  const evidence = createEvidenceSide(() => openEvidence(stateDir));
  const admin: AdminContext = {
    token: TOKEN,
    sessions: createAdminSessions(
      () => `session-${++secrets}`,
      () => NOON,
    ),
    ledger: stores.ledger,
    prices: createPriceBook({ overrides: {}, isLocalProvider: (provider) => provider === "ollama" }),
    priceReports: priceReports(
      () => ({ settings, stateDir }),
      () => NOON,
    ),
    keyStore: stores.keys,
    projects,
    cache: { store: cache, reader: () => cache, counts: () => options.cacheCounts ?? null },
    evidence: evidenceDesk(evidence, { stateOf: () => null }),
    route: {
      router: {
        consider: () => failure({ ...refusal("no_local_model", "nothing is configured here") }),
        spokeFor: () => [],
      },
      dialects: DIALECTS,
      log: () => null,
      flush: () => undefined,
      dialFloors: () => null,
      look: () => Promise.resolve(),
    },
    settings: () => settings,
    config: () => ({ server: { port: settings.server.port } }),
    daemon: () => ({
      running: isRunning,
      pid: isRunning ? 4711 : null,
      version: "1.2.3",
      apiUrl: isRunning ? (options.apiUrl ?? "http://127.0.0.1:4000") : null,
      adminUrl: isRunning ? "http://127.0.0.1:8080" : null,
      stateDir,
      configFile: null,
      configProblem: null,
      startedAt: isRunning ? NOON - 3_600_000 : null,
      openStreams: 0,
      fetchCap: 16_384,
      prices: { source: "genai-prices 0.1.8", date: "2026-08-21" },
    }),
    health: () => (isRunning ? (options.health ?? []) : null),
    availability: calls.buckets,
    probes: () => options.probes ?? [],
    paidProbes: () => (isRunning ? (options.paidProbes ?? null) : null),
    localSchedule: () => ({ servers: [], truncations: new Map(), predictions: new Map() }),
    local: async () => [
      { provider: "ollama", url: "http://127.0.0.1:11434", isReachable: true, models: ["qwen2.5-coder:1.5b"] },
    ],
    tunnels: () => [],
    gpu: options.gpu ?? NO_GPU_DESK,
    localCatalog: createLocalCatalog({
      servers: () => new Map(Object.entries(options.ollama ?? {})),
      ...openEngine(),
      folders: options.modelFolders ?? [],
      monotonic: () => performance.now(),
    }),
    models: async () =>
      options.models ?? [
        {
          id: "ollama/qwen2.5-coder:1.5b",
          provider: "ollama",
          model: "qwen2.5-coder:1.5b",
          aliases: ["coder"],
          inputUsd: 0,
          outputUsd: 0,
          isLocal: true,
          contextTokens: 32_768,
          canUseTools: true,
          canReadImages: false,
          canReason: false,
        },
        {
          id: "deepseek/deepseek-v4-flash",
          provider: "deepseek",
          model: "deepseek-v4-flash",
          aliases: [],
          inputUsd: 0.14,
          outputUsd: 0.28,
          isLocal: false,
          contextTokens: null,
          canUseTools: true,
          canReadImages: null,
          canReason: true,
        },
      ],
    mintKey: minter(stores),
    budgets: () => options.budgets ?? [],
    webhooks: () => options.webhooks ?? [],
    testWebhooks: async () => options.trials ?? [],
    purgeResponses: () => 3,
    control: isRunning ? control : null,
    now: () => NOON,
  };
  return {
    admin,
    stores,
    stateDir,
    stops,
    settle: async (...attempts) => {
      for (const attempt of attempts) {
        const [intent, outcome] = [pick(intentOf(), attempt), pick(outcomeOf(), attempt)];
        calls.note({ event: "settled", at: outcome.endedAt, intent, outcome });
        stores.ledger.reserve(pick(intentOf(), attempt));
        stores.ledger.settle(pick(outcomeOf(), attempt), PRICE);
      }
      await stores.ledger.flush();
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    close: () => {
      calls.close();
      cache.close();
      evidence.close();
      projects.close();
      stores.close();
    },
  };
}

/** `base` with those members of `more` that it has, so that intent members never reach an outcome. */
function pick<Base extends object>(base: Base, more: object): Base {
  const known = Object.entries(more).filter(([name]) => name in base);
  return { ...base, ...Object.fromEntries(known) };
}
