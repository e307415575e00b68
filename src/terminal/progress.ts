import { horizontalBar } from "./bars.ts";
import { formatBytes, formatDuration } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** How far something of a known size is, on stderr. */
export interface Progress {
  /** What is being done now, without a size. */
  step(words: string): void;
  at(completedBytes: number, totalBytes: number, nowMs: number): void;
  /** Leaves the line as it is, and goes on below it; safe to call again. */
  stop(): void;
}

const BAR_COLUMNS = 24;
const DRAW_MS = 100;
/** Speeds are means over this long, so that they do not jump. */
const SPEED_MS = 5_000;
/** Where no line can be drawn again, one is written for every tenth. */
const TENTHS = 10;
const CLEAR_LINE = "\r\u001b[2K";

function wordsOf(completed: number, total: number, perSecond: number): string {
  const sizes = `${formatBytes(completed)} of ${formatBytes(total)}`;
  if (perSecond <= 0) return sizes;
  const left = formatDuration(((total - completed) / perSecond) * 1_000);
  return `${sizes}, ${formatBytes(Math.round(perSecond))}/s, ${left} left`;
}

/** Shows progress: a bar that is drawn again on a terminal, a line for every tenth in pipes and logs. */
export function startProgress(terminal: Terminal, what: string): Progress {
  const samples: { readonly at: number; readonly bytes: number }[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let tenth = -1;
  let isDrawn = false;

  function speed(bytes: number, now: number): number {
    samples.push({ at: now, bytes });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > SPEED_MS) samples.shift();
    const [first] = samples;
    return first === undefined || now === first.at ? 0 : ((bytes - first.bytes) * 1_000) / (now - first.at);
  }
  function end(): void {
    if (isDrawn) terminal.talkRaw("\n");
    isDrawn = false;
  }
  return {
    step(words) {
      end();
      terminal.talk(`${what}: ${words}`);
    },
    at(completed, total, now) {
      const share = total > 0 ? completed / total : 0;
      const perSecond = speed(completed, now);
      if (!terminal.isTalkTty) {
        if (Math.floor(share * TENTHS) <= tenth) return;
        tenth = Math.floor(share * TENTHS);
        terminal.talk(`${what}: ${Math.floor(share * 100)} %, ${wordsOf(completed, total, perSecond)}`);
        return;
      }
      if (now - drawnAt < DRAW_MS && completed < total) return;
      drawnAt = now;
      isDrawn = true;
      const bar = terminal.talkStyle.cyan(horizontalBar(share, BAR_COLUMNS));
      terminal.talkRaw(`${CLEAR_LINE}${what} ${bar} ${wordsOf(completed, total, perSecond)}`);
    },
    stop: end,
  };
}
