import type { RunEvent } from "../../features/repair/event.ts";
import { keepEvent, openRun, type RunPlace } from "../../features/repair/store.ts";
import type { CliHost } from "../command.ts";

/** Where the events of one run go: its transcript, and stdout with `--json`. */
export interface Journal {
  readonly place: RunPlace;
  emit(event: RunEvent): void;
}

/** Opens the journal of a run that is told of: one that failed. */
export function openJournal(host: Pick<CliHost, "terminal" | "now">, stateDir: string, isJson: boolean): Journal {
  const place = openRun(stateDir, host.now());
  return {
    place,
    emit(event) {
      const dated = { ...event, at: host.now() };
      keepEvent(place, dated);
      if (isJson) host.terminal.out(JSON.stringify(dated));
    },
  };
}
