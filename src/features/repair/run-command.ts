import { endCode } from "../../terminal/exit-code.ts";

/** How a command ended, and what it wrote. */
export interface CommandRun {
  readonly exitCode: number;
  readonly isTimedOut: boolean;
  /** Standard output and error as they came; of a very long one, the end. */
  readonly output: string;
  readonly tookMs: number;
}

/** A command to be run apart from the user, with nobody to answer it. */
export interface HiddenCommand {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** As many characters of an output are kept. */
const KEPT = 2_000_000;
/** How long output may still come after the end: what a command left running may hold it open. Milliseconds. */
const REST_MS = 300;

/** Keeps the end of what is written. */
export function createTail(): { add(text: string): void; text(): string } {
  let kept = "";
  return {
    add(text) {
      kept += text;
      if (kept.length > 2 * KEPT) kept = kept.slice(-KEPT);
    },
    text: () => kept.slice(-KEPT),
  };
}

/** Ends a command and all that it started: they are one process group. */
export function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
  isOver: AbortSignal,
): Promise<void> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  isOver.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
  for (let part = await reader.read(); !part.done; part = await reader.read())
    add(decoder.decode(part.value, { stream: true }));
}

/** Runs a command to its end or for its time; whatever it started ends with it. One that cannot be started ends as in a shell, with 127. */
export async function runHidden({ command, cwd, environment, timeoutMs, signal }: HiddenCommand): Promise<CommandRun> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const tail = createTail();
  const took = (): number => Math.round(performance.now() - startedAt);
  let child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  try {
    child = Bun.spawn([...command], {
      cwd,
      env: { ...environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (error) {
    return {
      exitCode: 127,
      isTimedOut: false,
      output: error instanceof Error ? error.message : String(error),
      tookMs: took(),
    };
  }
  let isTimedOut = false;
  const end = (): void => endGroup(child.pid);
  const timer = setTimeout(() => {
    isTimedOut = true;
    end();
  }, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  const over = new AbortController();
  const outputs = Promise.all([
    collect(child.stdout, tail.add, over.signal),
    collect(child.stderr, tail.add, over.signal),
  ]);
  try {
    const code = await child.exited;
    const rest = setTimeout(() => over.abort(), REST_MS);
    await outputs;
    clearTimeout(rest);
    signal.throwIfAborted();
    return { exitCode: endCode(code, child.signalCode), isTimedOut, output: tail.text(), tookMs: took() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    end();
  }
}
