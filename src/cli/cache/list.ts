import type { CacheEntryView } from "../../core/cache-view.ts";
import { targetName } from "../../core/target.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatBytes, formatCount, formatDuration } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { cacheFlags, cacheFlagsProblem, cacheQuery } from "./filter.ts";

const SHOWN_DIGITS = 12;

function columns(now: number): readonly Column<CacheEntryView>[] {
  return [
    { title: "answer", cell: ({ digest }) => digest.slice(0, SHOWN_DIGITS) },
    { title: "model", cell: targetName, canShrink: true },
    {
      title: "for",
      cell: ({ keyId, project }) => [keyId ?? "no key", project].filter(Boolean).join(", "),
      canShrink: true,
    },
    { title: "kind", cell: ({ endpoint }) => endpoint },
    { title: "age", cell: ({ createdAt }) => formatDuration(now - createdAt), align: "right" },
    { title: "hits", cell: ({ hits }) => formatCount(hits), align: "right" },
    { title: "size", cell: ({ bytes }) => formatBytes(bytes), align: "right" },
  ];
}

export const command = defineCommand({
  meta: {
    name: "list",
    description: "Kept answers, the one used last first; not what they say",
    examples: [["lodestar cache list --model openai/gpt-5.4-nano", "of one model"]],
  },
  args: {
    limit: { type: "string", value: "integer", alias: "n", default: "50", valueHint: "COUNT", description: "how many" },
    ...cacheFlags,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const problem = cacheFlagsProblem(args);
    if (problem !== null) return problem;
    const query = cacheQuery(args, host.now());
    query.set("limit", String(args.limit));
    const path = `/v1/cache/entries?${query}`;
    const view = await fetchView<{ readonly entries: readonly CacheEntryView[] }>(host, args, "read", path);
    if (!view.ok) return view.error;
    const { entries } = view.value;
    if (args.json) host.terminal.out(JSON.stringify(view.value));
    else showTable(host.terminal, entries, columns(host.now()), "no answer is kept");
    return EXIT_CODES.ok;
  },
});
