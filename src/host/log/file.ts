import { mkdirSync, writeSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Redactor } from "../../core/redact.ts";
import type { Clock } from "../clock.ts";
import { errorText } from "../private-file.ts";
import { jsonLine, type LogEntry, textLine } from "./line.ts";
import type { Log, LogLevel } from "./log.ts";

/** How a log file is written. `keepFiles` counts the rotated files besides the current one. */
export interface LogFileOptions {
  readonly directory: string;
  readonly level: LogLevel;
  readonly maxBytes: number;
  readonly keepFiles: number;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** Receives every entry as a line of text too (a foreground run), and in any case the word that the file cannot be written. */
  readonly stderr: { readonly isEchoOn: boolean; write(line: string): void };
}

/** What became of the lines, for `status`. */
export interface LogHealth {
  readonly lost: number;
  readonly lastError: string | null;
}

/** A log that is written in batches, beside the requests. */
export interface LogFile extends Log {
  setLevel(level: LogLevel): void;
  /** Resolves when everything written so far is in the file, or counted as lost. */
  flush(): Promise<void>;
  /** Writes what is queued at once and blocks meanwhile: for the last words of a process that crashes. */
  flushNow(): void;
  /** What comes later is counted as lost, and does not open the file again. */
  close(): Promise<void>;
  health(): LogHealth;
}

/** Name of the current file; rotated ones have `.1` (newest) to `.N` appended. */
export const LOG_NAME = "lodestar.log";
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const FLUSH_MS = 50;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

interface Sink {
  readonly options: LogFileOptions;
  readonly path: string;
  handle: FileHandle | null;
  bytes: number;
  queue: string[];
  queuedBytes: number;
  lost: number;
  /** Lines lost since the file last took one; said in the file once it does again. */
  unsaid: number;
  lastError: string | null;
  isTorn: boolean;
  running: Promise<void> | null;
  cancelTimer: (() => void) | null;
}

/** The folder of the logs inside a state directory. */
export function logDirectory(stateDir: string): string {
  return join(stateDir, "logs");
}

/**
 * Opens the log. Lines are NDJSON (`time`, `level`, `message`, fields), every one through the redactor. They wait in memory, in
 * at most 4 MiB, and reach the file within 50 ms; a disk that is full costs lines, which are counted, never the process.
 */
export function openLogFile(options: LogFileOptions): LogFile {
  const sink: Sink = {
    options,
    path: join(options.directory, LOG_NAME),
    handle: null,
    bytes: 0,
    queue: [],
    queuedBytes: 0,
    lost: 0,
    unsaid: 0,
    lastError: null,
    isTorn: false,
    running: null,
    cancelTimer: null,
  };
  let threshold = LEVELS.indexOf(options.level);
  let isClosed = false;
  return {
    write(level, message, fields = {}) {
      if (LEVELS.indexOf(level) < threshold) return;
      const entry = { at: options.clock.now(), level, message, fields };
      if (options.stderr.isEchoOn) options.stderr.write(textLine(entry, options.redactor));
      if (isClosed) countLost(sink, 1);
      else enqueue(sink, entry);
    },
    setLevel(level) {
      threshold = LEVELS.indexOf(level);
    },
    flush: () => drain(sink),
    flushNow: () => flushNow(sink),
    async close() {
      isClosed = true;
      await drain(sink);
      await closeHandle(sink);
    },
    health: () => ({ lost: sink.lost, lastError: sink.lastError }),
  };
}

function enqueue(sink: Sink, entry: LogEntry): void {
  const line = `${jsonLine(entry, sink.options.redactor)}\n`;
  const bytes = Buffer.byteLength(line);
  if (sink.queuedBytes + bytes > MAX_QUEUED_BYTES) {
    countLost(sink, 1);
    return;
  }
  sink.queue.push(line);
  sink.queuedBytes += bytes;
  sink.cancelTimer ??= sink.options.clock.after(FLUSH_MS, () => {
    sink.cancelTimer = null;
    void drain(sink);
  });
}

function countLost(sink: Sink, lines: number): void {
  sink.lost += lines;
  sink.unsaid += lines;
}

/** Writes batch after batch until the queue is empty; one runner at a time. */
function drain(sink: Sink): Promise<void> {
  sink.running ??= writeAll(sink).finally(() => {
    sink.running = null;
  });
  return sink.running;
}

function takeBatch(sink: Sink): { text: string; lines: number } {
  const lines = sink.queue.length;
  const text = sink.queue.join("");
  sink.queue = [];
  sink.queuedBytes = 0;
  return { text, lines };
}

async function writeAll(sink: Sink): Promise<void> {
  while (sink.queue.length > 0) {
    const batch = takeBatch(sink);
    try {
      await append(sink, batch.text);
      noteRecovery(sink);
    } catch (error) {
      sink.isTorn = true;
      noteFailure(sink, batch.lines, error);
    }
  }
}

async function append(sink: Sink, text: string): Promise<void> {
  const content = Buffer.from(`${sink.isTorn ? "\n" : ""}${text}`);
  if (sink.bytes > 0 && sink.bytes + content.length > sink.options.maxBytes) await rotate(sink);
  const handle = sink.handle ?? (await openCurrent(sink));
  await handle.appendFile(content);
  sink.isTorn = false;
  sink.bytes += content.length;
}

async function openCurrent(sink: Sink): Promise<FileHandle> {
  mkdirSync(sink.options.directory, { recursive: true, mode: 0o700 });
  const handle = await open(sink.path, "a", 0o600);
  sink.handle = handle;
  sink.bytes = (await handle.stat()).size;
  return handle;
}

async function closeHandle(sink: Sink): Promise<void> {
  const { handle } = sink;
  sink.handle = null;
  await handle?.close();
}

async function rotate(sink: Sink): Promise<void> {
  await closeHandle(sink);
  sink.bytes = 0;
  const { keepFiles } = sink.options;
  await rm(rotatedPath(sink.path, keepFiles), { force: true });
  for (let index = keepFiles - 1; index >= 0; index -= 1) await renameIfPresent(sink.path, index);
}

async function renameIfPresent(path: string, index: number): Promise<void> {
  const from = rotatedPath(path, index);
  if (await Bun.file(from).exists()) await rename(from, rotatedPath(path, index + 1));
}

/** The path of the rotated file number `index`, 0 being the current one. */
export function rotatedPath(path: string, index: number): string {
  return index === 0 ? path : `${path}.${index}`;
}

function noteFailure(sink: Sink, lines: number, error: unknown): void {
  const isNews = sink.lastError === null;
  sink.lastError = errorText(error);
  countLost(sink, lines);
  if (isNews) {
    sink.options.stderr.write(
      `lodestar: the log ${sink.path} cannot be written (${sink.lastError}); serving goes on, lines are lost until that is mended`,
    );
  }
}

function noteRecovery(sink: Sink): void {
  sink.lastError = null;
  if (sink.unsaid === 0) return;
  const fields = { lost: sink.unsaid };
  sink.unsaid = 0;
  enqueue(sink, { at: sink.options.clock.now(), level: "warn", message: "log lines were lost", fields });
}

function flushNow(sink: Sink): void {
  if (sink.handle === null) return;
  const batch = takeBatch(sink);
  try {
    writeSync(sink.handle.fd, batch.text);
  } catch (error) {
    noteFailure(sink, batch.lines, error);
  }
}
