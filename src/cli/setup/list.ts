import type { Place } from "../../features/clients/client.ts";
import { CLIENTS } from "../../features/clients/clients.ts";
import { readRecord, recordPath } from "../../features/clients/record.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import type { CliHost, Outcome } from "../command.ts";
import { locate } from "../connection.ts";
import type { DaemonArgs } from "../shared-flags.ts";
import { isInstalled } from "./target.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly isInstalled: boolean;
  /** The URL it is pointed at, for all projects; null where it is not set up. */
  readonly baseUrl: string | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "client", cell: ({ id }) => id },
  { title: "name", cell: ({ name }) => name },
  { title: "installed", cell: ({ isInstalled }) => (isInstalled ? "yes" : "no") },
  { title: "set up", cell: ({ baseUrl }) => baseUrl ?? "no", canShrink: true },
];

/** Lists the clients that can be set up, and which are. */
export async function runList(host: CliHost, args: DaemonArgs, place: Place, isJson: boolean): Promise<Outcome> {
  const location = await locate(host, args);
  if (!location.ok) return location.error;
  const rows: Row[] = [];
  for (const client of CLIENTS) {
    const record = readRecord(recordPath(location.value.stateDir, client.id, "global", place.cwd));
    if (!record.ok) return record.error;
    const { id, name } = client;
    rows.push({
      id,
      name,
      isInstalled: isInstalled(client, place, record.value),
      baseUrl: record.value?.baseUrl ?? null,
    });
  }
  if (isJson) host.terminal.out(JSON.stringify({ clients: rows }));
  else showTable(host.terminal, rows, COLUMNS, "");
  return EXIT_CODES.ok;
}
