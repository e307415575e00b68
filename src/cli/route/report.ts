import type { RouteReportView } from "../../core/route-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCost, formatPlural } from "../../terminal/format.ts";
import { type Column, renderFacts, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { sinceFlag, sinceOf, sinceProblem } from "./since.ts";
import { percent, replayFacts } from "./words.ts";

type ClassRow = RouteReportView["byClass"][number];

const COLUMNS: readonly Column<ClassRow>[] = [
  { title: "class", cell: ({ taskClass }) => taskClass },
  { title: "n", cell: ({ replay }) => String(replay.n), align: "right" },
  { title: "changed", cell: ({ replay }) => String(replay.changed), align: "right" },
  { title: "chain", cell: ({ replay }) => formatCost(replay.before.costNanoUsd.value), align: "right" },
  { title: "router", cell: ({ replay }) => formatCost(replay.after.costNanoUsd.value), align: "right" },
  { title: "quality", cell: ({ replay }) => percent(replay.after.quality.value), align: "right" },
];

function head({
  requests,
  inForce,
  costNanoUsd,
  isTruncated,
}: RouteReportView): readonly (readonly [string, string])[] {
  const only = isTruncated ? ", the latest of more" : "";
  return [
    ["decisions", `${formatPlural(requests, "request")}${only}; the router's choice was asked for ${inForce}`],
    ["paid", formatCost(costNanoUsd)],
  ];
}

export const command = defineCommand({
  meta: {
    name: "report",
    description: "What the router's choices save, at which expected quality, beside the default chain's",
    examples: [
      ["lodestar route report", "the last seven days"],
      ["lodestar route report --since 30d --json", "a month, for a program"],
    ],
    notes: [
      "Costs and quality are what was expected of each model when it was decided, so that both sides are measured alike; in brackets the 95 % interval over the requests. With `routing.mode: shadow` nothing was asked otherwise yet.",
    ],
  },
  args: { ...sinceFlag, ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const since = sinceOf(args.since, host.now());
    if (since === null) return sinceProblem(args.since);
    const view = await fetchView<RouteReportView>(host, args, "read", `/v1/route/report?since=${since}`);
    if (!view.ok) return view.error;
    const { terminal } = host;
    if (args.json) {
      terminal.out(JSON.stringify(view.value));
      return EXIT_CODES.ok;
    }
    const facts = [...head(view.value), ...replayFacts(view.value.all, "default chain", "router")];
    for (const line of renderFacts(facts, terminal.style)) terminal.out(line);
    if (view.value.byClass.length > 0) terminal.out("");
    showTable(terminal, view.value.byClass, COLUMNS, "the router decided nothing in this time");
    return EXIT_CODES.ok;
  },
});
