import type { StatusView } from "../core/admin-view.ts";
import { formatUsd } from "../core/money.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCount, formatDuration, formatPlural, formatTime } from "../terminal/format.ts";
import { type Column, renderFacts, renderTable } from "../terminal/table.ts";
import type { Colours, Terminal } from "../terminal/terminal.ts";
import { defineCommand } from "./command.ts";
import { fetchView, notRunning } from "./connection.ts";
import { paintProvider, providerState } from "./provider-words.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

type ProviderRow = StatusView["providers"][number];

function availabilityWords({ availability }: ProviderRow): string {
  const { attempts, ratio } = availability;
  return ratio === null ? "no calls" : `${(ratio * 100).toFixed(1)} % of ${formatCount(attempts)}`;
}

function columns({ local }: StatusView, style: Colours): readonly Column<ProviderRow>[] {
  return [
    { title: "provider", cell: ({ id }) => id },
    { title: "state", cell: (row) => providerState(row, local), paint: (text, row) => paintProvider(text, row, style) },
    { title: "answered, 24 h", cell: availabilityWords },
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
    ["streams", `${daemon.openStreams} open, at most ${formatCount(daemon.fetchCap)} upstream calls at once`],
    spent,
  ];
}

function show(view: StatusView, terminal: Terminal, now: number): void {
  for (const line of renderFacts(daemonFacts(view, now), terminal.style)) terminal.out(line);
  if (view.providers.length > 0) terminal.out("");
  if (view.providers.length > 0) {
    for (const line of renderTable(view.providers, columns(view, terminal.style), terminal)) terminal.out(line);
  }
  for (const local of view.local) {
    const models = local.models.length === 0 ? "no model pulled" : local.models.join(", ");
    terminal.out(`\n${local.provider} at ${local.url}: ${local.isReachable ? models : "not reachable"}`);
  }
}

export const command = defineCommand({
  meta: {
    name: "status",
    description: "Whether the daemon runs, and how its providers, models and ledger do",
    group: "See",
    examples: [["lodestar status --json", "for scripts; exit code 7 when no daemon runs"]],
    notes: ["Without a daemon it shows the last known state from the database, and ends with exit code 7."],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const live = await fetchView<StatusView>(host, args, "read", "/v1/status");
    if (!live.ok) return live.error;
    if (args.json) terminal.out(JSON.stringify(live.value));
    else show(live.value, terminal, host.now());
    if (live.value.daemon.running) return EXIT_CODES.ok;
    if (args.json) return EXIT_CODES.notRunning;
    return notRunning(live.value.daemon.stateDir);
  },
});
