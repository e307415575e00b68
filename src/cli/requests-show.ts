import type { RequestDetailView } from "../core/admin-view.ts";
import type { LedgerRow } from "../core/ledger.ts";
import { targetName } from "../core/target.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCost, formatCount, formatDuration, formatPlural, formatTime } from "../terminal/format.ts";
import { plainText, renderFacts } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { inputTokens, outputTokens, paintState } from "./attempt-words.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

function tokenWords(row: LedgerRow): string {
  const { cacheRead, cacheWrite5m, cacheWrite1h } = row.usage.input;
  const written = cacheWrite5m + cacheWrite1h;
  const { reasoning } = row.usage.output;
  const input = [
    cacheRead > 0 ? `${formatCount(cacheRead)} read from cache` : "",
    written > 0 ? `${formatCount(written)} written to cache` : "",
  ].filter((words) => words !== "");
  const output = reasoning > 0 ? ` (${formatCount(reasoning)} reasoning)` : "";
  const source = row.usageSource === null || row.usageSource === "provider" ? "" : `, ${row.usageSource}`;
  return `${formatCount(inputTokens(row))} in${input.length > 0 ? ` (${input.join(", ")})` : ""}, ${formatCount(outputTokens(row))} out${output}${source}`;
}

function costWords(row: LedgerRow): string {
  const reason = row.costReason === null ? "" : ` (${row.costReason})`;
  const price = row.priceId === null ? "" : `, price row ${row.priceId}`;
  return `${formatCost(row.costNanoUsd)}${reason}${price}`;
}

function faultWords({ fault, upstreamStatus }: LedgerRow): string {
  if (fault === null) return "";
  const status = fault.status ?? upstreamStatus;
  return plainText(`${fault.kind}${status === null ? "" : ` (HTTP ${status})`}: ${fault.message}`);
}

function attemptFacts(row: LedgerRow, now: number): readonly (readonly [string, string])[] {
  const took = row.endedAt === null ? "still open" : formatDuration(row.endedAt - row.startedAt);
  const first = row.firstTokenMs === null ? "" : `, first token after ${formatDuration(row.firstTokenMs)}`;
  const facts: readonly (readonly [string, string])[] = [
    ["why", plainText(row.routeReason)],
    ["account", plainText(row.account)],
    ["time", `${formatTime(row.startedAt, now)}, took ${took}${first}`],
    ["tokens", tokenWords(row)],
    ["cost", costWords(row)],
    ["fault", faultWords(row)],
  ];
  return facts.filter(([, value]) => value !== "");
}

function show(view: RequestDetailView, terminal: Terminal, now: number): void {
  const { style } = terminal;
  const [first] = view.attempts;
  if (first === undefined) return;
  const stream = first.isStream ? "streamed" : "not streamed";
  terminal.out(
    `${style.bold(view.requestId)}: ${formatPlural(view.attempts.length, "attempt")}, ${formatCost(view.costNanoUsd)}`,
  );
  const who = [
    ["asked for", plainText(first.requestedModel)],
    [
      "by",
      plainText(
        [first.client ?? "unknown client", first.project ?? "", first.session ?? ""]
          .filter((word) => word !== "")
          .join(", "),
      ),
    ],
    ["key", first.keyId ?? "none"],
    ["through", `${first.endpoint}, ${first.clientDialect}, ${stream}`],
  ] as const;
  for (const line of renderFacts(who, style)) terminal.out(`  ${line}`);
  for (const row of view.attempts) {
    terminal.out("");
    terminal.out(`${row.attempt}. ${plainText(targetName(row))}: ${paintState(row.state, row.state, style)}`);
    for (const line of renderFacts(attemptFacts(row, now), style)) terminal.out(`   ${line}`);
  }
}

export const command = defineCommand({
  meta: {
    name: "show",
    description: "Every attempt of one request: where it went, why, tokens, cost, faults, times",
    examples: [["lodestar requests show req_01", "the id is in the x-lodestar-request-id header of every answer"]],
  },
  args: {
    id: { type: "positional", required: true, description: "the request's id" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const path = `/v1/requests/${encodeURIComponent(args.id)}`;
    const view = await fetchView<RequestDetailView>(host, args, "read", path);
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else show(view.value, terminal, host.now());
    return EXIT_CODES.ok;
  },
});
