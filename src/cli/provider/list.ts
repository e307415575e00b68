import type { ProviderView, StatusView } from "../../core/admin-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import type { Colours } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { paintProvider, providerState } from "./words.ts";

function columns({ local }: StatusView, style: Colours): readonly Column<ProviderView>[] {
  return [
    { title: "provider", cell: ({ id }) => id },
    { title: "state", cell: (row) => providerState(row, local), paint: (text, row) => paintProvider(text, row, style) },
    { title: "account", cell: ({ accounts }) => accounts.map(({ id }) => id).join(" "), canShrink: true },
    {
      title: "key from",
      cell: ({ accounts }) => accounts.map(({ keySource }) => keySource).join(" "),
      canShrink: true,
    },
    { title: "found in", cell: ({ origin }) => origin },
    { title: "base URL", cell: ({ baseUrl }) => baseUrl, canShrink: true },
  ];
}

export const command = defineCommand({
  meta: { name: "list", description: "The providers in use, where their keys come from, and how they do" },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, terminal, ...rest }) {
    const status = await fetchView<StatusView>({ ...rest, terminal }, args, "read", "/v1/status");
    if (!status.ok) return status.error;
    const { providers } = status.value;
    if (args.json) terminal.out(JSON.stringify({ providers }));
    else
      showTable(
        terminal,
        providers,
        columns(status.value, terminal.style),
        "no providers yet; add one: lodestar provider add deepseek",
      );
    return EXIT_CODES.ok;
  },
});
