import type { EvidenceTally } from "../../core/evidence-store.ts";
import type { EvidenceTalliesView } from "../../core/evidence-view.ts";
import { targetName } from "../../core/target.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatTime } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, filterQuery, jsonFlag } from "../shared-flags.ts";
import { evidenceFlags } from "./flags.ts";

function columns(now: number): readonly Column<EvidenceTally>[] {
  return [
    { title: "model", cell: targetName, canShrink: true },
    { title: "task", cell: ({ taskClass }) => taskClass },
    { title: "kind", cell: ({ kind }) => kind },
    { title: "pieces", cell: ({ pieces }) => formatCount(pieces), align: "right" },
    { title: "good", cell: ({ good, pieces }) => `${Math.round((100 * good) / pieces)} %`, align: "right" },
    { title: "latest", cell: ({ latestAt }) => formatTime(latestAt, now), align: "right" },
  ];
}

export const command = defineCommand({
  meta: {
    name: "list",
    description: "Evidence counted by model, class of task and kind",
    examples: [["lodestar evidence list --task bug_fix", "what is known of one class"]],
  },
  args: { ...evidenceFlags, ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const { model, task } = args;
    const view = await fetchView<EvidenceTalliesView>(
      host,
      args,
      "read",
      `/v1/evidence?${filterQuery({ model, task })}`,
    );
    if (!view.ok) return view.error;
    const empty = "nothing was judged yet: POST /v1/feedback takes a thumb, see docs/recommend.md";
    if (args.json) host.terminal.out(JSON.stringify(view.value));
    else showTable(host.terminal, view.value.tallies, columns(host.now()), empty);
    return EXIT_CODES.ok;
  },
});
