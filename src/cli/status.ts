import type { StatusView } from "../core/admin-view.ts";
import type { HealthView, ModelHealthView } from "../core/health-view.ts";
import { formatUsd } from "../core/money.ts";
import { type Result, success } from "../core/result.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatBytes, formatCount, formatDuration, formatPlural, formatTime } from "../terminal/format.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { hasUnicode } from "../terminal/strip.ts";
import { type Column, renderFacts, renderTable } from "../terminal/table.ts";
import type { Colours } from "../terminal/terminal.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { type Connection, notRunning, openAdmin, readView } from "./connection.ts";
import { canShowLive } from "./live-screen.ts";
import { paidProbeLines } from "./paid-probe-words.ts";
import { paintProvider, providerState } from "./provider/words.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";
import {
  answeredWords,
  cooldownLines,
  type HealthLook,
  modelHealthLines,
  providerHealthLines,
} from "./status-health.ts";
import { watchAsJson, watchLive } from "./status-watch.ts";
import { tunnelLines } from "./tunnel-words.ts";

type ProviderRow = StatusView["providers"][number];

function columns({ local }: StatusView, style: Colours): readonly Column<ProviderRow>[] {
  return [
    { title: "provider", cell: ({ id }) => id },
    { title: "state", cell: (row) => providerState(row, local), paint: (text, row) => paintProvider(text, row, style) },
    { title: "answered, 24 h", cell: ({ availability }) => answeredWords(availability) },
    {
      title: "key from",
      cell: ({ accounts }) => accounts.map(({ keySource }) => keySource).join(" "),
      canShrink: true,
    },
    { title: "last error", cell: ({ lastError }) => lastError ?? "", canShrink: true },
  ];
}

function ledgerWords({ ledger }: StatusView["daemon"], now: number): string {
  if (ledger.lastError !== null) return `NOT WRITING: ${ledger.lastError} (${ledger.queued} rows wait)`;
  const last = ledger.committedAt === null ? "nothing written yet" : `last row ${formatTime(ledger.committedAt, now)}`;
  return ledger.queued === 0 ? last : `${last}, ${formatPlural(ledger.queued, "row")} waiting`;
}

function cacheWords({ cache }: StatusView): string {
  if (cache.ttlMs === 0) return "off";
  const kept = `${formatPlural(cache.entries, "answer")}, ${formatBytes(cache.bytes)}`;
  return `${kept}; given again ${formatPlural(cache.hits, "time")}, which saved ${formatUsd(cache.savedNanoUsd)}`;
}

function daemonFacts(view: StatusView, now: number): readonly (readonly [string, string])[] {
  const { daemon, today } = view;
  const unpriced = today.unpriced === 0 ? "" : `, ${today.unpriced} without a known price`;
  const spent = [
    "today",
    `${formatPlural(today.requests, "request")}, ${formatUsd(today.costNanoUsd)}${unpriced}`,
  ] as const;
  const state = [
    ["state", daemon.stateDir],
    ["config", daemon.configFile ?? "none (not needed)"],
    ...(daemon.configProblem === null
      ? []
      : ([["", `its last change is refused, so the older one is in use: ${daemon.configProblem}`]] as const)),
  ] as const;
  if (!daemon.running) return [...state, spent];
  const uptime = daemon.startedAt === null ? "" : `, up ${formatDuration(now - daemon.startedAt)}`;
  return [
    ["daemon", `running, version ${daemon.version}, pid ${daemon.pid ?? "?"}${uptime}`],
    ["API", daemon.apiUrl ?? ""],
    ["admin", daemon.adminUrl ?? ""],
    ["key", daemon.keyRequired ? "required" : "any (none was created)"],
    ...state,
    ["prices", `${daemon.prices.source}, ${daemon.prices.date}`],
    ["ledger", ledgerWords(daemon, now)],
    ["cache", cacheWords(view)],
    ["streams", `${daemon.openStreams} open, at most ${formatCount(daemon.fetchCap)} upstream calls at once`],
    spent,
  ];
}

