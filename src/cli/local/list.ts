import { isForGood, type LocalListView, type LocalModelView } from "../../core/local-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatBytes, formatCount, formatTime } from "../../terminal/format.ts";
import { type Column, plainText, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

function loadedWords({ loaded, isCloud, isPinned }: LocalModelView, now: number): string {
  if (isCloud) return "in the cloud: not free";
  if (loaded === null) return isPinned ? "pinned, but not in memory now" : "";
  const { sizeBytes, vramBytes, contextTokens, expiresAtMs } = loaded;
  const share = sizeBytes === 0 ? 0 : Math.round((vramBytes / sizeBytes) * 100);
  const where = share === 0 ? "in main memory" : share === 100 ? "on the card" : `${share} % on the card`;
  const context = contextTokens === null ? "" : ` at ${formatCount(contextTokens)}`;
  const until =
    isPinned || isForGood(expiresAtMs, now)
      ? ", pinned"
      : expiresAtMs === null
        ? ""
        : `, until ${formatTime(expiresAtMs, now)}`;
  return `${formatBytes(sizeBytes)} ${where}${context}${until}`;
}

function columns(now: number): readonly Column<LocalModelView>[] {
  return [
    { title: "model", cell: ({ provider, name }) => `${provider}/${name}`, canShrink: true },
    { title: "size", cell: ({ sizeBytes, isCloud }) => (isCloud ? "" : formatBytes(sizeBytes)), align: "right" },
    { title: "quant", cell: ({ quantization }) => quantization ?? "" },
    {
      title: "context",
      cell: ({ contextTokens }) => (contextTokens === null ? "?" : formatCount(contextTokens)),
      align: "right",
    },
    { title: "tools", cell: ({ canUseTools }) => (canUseTools === null ? "?" : canUseTools ? "yes" : "no") },
    { title: "loaded", cell: (model) => loadedWords(model, now), canShrink: true },
  ];
}

export const command = defineCommand({
  meta: { name: "list", description: "The installed models, and what is in memory" },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const view = await fetchView<LocalListView>({ ...rest, terminal }, args, "read", "/v1/local");
    if (!view.ok) return view.error;
    const { servers, models } = view.value;
    if (args.json) {
      terminal.out(JSON.stringify(view.value));
      return EXIT_CODES.ok;
    }
    for (const { provider, url, problem } of servers) {
      if (problem !== null) terminal.talk(`${provider} at ${url}: ${plainText(problem)}`);
    }
    const empty = "no model is installed; `lodestar local catalog` shows what could be";
    showTable(terminal, models, columns(rest.now()), empty);
    return EXIT_CODES.ok;
  },
});
