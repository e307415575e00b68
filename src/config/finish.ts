import type { RateCard } from "../core/price.ts";
import type { RoutingSettings } from "../core/routing/policy-settings.ts";
import { budgetsOf } from "./budgets.ts";
import { compact } from "./compact.ts";
import { projectsOf } from "./projects.ts";
import type { Config } from "./schema.ts";
import { finishCascade } from "./schema-cascade.ts";
import { ruleTestsOf } from "./schema-rules-tests.ts";
import type {
  CacheSettings,
  ConfiguredProvider,
  LocalSettings,
  PaidProbeSettings,
  Settings,
  Webhook,
} from "./settings.ts";

const MEBIBYTE = 1024 ** 2;
const HOUR_MS = 3_600_000;
/** 5 cents: thousands of tokens of most models. */
const PROBE_CAP_NANO_USD = 50_000_000;

type Paid = NonNullable<NonNullable<Config["health"]>["paid"]>;

function rateCards(overrides: NonNullable<NonNullable<Config["prices"]>["overrides"]>): Record<string, RateCard> {
  return Object.fromEntries(Object.entries(overrides).map(([model, card]) => [model, compact(card) as RateCard]));
}

function finishLocal(local: NonNullable<Config["local"]>): LocalSettings {
  return {
    isScheduled: local.schedule !== "off",
    maxWaitMs: local.maxWait ?? 30_000,
    overflowMs: local.overflow === undefined ? 60_000 : local.overflow,
    parallel: local.parallel ?? null,
    warm: local.warm ?? "last-used",
    keepAlive: local.keepAlive ?? "5m",
    contextTokens: local.contextTokens ?? 8192,
    imagesShare: local.images?.shares === "off" ? null : (local.images?.shares ?? "same-host"),
  };
}

function paidProbesOf({ models = [], every, capUsdPerDay }: Paid): PaidProbeSettings | null {
  if (models.length === 0) return null;
  return { models, everyMs: every ?? HOUR_MS, capNanoUsd: capUsdPerDay ?? PROBE_CAP_NANO_USD };
}

function finishCache(cache: NonNullable<Config["cache"]>): CacheSettings {
  return {
    ttlMs: cache.ttl ?? 86_400_000,
    maxBytes: cache.maxBytes ?? 256 * MEBIBYTE,
    maxTemperature: cache.maxTemperature ?? 0,
    always: cache.always ?? [],
  };
}

function finishRouting(routing: NonNullable<Config["routing"]>): RoutingSettings {
  return {
    mode: routing.mode ?? "on",
    dial: routing.dial ?? 5,
    floors: compact(routing.floor ?? {}),
    pool: routing.pool ?? [],
    isSticky: routing.sticky ?? true,
    explore: { share: routing.explore?.share ?? 0, capUsd: routing.explore?.capUsd ?? 0.1 },
    cascade: finishCascade(routing.cascade),
  };
}

/** Fills in every default: the one place where they stand. */
export function finishSettings(
  config: Config,
  providers: readonly ConfiguredProvider[],
  file: string | null,
  isAdminPortExplicit: boolean,
  webhooks: readonly Webhook[],
): Settings {
  const { server, deadlines, retries, breaker, health, retention, local, log } = config;
  const timeZone = config.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return {
    server: {
      host: server?.host ?? "127.0.0.1",
      port: server?.port ?? 4000,
      adminPort: server?.adminPort ?? 8080,
      isAdminPortExplicit,
      allowedHosts: server?.allowedHosts ?? [],
      allowedOrigins: server?.allowedOrigins ?? [],
    },
    providers,
    aliases: config.aliases ?? {},
    chains: { default: ["free", "cheap", "best"], ...config.chains },
    deadlines: {
      connectMs: deadlines?.connect ?? 10_000,
      headersMs: deadlines?.headers ?? 600_000,
      firstTokenMs: deadlines?.firstToken ?? 120_000,
      idleMs: deadlines?.idle ?? 120_000,
      totalMs: deadlines?.total ?? null,
    },
    retries: {
      attemptsPerTarget: retries?.attempts ?? 2,
      baseMs: retries?.base ?? 250,
      maxMs: retries?.max ?? 5000,
    },
    breaker: {
      failures: breaker?.failures ?? 5,
      windowMs: breaker?.window ?? 60_000,
      isOff: breaker?.off ?? false,
    },
    health: {
      hasProbes: health?.probes ?? true,
      everyMs: health?.every ?? 60_000,
      paid: paidProbesOf(health?.paid ?? {}),
    },
    retention: {
      ledgerDays: retention?.ledger ?? 90,
      requestsDays: retention?.requests ?? 14,
      routesDays: retention?.routes ?? 30,
      responsesDays: retention?.responses ?? 30,
      responsesBytes: retention?.responsesSize ?? 256 * MEBIBYTE,
    },
    cache: finishCache(config.cache ?? {}),
    routing: finishRouting(config.routing ?? {}),
    rules: config.routing?.rules ?? [],
    ruleTests: ruleTestsOf(config.routing?.tests, timeZone),
    budgets: budgetsOf(config),
    timeZone,
    webhooks,
    projects: projectsOf(config),
    prices: { overrides: rateCards(config.prices?.overrides ?? {}) },
    local: finishLocal(local ?? {}),
    isStrict: config.strict ?? false,
    maxBodyBytes: server?.maxBody ?? 64 * MEBIBYTE,
    drainMs: server?.drain ?? 30_000,
    heartbeatMs: server?.heartbeat ?? 4000,
    baselineModel: config.baselineModel ?? "anthropic/claude-sonnet-5",
    log: {
      level: log?.level ?? "info",
      maxBytes: log?.maxSize ?? 10 * MEBIBYTE,
      keepFiles: log?.keepFiles ?? 5,
    },
    file,
  };
}
