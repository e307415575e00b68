import type { Result } from "../core/result.ts";
import type { Key } from "../terminal/keys.ts";
import type { CliProblem } from "../terminal/problem.ts";
import type { ScreenSize } from "../terminal/screen-diff.ts";
import type { CliHost, Outcome } from "./command.ts";
import type { Connection } from "./connection.ts";
import { createWake, readLive } from "./costs/dashboard-follow.ts";
import { showLive, withFooter } from "./live-screen.ts";

/** At most two readings a second, however much happens. */
const LEAST_PAUSE_MS = 500;
/** Times left run down without any event. */
const EVERY_MS = 1_000;

/** Reads what is watched once. */
export type Read<Data> = () => Promise<Result<Data, CliProblem>>;

/** Reads at every event and every second until the signal. */
async function readOn<Data>(
  host: CliHost,
  connection: Connection,
  read: Read<Data>,
  ended: AbortSignal,
  show: (data: Data) => void,
): Promise<Outcome> {
  const wake = createWake();
  const beat = setInterval(wake.wake, EVERY_MS);
  try {
    return await readLive(connection, host, ended, {
      wake,
      read,
      take(found) {
        if (!found.ok) return found.error;
        show(found.value);
        return null;
      },
      leastPauseMs: LEAST_PAUSE_MS,
    });
  } finally {
    clearInterval(beat);
  }
}

/** One line of JSON with each reading, for programs, until the signal. */
export function watchAsJson<Data>(
  host: CliHost,
  connection: Connection,
  read: Read<Data>,
  jsonOf: (data: Data) => object,
): Promise<Outcome> {
  return readOn(host, connection, read, host.signal, (data) => host.terminal.out(JSON.stringify(jsonOf(data))));
}

/** The same for people: the whole terminal until a key or signal ends it; what is longer than the screen scrolls. */
export function watchLive<Data>(
  host: CliHost,
  connection: Connection,
  read: Read<Data>,
  linesOf: (data: Data, size: ScreenSize) => readonly string[],
): Promise<Outcome> {
  let data: Data | null = null;
  let top = 0;
  const screenOf = (size: ScreenSize): readonly string[] | null => {
    if (data === null) return null;
    const lines = linesOf(data, size);
    const room = Math.max(1, size.rows - 1);
    top = Math.max(0, Math.min(top, lines.length - room));
    return withFooter(
      lines.slice(top),
      size.rows,
      host.terminal,
      `${lines.length > room ? "arrows scroll  " : ""}q quit`,
    );
  };
  const take = (key: Key): void => {
    top += key === "down" ? 1 : key === "up" ? -1 : 0;
  };
  return showLive(host, { screenOf, take }, (ended, redraw) =>
    readOn(host, connection, read, ended, (next) => {
      data = next;
      redraw();
    }),
  );
}
