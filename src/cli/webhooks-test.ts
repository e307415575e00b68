import type { WebhookTrialView } from "../core/admin-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { failureProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "test",
    description: "Post a sample event to every webhook of the configuration, once",
    notes: [
      "The sample is a budget event whose budget is called `sample`. Exit code 1 when a receiver did not take it.",
    ],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const view = await fetchView<{ webhooks: readonly WebhookTrialView[] }>(
      { ...rest, terminal },
      args,
      "read",
      "/v1/webhooks/test",
      { method: "POST" },
    );
    if (!view.ok) return view.error;
    const { webhooks } = view.value;
    if (webhooks.length === 0) {
      const fix = "add one under `webhooks` in the configuration; lodestar config check tells why one is left out";
      return failureProblem("no_webhooks", "there is no webhook to test", fix);
    }
    if (args.json) terminal.out(JSON.stringify(view.value));
    else {
      for (const { host, isSigned, status, error, durationMs } of webhooks) {
        const how = error === null ? `took it (${status})` : `did not take it: ${plainText(error)}`;
        terminal.out(`${host} ${how}, ${formatDuration(durationMs)}${isSigned ? "" : ", not signed"}`);
      }
    }
    return webhooks.every(({ error }) => error === null) ? EXIT_CODES.ok : EXIT_CODES.failure;
  },
});
