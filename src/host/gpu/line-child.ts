import type { Clock } from "../clock.ts";

/** A program that prints a line now and then for as long as it runs, and how it is looked after. */
export interface LineChildOptions {
  /** Asked at each start; a program that cannot be started counts as one that ended. */
  readonly command: () => readonly string[];
  readonly clock: Clock;
  /** A program silent for so long hangs, and is killed; null where silence is no sign of that. */
  readonly silenceMs: number | null;
  /** Returns whether the line was any good: after one the program is started again at once, else later and later. */
  readonly onLine: (line: string) => boolean;
  /** Told at each end why, in the program's last words. */
  readonly onEnd: (reason: string) => void;
}

const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 300_000;
/** A longer line is no line of ours. */
const MOST_LINE = 65_536;
const LAST_WORDS = 400;

interface Run {
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  wasKilled: string | null;
}

/** Pipes as text; what is left of one that broke off is not told. */
async function readText(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

/** Splits text into lines; a last part without a line end is no line, and an endless one is dropped. */
function splitLines(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MOST_LINE) rest = "";
    for (const part of parts) onLine(part.replace(/\r$/, ""));
  };
}

function spawn(command: readonly string[]): Run["child"] | string {
  try {
    const env = { ...process.env, LC_ALL: "C", BUN_ENABLE_CRASH_REPORTING: "0", NOTIFY_SOCKET: undefined };
    const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe", env });
    child.unref();
    return child;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Keeps such a program running until the returned function is called: a hung one is killed, an ended one is started
 * again after a pause that doubles while it prints nothing good. There is never a second one before the first is gone,
 * also where the kernel does not let it go.
 */
export function keepLineChild(options: LineChildOptions): () => void {
  const { clock, silenceMs } = options;
  let run: Run | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  let isStopped = false;
  let cancelPause = (): void => undefined;
  let cancelSilence = (): void => undefined;

  function expectLine(current: Run): void {
    cancelSilence();
    if (silenceMs === null) return;
    cancelSilence = clock.after(silenceMs, () => {
      current.wasKilled = `it said nothing for ${Math.round(silenceMs / 1000)} s and was killed`;
      current.child.kill("SIGKILL");
    });
  }

  async function follow(current: Run): Promise<string> {
    let words = "";
    const lines = splitLines((line) => {
      if (isStopped) return;
      expectLine(current);
      if (options.onLine(line)) pauseMs = FIRST_PAUSE_MS;
      else words = line.trim() === "" ? words : line;
    });
    const talk = (text: string): void => {
      words = (words + text).slice(-LAST_WORDS);
    };
    await Promise.all([readText(current.child.stdout, lines), readText(current.child.stderr, talk)]);
    const code = await current.child.exited;
    const { signalCode } = current.child;
    if (current.wasKilled !== null || signalCode !== null) return current.wasKilled ?? `it was ended by ${signalCode}`;
    return words.trim() || `it ended with code ${code}`;
  }

  function ended(reason: string): void {
    cancelSilence();
    run = null;
    if (isStopped) return;
    options.onEnd(reason);
    cancelPause = clock.after(pauseMs, start);
    pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
  }

  function start(): void {
    const child = spawn(options.command());
    if (typeof child === "string") {
      ended(child);
      return;
    }
    const current: Run = { child, wasKilled: null };
    run = current;
    expectLine(current);
    follow(current).then(ended, (error: unknown) => ended(String(error)));
  }

  start();
  return () => {
    isStopped = true;
    cancelPause();
    cancelSilence();
    run?.child.kill("SIGKILL");
  };
}
