import type { TunnelView } from "../core/admin-view.ts";
import { formatDuration } from "../terminal/format.ts";
import { type Column, renderTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

function stateWords({ state, since, retryAt }: TunnelView, now: number): string {
  const age = formatDuration(Math.max(0, now - since));
  if (state === "up") return `up for ${age}`;
  if (state === "waiting") return `tries again in ${formatDuration(Math.max(0, (retryAt ?? now) - now))}`;
  return `${state} for ${age}`;
}

function columns(now: number): readonly Column<TunnelView>[] {
  return [
    { title: "tunnel", cell: ({ box }) => box },
    { title: "to", cell: ({ target }) => target },
    { title: "state", cell: (tunnel) => stateWords(tunnel, now) },
    { title: "again", cell: ({ reconnects }) => String(reconnects), align: "right" },
    { title: "last error", cell: ({ lastError }) => lastError?.message ?? "", canShrink: true },
  ];
}

/** The SSH tunnels of a daemon as a table, with what to do about those that are down; no line where there are none. */
export function tunnelLines(
  tunnels: readonly TunnelView[],
  look: Pick<Terminal, "columns" | "style">,
  now: number,
): readonly string[] {
  if (tunnels.length === 0) return [];
  const down = tunnels.filter(({ state }) => state !== "up");
  const fixes = down.flatMap(({ box, lastError }) =>
    lastError === null ? [] : [`${box}: ${lastError.fix} (${lastError.code})`],
  );
  return ["", ...renderTable(tunnels, columns(now), look), ...fixes];
}
