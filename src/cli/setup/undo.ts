import type { Client, Place, Scope } from "../../features/clients/client.ts";
import { readRecord, recordPath, removeRecord } from "../../features/clients/record.ts";
import { carryOutUndo, planUndo, type UndoneFile } from "../../features/clients/undo.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { failureProblem } from "../../terminal/problem.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CliHost, Outcome } from "../command.ts";
import { locate } from "../connection.ts";
import type { DaemonArgs } from "../shared-flags.ts";

function wordsFor({ how, text, record }: UndoneFile): string {
  if (how === "gone") return "was gone already";
  if (how === "cleaned") return "was changed since: only Lodestar's part is gone";
  return text === null
    ? `removed, as it was made by setup${record.folders.length > 0 ? " with its folder" : ""}`
    : "is as it was";
}

function tell(files: readonly UndoneFile[], terminal: Terminal): void {
  for (const file of files) {
    terminal.out(file.record.path);
    terminal.talk(`${file.record.path} ${wordsFor(file)}`);
    for (const path of file.kept) terminal.talk(`  ${path} stays: it was set to something else since`);
  }
}

/** What an undo is about. */
export interface UndoWish {
  readonly client: Client;
  readonly scope: Scope;
  readonly place: Place;
  readonly isJson: boolean;
}

/** Takes back what `setup` wrote; needs no daemon. */
export async function runUndo(host: CliHost, args: DaemonArgs, wish: UndoWish): Promise<Outcome> {
  const { client, scope, place, isJson } = wish;
  const location = await locate(host, args);
  if (!location.ok) return location.error;
  const file = recordPath(location.value.stateDir, client.id, scope, place.cwd);
  const record = readRecord(file);
  if (!record.ok) return record.error;
  if (record.value === null) {
    const where = scope === "project" ? ` in ${place.cwd}` : "";
    const message = `${client.name} was not set up${where} by this Lodestar, so there is nothing to undo`;
    const other =
      scope === "project" ? "without --project: for all projects" : "--project: what was set up for one project";
    return failureProblem("client_not_set_up", message, other);
  }
  const plan = planUndo(record.value);
  if (!plan.ok) return plan.error;
  const failed = carryOutUndo(plan.value);
  if (failed !== null) return failed;
  removeRecord(file);
  if (isJson) {
    const files = plan.value.map(({ record: { path }, how, kept }) => ({ path, how, kept }));
    host.terminal.out(JSON.stringify({ client: client.id, scope, files }));
  } else tell(plan.value, host.terminal);
  return EXIT_CODES.ok;
}
