import { Document, isMap, isScalar, visit } from "yaml";
import type { Budget } from "../core/budget/budget.ts";
import type { RoutingSettings } from "../core/routing/policy-settings.ts";
import { findProvider } from "../providers/_all.ts";
import type { Provider } from "../providers/provider.ts";
import type { Loaded } from "./load.ts";
import type {
  CacheSettings,
  ConfiguredProvider,
  LocalSettings,
  PaidProbeSettings,
  Settings,
  Webhook,
} from "./settings.ts";
import { shownCascade } from "./show-cascade.ts";
import { shownLimit, shownProject } from "./show-project.ts";
import { shownRule } from "./show-rules.ts";
import { formatDuration, formatSize } from "./units.ts";
import type { ValuePath } from "./yaml-source.ts";

const HIDDEN = "(hidden)";
/** Headers whose value may be a secret. */
const PRIVATE_HEADER = /key|token|secret|auth|cookie|pass/i;

/** A reference to a key as the file would write it; undefined where there is nothing to write. */
function reference(keySource: string): string | undefined {
  return /^(?:env|file):/.test(keySource) ? keySource : undefined;
}

function shownAccounts({ accounts, auth }: ConfiguredProvider): Readonly<Record<string, unknown>> {
  if (auth === "client") return { auth };
  const [only] = accounts;
  if (accounts.length === 1 && only?.id === "default") {
    const key = reference(only.keySource);
    return key === undefined ? {} : { key };
  }
  if (accounts.length === 0) return {};
  return { accounts: accounts.map(({ id, group, keySource }) => ({ id, key: reference(keySource), group })) };
}

function onlyDialect(provider: Provider): string | undefined {
  return provider.endpoints.length === 1 ? provider.endpoints[0]?.dialect : undefined;
}

function shownProvider(configured: ConfiguredProvider): Readonly<Record<string, unknown>> {
  const { provider, models } = configured;
  const headers = Object.entries(provider.headers ?? {}).map(([name, value]) => {
    return [name, PRIVATE_HEADER.test(name) ? HIDDEN : value];
  });
  return {
    ...shownAccounts(configured),
    baseUrl: provider.endpoints[0]?.baseUrl,
    dialect: findProvider(provider.id) === undefined ? onlyDialect(provider) : undefined,
    models: models.length === 0 ? undefined : models,
    best: provider.models.strong,
    cheap: provider.models.cheap,
    headers: headers.length === 0 ? undefined : Object.fromEntries(headers),
    priceId: provider.priceId,
    local: provider.isLocal,
    quirks: Object.keys(provider.quirks ?? {}).length === 0 ? undefined : provider.quirks,
    completions: provider.completions,
  };
}

function shownBudget(budget: Budget): Readonly<Record<string, unknown>> {
  const { scope, name, period, limitNanoUsd, warnAt, over, isUnpricedAllowed } = budget;
  const limitUsd = shownLimit(limitNanoUsd);
  const unpriced = isUnpricedAllowed ? "allow" : "deny";
  return { scope, name: name ?? undefined, period, limitUsd, warnAt: [...warnAt], over, unpriced };
}

function shownWebhook({ url, secretSource, events }: Webhook): Readonly<Record<string, unknown>> {
  return { url, secret: secretSource ?? undefined, events: events.length === 0 ? undefined : [...events] };
}

function shownPaid(paid: PaidProbeSettings | null): Readonly<Record<string, unknown>> | undefined {
  if (paid === null) return undefined;
  const { models, everyMs, capNanoUsd } = paid;
  return { models: [...models], every: formatDuration(everyMs), capUsdPerDay: shownLimit(capNanoUsd) };
}

function shownLocal(local: LocalSettings): Readonly<Record<string, unknown>> {
  return {
    schedule: local.isScheduled ? "on" : "off",
    maxWait: formatDuration(local.maxWaitMs),
    overflow: local.overflowMs === null ? "off" : formatDuration(local.overflowMs),
    parallel: local.parallel ?? "auto",
    warm: local.warm,
    keepAlive: local.keepAlive,
    contextTokens: local.contextTokens,
    images: { shares: local.imagesShare ?? "off" },
  };
}

