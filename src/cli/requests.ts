import type { RequestView } from "../core/admin-view.ts";
import { targetName } from "../core/target.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCost, formatCount, formatDuration, formatTime } from "../terminal/format.ts";
import { type Column, showTable } from "../terminal/table.ts";
import type { Colours } from "../terminal/terminal.ts";
import { inputTokens, outputTokens, paintState } from "./attempt-words.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, filterArgs, filterFlags, filterQuery, jsonFlag } from "./shared-flags.ts";
import { spanProblem } from "./span.ts";

function columns(now: number, style: Colours): readonly Column<RequestView>[] {
  return [
    { title: "time", cell: ({ startedAt }) => formatTime(startedAt, now) },
    { title: "request", cell: ({ requestId }) => requestId },
    { title: "asked for", cell: ({ last }) => last.requestedModel, canShrink: true },
    { title: "answered by", cell: ({ last }) => targetName(last), canShrink: true },
    { title: "why", cell: ({ last }) => last.routeReason, canShrink: true },
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
    description: "The latest requests: to whom, why, tokens, cost, how long",
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
    const problem = spanProblem(args);
    if (problem !== null) return problem;
    const query = filterQuery({ from: args.from, to: args.to, ...filterArgs(args), limit: args.limit });
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
