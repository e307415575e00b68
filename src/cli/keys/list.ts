import type { KeyView } from "../../core/admin-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDay, formatTime } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { limitWords } from "../key-limits.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

function stateOf(key: KeyView, now: number): string {
  if (key.revokedAt !== null) return `revoked ${formatDay(key.revokedAt)}`;
  if (key.expiresAt === null) return "live";
  return key.expiresAt <= now ? `expired ${formatDay(key.expiresAt)}` : `live until ${formatDay(key.expiresAt)}`;
}

function columns(now: number): readonly Column<KeyView>[] {
  return [
    { title: "id", cell: (key) => key.id },
    { title: "name", cell: (key) => key.name, canShrink: true },
    { title: "key", cell: (key) => key.hint },
    { title: "state", cell: (key) => stateOf(key, now) },
    { title: "project", cell: (key) => key.project ?? "" },
    { title: "models", cell: (key) => (key.models.length === 0 ? "all" : key.models.join(" ")), canShrink: true },
    { title: "limits", cell: (key) => limitWords(key.limits), canShrink: true },
    { title: "last used", cell: (key) => (key.lastUsedAt === null ? "never" : formatTime(key.lastUsedAt, now)) },
  ];
}

export const command = defineCommand({
  meta: { name: "list", description: "All client keys, without their secrets" },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const view = await fetchView<{ keys: readonly KeyView[] }>(host, args, "read", "/v1/keys");
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else showTable(terminal, view.value.keys, columns(host.now()), "no keys: calls from this machine need none");
    return EXIT_CODES.ok;
  },
});
