import type { WebhookView } from "../core/admin-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCount } from "../terminal/format.ts";
import { type Column, showTable } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

const COLUMNS: readonly Column<WebhookView>[] = [
  { title: "host", cell: ({ host }) => host, canShrink: true },
  { title: "signed", cell: ({ isSigned }) => (isSigned ? "yes" : "no") },
  {
    title: "events",
    cell: ({ events }) => (events.length === 0 ? "budget health" : events.join(" ")),
    canShrink: true,
  },
  { title: "queued", cell: ({ queued }) => formatCount(queued), align: "right" },
  { title: "delivered", cell: ({ delivered }) => formatCount(delivered), align: "right" },
  { title: "given up", cell: ({ givenUp }) => formatCount(givenUp), align: "right" },
  { title: "dropped", cell: ({ dropped }) => formatCount(dropped), align: "right" },
  { title: "last error", cell: ({ lastError }) => lastError ?? "", canShrink: true },
];

export const command = defineCommand({
  meta: {
    name: "webhooks",
    description: "Who is told of events over HTTP, and whether they were",
    group: "See",
    examples: [
      ["lodestar webhooks", "what was delivered since the daemon started"],
      ["lodestar webhooks test", "post a sample to each, and say how it was taken"],
    ],
    notes: ["They stand in the configuration, under `webhooks`. Of their URLs only the host is shown."],
  },
  args: { ...jsonFlag, ...daemonFlags },
  subCommands: { test: async () => (await import("./webhooks-test.ts")).command },
  async run({ args, terminal, ...rest }) {
    const path = "/v1/webhooks";
    const view = await fetchView<{ webhooks: readonly WebhookView[] }>({ ...rest, terminal }, args, "read", path);
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else showTable(terminal, view.value.webhooks, COLUMNS, "no webhooks: docs/budgets.md shows how to add one");
    return EXIT_CODES.ok;
  },
});
