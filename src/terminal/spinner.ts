import type { Terminal } from "./terminal.ts";

/** A sign of life on stderr while something takes time. */
export interface Spinner {
  /** Takes it away; safe to call again. */
  stop(): void;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
/** What is done sooner shows nothing at all. */
const PATIENCE_MS = 200;
const CLEAR_LINE = "\r\u001b[2K";

/** Shows `words` with a turning sign on stderr, on a terminal only; nothing in pipes and logs. */
export function startSpinner(terminal: Terminal, words: string): Spinner {
  if (!terminal.isTalkTty) return { stop: () => undefined };
  let frame = 0;
  let isShown = false;
  const draw = (): void => {
    isShown = true;
    terminal.talkRaw(`${CLEAR_LINE}${terminal.talkStyle.cyan(FRAMES[frame % FRAMES.length] ?? "")} ${words}`);
    frame += 1;
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const patience = setTimeout(() => {
    draw();
    timer = setInterval(draw, FRAME_MS);
  }, PATIENCE_MS);
  return {
    stop: () => {
      clearTimeout(patience);
      clearInterval(timer);
      if (isShown) terminal.talkRaw(CLEAR_LINE);
      isShown = false;
    },
  };
}
