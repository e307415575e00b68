import { fstatSync } from "node:fs";
import type { Sink, Source } from "../terminal/terminal.ts";
import { COMMANDS } from "./_all.ts";
import type { SignalName } from "./command.ts";
import { type RunnerHost, runCli } from "./runner.ts";

const SIGNALS: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];

function sinkOf(stream: NodeJS.WriteStream): Sink {
  // The reader went away (`lodestar costs | head`): what it wanted it has, so this is no failure.
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  let lastWrite: Promise<void> = Promise.resolve();
  const write = (data: string | Uint8Array): void => {
    if (data.length > 0) lastWrite = new Promise((resolve) => stream.write(data, () => resolve()));
  };
  return {
    write,
    writeBytes: write,
    // Not by an empty write: Bun calls that one back at once, while earlier text still waits for the pipe's reader.
    drained: () => lastWrite,
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
  };
}

async function* typedChunks(): AsyncIterable<string> {
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) yield String(chunk);
}

/** Whether input was piped or redirected to this process; no input at all counts as none. */
function isInputPiped(): boolean {
  try {
    const stats = fstatSync(0);
    return stats.isFIFO() || stats.isFile() || stats.isSocket();
  } catch {
    // Started with its input closed.
    return false;
  }
}

const STDIN: Source = {
  isTTY: process.stdin.isTTY === true,
  get isPiped() {
    return isInputPiped();
  },
  readAll: () => Bun.stdin.text(),
  bytes: () => Bun.stdin.stream(),
  setRawMode: (isRaw) => {
    process.stdin.setRawMode?.(isRaw);
  },
  chunks: typedChunks,
};

function onSignal(listener: (name: SignalName) => void): () => void {
  const handlers = SIGNALS.map((name) => {
    const handler = (): void => listener(name);
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  return () => {
    for (const remove of handlers) remove();
  };
}

function processHost(version: string): RunnerHost {
  return {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    stdin: STDIN,
    environment: process.env,
    version,
    now: () => Date.now(),
    onSignal,
    backend: async () => (await import("../compose.ts")).backend,
  };
}

/** Runs the command line of this process and ends the process with the command's exit code. */
export async function runProcess(version: string): Promise<never> {
  process.exit(await runCli(process.argv.slice(2), COMMANDS, processHost(version)));
}
