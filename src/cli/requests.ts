import type { RequestView } from "../core/admin-view.ts";
import type { LedgerRow } from "../core/ledger.ts";
import { targetName } from "../core/target.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCost, formatCount, formatDuration, formatTime } from "../terminal/format.ts";
import { type Column, showTable } from "../terminal/table.ts";
import type { Colours } from "../terminal/terminal.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { momentProblem, spanArgs } from "./costs.ts";
import { daemonFlags, filterFlags, filterQuery, jsonFlag } from "./shared-flags.ts";

/** Input tokens of a row, all kinds. */
export function inputTokens({ usage }: Pick<LedgerRow, "usage">): number {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = usage.input;
  return uncached + cacheRead + cacheWrite5m + cacheWrite1h;
}

/** Output tokens of a row, thoughts included. */
export function outputTokens({ usage }: Pick<LedgerRow, "usage">): number {
  return usage.output.text + usage.output.reasoning;
}

/** The state of an attempt in its colour: what went wrong is red, what is open is yellow. */
export function paintState(state: LedgerRow["state"], text: string, style: Colours): string {
  if (state === "failed" || state === "refused") return style.red(text);
  if (state === "final" || state === "hit") return style.green(text);
  return style.yellow(text);
}

function columns(now: number, style: Colours): readonly Column<RequestView>[] {
  return [
    { title: "time", cell: ({ startedAt }) => formatTime(startedAt, now) },
    { title: "request", cell: ({ requestId }) => requestId },
    { title: "asked for", cell: ({ last }) => last.requestedModel, canShrink: true },
    { title: "answered by", cell: ({ last }) => targetName(last), canShrink: true },
    {
      title: "state",
      cell: ({ last }) => last.state,
      paint: (text, { last }) => paintState(last.state, text, style),
    },
    { title: "tries", cell: ({ attempts }) => formatCount(attempts), align: "right" },
    { title: "in", cell: ({ last }) => formatCount(inputTokens(last)), align: "right" },
    { title: "out", cell: ({ last }) => formatCount(outputTokens(last)), align: "right" },
    {
      title: "took",
      cell: ({ last, startedAt }) => (last.endedAt === null ? "open" : formatDuration(last.endedAt - startedAt)),
      align: "right",
    },
    { title: "cost", cell: ({ costNanoUsd }) => formatCost(costNanoUsd), align: "right" },
  ];
}

export const command = defineCommand({
  meta: {
    name: "requests",
    description: "The latest requests: to whom, tokens, cost, how long",
    group: "See",
    examples: [
      ["lodestar requests", "the last twenty"],
      ["lodestar requests show req_01", "every attempt of one request, and why it went there"],
    ],
  },
  args: {
    limit: { type: "string", value: "integer", alias: "n", default: "20", valueHint: "COUNT", description: "how many" },
    ...filterFlags,
    ...jsonFlag,
    ...daemonFlags,
  },
  subCommands: { show: async () => (await import("./requests-show.ts")).command },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const problem = momentProblem("from", args.from, "start") ?? momentProblem("to", args.to, "end");
    if (problem !== null) return problem;
    const { limit, provider, model, project, key, session, state } = args;
    const query = filterQuery({ ...spanArgs(args), limit, provider, model, project, key, session, state });
    const view = await fetchView<{ requests: readonly RequestView[] }>(host, args, "read", `/v1/requests?${query}`);
    if (!view.ok) return view.error;
    if (args.json) {
      terminal.out(JSON.stringify(view.value));
      return EXIT_CODES.ok;
    }
    showTable(
      terminal,
      view.value.requests,
      columns(host.now(), terminal.style),
      'no requests yet; try: lodestar ask "hello"',
    );
    return EXIT_CODES.ok;
  },
});
