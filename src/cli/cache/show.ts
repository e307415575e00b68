import type { CacheContentView } from "../../core/cache-view.ts";
import { targetName } from "../../core/target.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDuration } from "../../terminal/format.ts";
import { plainText, renderFacts } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

function facts(entry: CacheContentView, now: number): readonly (readonly [string, string])[] {
  return [
    ["answer", entry.digest],
    ["model", targetName(entry)],
    ["for", `key ${entry.keyId ?? "none"}, project ${entry.project ?? "none"}`],
    ["written in", `${entry.dialect}, ${entry.form === "stream" ? "streamed" : "whole"}`],
    ["age", formatDuration(now - entry.createdAt)],
  ];
}

export const command = defineCommand({
  meta: {
    name: "show",
    description: "One kept answer with what it says, as its provider wrote it",
    examples: [["lodestar cache show 3f9a1c04be21", "by the first characters of its digest, as `list` has them"]],
    notes: [
      "What was asked is not kept. Only who may read the state directory's admin.token, or has LODESTAR_ADMIN_TOKEN, sees what was answered.",
    ],
  },
  args: {
    digest: { type: "positional", required: true, description: "its digest, or the beginning of it" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const path = `/v1/cache/entries/${encodeURIComponent(args.digest)}`;
    const view = await fetchView<CacheContentView>(host, args, "read", path);
    if (!view.ok) return view.error;
    const { terminal } = host;
    if (args.json) {
      terminal.out(JSON.stringify(view.value));
      return EXIT_CODES.ok;
    }
    for (const line of renderFacts(facts(view.value, host.now()), terminal.style)) terminal.out(line);
    terminal.out("");
    for (const line of view.value.body.split("\n")) terminal.out(plainText(line));
    return EXIT_CODES.ok;
  },
});
