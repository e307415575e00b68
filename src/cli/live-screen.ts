import type { Screen } from "../features/counter/screen.ts";
import type { CliHost, Outcome } from "./command.ts";

const ENTER_SCREEN = "\u001b[?1049h\u001b[?25l";
const LEAVE_SCREEN = "\u001b[0m\u001b[?25h\u001b[?1049l";

/** What a live view does with the terminal it holds. */
export interface LiveView {
  /** Takes what was typed; false ends the view. */
  press(bytes: Uint8Array): boolean;
  /** Draws what stands there anew, since the terminal has another size. */
  redraw(): void;
}

/** Whether there is a person at a terminal that can show a live view. */
export function canShowLive({ terminal, stdin, environment }: CliHost): boolean {
  return terminal.isOutTty && stdin.isTTY === true && environment.TERM !== "dumb";
}

/**
 * Holds the whole terminal while `work` runs; keys and signals abort what it is given. The terminal is as before then,
 * also after a crash.
 */
export async function holdScreen(
  host: CliHost,
  screen: Screen,
  view: LiveView,
  work: (ended: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const ended = new AbortController();
  const releases = [
    screen.atExit(() => LEAVE_SCREEN),
    screen.takeInput((bytes) => {
      if (!view.press(bytes)) ended.abort();
    }),
    screen.onResize(() => view.redraw()),
    host.onSignal(() => ended.abort()),
  ];
  screen.write(ENTER_SCREEN);
  try {
    return await work(ended.signal);
  } finally {
    ended.abort();
    for (const release of releases) release();
    screen.write(LEAVE_SCREEN);
  }
}
