import { processScreen, type Screen } from "../features/counter/screen.ts";
import { type Key, readKeys } from "../terminal/keys.ts";
import { createScreenDiff, type ScreenSize } from "../terminal/screen-diff.ts";
import type { Terminal } from "../terminal/terminal.ts";
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

/** Lines that are drawn anew as what they tell of changes. */
export interface LiveLines {
  /** The whole screen; null as long as there is nothing to show. */
  screenOf(size: ScreenSize): readonly string[] | null;
  /** Takes a key before the screen is drawn anew; those that leave do so whatever it makes of them. */
  take?(key: Key): void;
}

function isLeaving(key: Key): boolean {
  return key === "interrupt" || key === "escape" || (typeof key === "object" && key.typed === "q");
}

/** Shows lines on the whole terminal until `q`, escape or a signal, or until `work` ends; `work` says when to draw. */
export function showLive(
  host: CliHost,
  { screenOf, take }: LiveLines,
  work: (ended: AbortSignal, redraw: () => void) => Promise<Outcome>,
): Promise<Outcome> {
  const screen = processScreen();
  const diff = createScreenDiff();
  const redraw = (): void => {
    const size = screen.size();
    const lines = screenOf(size);
    if (lines !== null) screen.write(diff.draw(lines, size));
  };
  const press = (bytes: Uint8Array): boolean => {
    const keys = readKeys(new TextDecoder().decode(bytes));
    for (const key of keys) take?.(key);
    redraw();
    return !keys.some(isLeaving);
  };
  return holdScreen(host, screen, { press, redraw }, (ended) => work(ended, redraw));
}

/** The end of a screen that is higher than the terminal gives way to the line that says how to leave. */
export function withFooter(
  lines: readonly string[],
  rows: number,
  { style }: Pick<Terminal, "style">,
  words = "q quit",
): readonly string[] {
  const room = Math.max(0, rows - 1);
  const body = lines.slice(0, room);
  return [...body, ...Array.from({ length: room - body.length }, () => ""), style.dim(words)];
}