function shownCache({ ttlMs, maxBytes, maxTemperature, always }: CacheSettings): Readonly<Record<string, unknown>> {
  return {
    ttl: ttlMs === 0 ? "off" : formatDuration(ttlMs),
    maxBytes: formatSize(maxBytes),
    maxTemperature,
    always: [...always],
  };
}

function shownRouting(routing: RoutingSettings): Readonly<Record<string, unknown>> {
  const { mode, dial, floors, pool, isSticky, explore, cascade } = routing;
  return {
    mode,
    dial,
    floor: { ...floors },
    pool: [...pool],
    sticky: isSticky,
    cascade: shownCascade(cascade),
    explore: { ...explore },
  };
}

/**
 * The settings as plain data in the words of the configuration file, without any secret: a key is shown as the
 * reference that leads to it, and a header that may hold one is hidden.
 */
export function shownSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const { server, deadlines, retries, breaker, health, retention, log } = settings;
  return {
    server: {
      host: server.host,
      port: server.port,
      adminPort: server.adminPort,
      allowedHosts: server.allowedHosts,
      allowedOrigins: server.allowedOrigins,
      maxBody: formatSize(settings.maxBodyBytes),
      drain: formatDuration(settings.drainMs),
      heartbeat: formatDuration(settings.heartbeatMs),
    },
    providers: Object.fromEntries(settings.providers.map((entry) => [entry.provider.id, shownProvider(entry)])),
    aliases: settings.aliases,
    chains: settings.chains,
    deadlines: {
      connect: formatDuration(deadlines.connectMs),
      headers: formatDuration(deadlines.headersMs),
      firstToken: formatDuration(deadlines.firstTokenMs),
      idle: formatDuration(deadlines.idleMs),
      total: deadlines.totalMs === null ? "none" : formatDuration(deadlines.totalMs),
    },
    retries: {
      attempts: retries.attemptsPerTarget,
      base: formatDuration(retries.baseMs),
      max: formatDuration(retries.maxMs),
    },
    breaker: { failures: breaker.failures, window: formatDuration(breaker.windowMs), off: breaker.isOff },
    health: { probes: health.hasProbes, every: formatDuration(health.everyMs), paid: shownPaid(health.paid) },
    budgets: settings.budgets.map(shownBudget),
    timeZone: settings.timeZone,
    webhooks: settings.webhooks.map(shownWebhook),
    projects: Object.fromEntries(Object.entries(settings.projects).map(([name, rules]) => [name, shownProject(rules)])),
    cache: shownCache(settings.cache),
    routing: {
      ...shownRouting(settings.routing),
      rules: settings.rules.length === 0 ? undefined : settings.rules.map(shownRule),
    },
    retention: {
      ledger: `${retention.ledgerDays}d`,
      requests: `${retention.requestsDays}d`,
      routes: `${retention.routesDays}d`,
      responses: retention.responsesDays === 0 ? "off" : `${retention.responsesDays}d`,
      responsesSize: formatSize(retention.responsesBytes),
    },
    prices: { overrides: settings.prices.overrides },
    local: shownLocal(settings.local),
    log: { level: log.level, maxSize: formatSize(log.maxBytes), keepFiles: log.keepFiles },
    strict: settings.isStrict,
    baselineModel: settings.baselineModel,
  };
}

function annotate(node: unknown, path: ValuePath, sourceOf: (path: ValuePath) => string): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const inner = [...path, String(key.value)];
    if (isMap(value) && inner.length === 1 && value.items.length > 0) annotate(value, inner, sourceOf);
    else if (isScalar(value)) value.comment = ` ${sourceOf(inner)}`;
    else key.commentBefore = ` ${sourceOf(inner)}`;
  }
}

/** Short lists on one line, as people write them. */
function compactLists(document: Document): void {
  visit(document, {
    Seq(_, list) {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
}

/** The resolved configuration as YAML, each value with the place it was set at: what `config show --resolved` prints. */
export function showSettings(loaded: Loaded): string {
  const document = new Document(shownSettings(loaded.settings), { keepUndefined: false });
  const origins = new Map(loaded.settings.providers.map((entry) => [entry.provider.id, entry.origin]));
  compactLists(document);
  annotate(document.contents, [], (path) => {
    const place = loaded.sourceOf(path);
    const origin = path[0] === "providers" && place === "default" ? origins.get(String(path[1])) : undefined;
    return origin ?? place;
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