/** What is shown: the state, and the models where they were asked for. */
interface Shown {
  readonly status: StatusView;
  readonly models: readonly ModelHealthView[] | null;
}

function localLines({ local }: StatusView): readonly string[] {
  return local.map(({ provider, url, isReachable, models }) => {
    const names = models.length === 0 ? "no model pulled" : models.join(", ");
    return `${provider} at ${url}: ${isReachable ? names : "not reachable"}`;
  });
}

function statusLines({ status, models }: Shown, look: HealthLook): readonly string[] {
  const { providers } = status;
  const locals = localLines(status);
  return [
    ...renderFacts(daemonFacts(status, look.now), look.style),
    ...(providers.length === 0 ? [] : ["", ...renderTable(providers, columns(status, look.style), look)]),
    ...cooldownLines(status, look),
    ...paidProbeLines(status, look),
    ...(models === null ? providerHealthLines(status, look) : modelHealthLines(models, look)),
    ...(locals.length === 0 ? [] : ["", ...locals]),
    ...tunnelLines(status.tunnels, look, look.now),
  ];
}

async function read(connection: Connection, hasModels: boolean): Promise<Result<Shown, CliProblem>> {
  const status = await readView<StatusView>(connection, "/v1/status");
  if (!status.ok) return status;
  if (!hasModels) return success({ status: status.value, models: null });
  const health = await readView<HealthView>(connection, "/v1/health");
  return health.ok ? success({ status: status.value, models: health.value.models }) : health;
}

function jsonOf({ status, models }: Shown): object {
  return models === null ? status : { ...status, models };
}

function lookOf({ terminal, environment, ...host }: CliHost, width: number): HealthLook {
  return { columns: width, style: terminal.style, isUnicode: hasUnicode(environment), now: host.now() };
}

async function showOnce(host: CliHost, connection: Connection, args: StatusArgs): Promise<Outcome> {
  const shown = await read(connection, args.models);
  if (!shown.ok) return shown.error;
  const { terminal } = host;
  const { daemon } = shown.value.status;
  if (args.json) terminal.out(JSON.stringify(jsonOf(shown.value)));
  else for (const line of statusLines(shown.value, lookOf(host, terminal.columns))) terminal.out(line);
  if (daemon.running) return EXIT_CODES.ok;
  return args.json ? EXIT_CODES.notRunning : notRunning(daemon.stateDir);
}

function watch(host: CliHost, connection: Connection, { models, json }: StatusArgs): Promise<Outcome> {
  const readShown = (): Promise<Result<Shown, CliProblem>> => read(connection, models);
  if (json) return watchAsJson(host, connection, readShown, jsonOf);
  return watchLive(host, connection, readShown, (shown, size) => statusLines(shown, lookOf(host, size.columns)));
}

interface StatusArgs {
  readonly json: boolean;
  readonly models: boolean;
}

export const command = defineCommand({
  meta: {
    name: "status",
    description: "Whether the daemon runs, and how its providers, models and ledger do",
    group: "See",
    examples: [
      ["lodestar status --watch", "live; who is left out, for how long, and why"],
      ["lodestar status --models", "availability of every model over 1 h, 24 h and 90 d"],
      ["lodestar status --json", "for scripts; exit code 7 when no daemon runs"],
    ],
    notes: [
      "Without a daemon it shows the last known state from the database, and ends with exit code 7.",
      "Availability counts calls that providers did not answer. What is wrong in a request itself, a model that does not exist and clients that leave count nowhere; where nothing was asked there is no data.",
    ],
  },
  args: {
    models: { type: "boolean", description: "availability of models instead of providers" },
    watch: { type: "boolean", alias: "w", description: "go on; on a terminal live, with --json a line each second" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const opened = await openAdmin(host, args, "read");
    if (!opened.ok) return opened.error;
    const connection = opened.value;
    try {
      if (!args.watch || !(args.json || canShowLive(host))) return await showOnce(host, connection, args);
      return await watch(host, connection, args);
    } finally {
      await connection.close();
    }
  },
});
