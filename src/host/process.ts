import { FFIType, ptr } from "bun:ffi";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import type { Clock } from "./clock.ts";
import { openLibc } from "./libc.ts";
import { errorCode, errorText } from "./private-file.ts";
import { isProcessAlive } from "./process-alive.ts";
import { findDaemon, type Ready } from "./state-lock.ts";

/** Bun reads its limit on outgoing requests from this variable, at start only. */
const CAP_VARIABLE = "BUN_CONFIG_MAX_HTTP_REQUESTS";
/** What Bun allows without it; the next request waits silently. */
const DEFAULT_CAP = 256;
/** What we ask for: far above any gateway's load, below Bun's 16-bit counter. */
const RAISED_CAP = 16_384;

/** How many outgoing requests this process may have open at once. */
export function currentFetchCap(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const value = Number(env[CAP_VARIABLE]);
  return Number.isSafeInteger(value) && value > 0 ? value : DEFAULT_CAP;
}

/** The command line that starts this program again with other arguments: the compiled binary, or Bun and its script. */
export function selfCommand(args: readonly string[]): readonly string[] {
  return Bun.isStandaloneExecutable
    ? [process.execPath, ...args]
    : [process.execPath, ...process.execArgv, Bun.main, ...args];
}

/** Why the cap was left as it is. */
export type FetchCapOutcome = "already-set" | "unavailable";

/**
 * Lifts Bun's cap of 256 outgoing requests by starting this program again in place, with the same pid, arguments and
 * environment plus the variable. Does not return when that works, so call it first thing in `serve`. On Windows, which has
 * no execve, a child does the work and this process passes signals and the exit code.
 */
export async function raiseFetchCap(args: readonly string[] = process.argv.slice(2)): Promise<FetchCapOutcome> {
  if ((process.env[CAP_VARIABLE] ?? "") !== "") return "already-set";
  const env = { ...process.env, [CAP_VARIABLE]: String(RAISED_CAP) };
  if (process.platform === "win32") return runAsChild(selfCommand(args), env);
  replaceProcess(selfCommand(args), env);
  return "unavailable";
}

/** execve(2): returns only when it failed. */
function replaceProcess(command: readonly string[], env: Readonly<Record<string, string | undefined>>): void {
  const libc = openLibc({ execve: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 } });
  if (libc === null) return;
  const settings = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  const argumentList = cStrings(command);
  const environment = cStrings(settings);
  libc.symbols.execve(argumentList.strings[0] ?? null, argumentList.pointers, environment.pointers);
  libc.close();
}

/** A null-terminated array of C strings; `strings` keeps their memory alive. */
function cStrings(texts: readonly string[]): { strings: readonly Buffer[]; pointers: BigUint64Array } {
  const strings = texts.map((text) => Buffer.from(`${text}\0`));
  const pointers = new BigUint64Array(strings.length + 1);
  strings.forEach((string, index) => {
    pointers[index] = BigInt(ptr(string));
  });
  return { strings, pointers };
}

async function runAsChild(command: readonly string[], env: NodeJS.ProcessEnv): Promise<never> {
  const child = Bun.spawn([...command], { env, stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"] as const) process.on(signal, () => child.kill(signal));
  process.exit(await child.exited);
}

/** What became of a signal. */
export type SignalOutcome = "sent" | "gone" | "not-permitted";

/** Sends a signal to a daemon; by default the one that asks it to drain and end. */
export function signalDaemon(pid: number, signal: NodeJS.Signals = "SIGTERM"): SignalOutcome {
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    return errorCode(error) === "EPERM" ? "not-permitted" : "gone";
  }
}

const POLL_MS = 25;

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}

/** Waits until a process has ended; false when it still runs after `timeoutMs`. */
export async function waitUntilGone(pid: number, timeoutMs: number, clock: Clock): Promise<boolean> {
  const deadline = clock.monotonic() + timeoutMs;
  while (isProcessAlive(pid)) {
    if (clock.monotonic() >= deadline) return false;
    await pause(clock, POLL_MS);
  }
  return true;
}

/** How a background start goes. `output` receives what the daemon prints before its own log is open. */
export interface DetachOptions {
  readonly command: readonly string[];
  readonly stateDir: string;
  readonly output: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A background start that failed: what to tell, and the last lines the daemon printed. */
export interface DetachFault {
  readonly message: string;
  readonly tail: string;
}

/** Starts a daemon in a session of its own, so that it outlives the terminal, and waits until it serves. */
export async function detach(options: DetachOptions): Promise<Result<Ready, DetachFault>> {
  const child = startDetached(options);
  if (!child.ok) return child;
  const { stateDir, timeoutMs, clock } = options;
  const deadline = clock.monotonic() + timeoutMs;
  while (clock.monotonic() < deadline) {
    const found = findDaemon(stateDir);
    if (found.state === "running") return success(found.ready);
    if (child.value.exitCode !== null || child.value.signalCode !== null)
      return failure(endedEarly(child.value, options));
    await pause(clock, POLL_MS);
  }
  child.value.kill();
  const seconds = Math.round(timeoutMs / 1000);
  return failure({
    message: `The daemon did not get ready within ${seconds} s and was stopped.`,
    tail: tailOf(options.output),
  });
}

function startDetached({ command, output }: DetachOptions): Result<Bun.Subprocess, DetachFault> {
  try {
    mkdirSync(dirname(output), { recursive: true, mode: 0o700 });
    const descriptor = openSync(output, "w", 0o600);
    try {
      const child = Bun.spawn([...command], {
        detached: true,
        stdin: "ignore",
        stdout: descriptor,
        stderr: descriptor,
      });
      child.unref();
      return success(child);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return failure({ message: `The daemon could not be started: ${errorText(error)}.`, tail: "" });
  }
}

function endedEarly(child: Bun.Subprocess, options: DetachOptions): DetachFault {
  const how = child.signalCode === null ? `with exit code ${child.exitCode}` : `by ${child.signalCode}`;
  return { message: `The daemon ended before it was ready, ${how}.`, tail: tailOf(options.output) };
}

const TAIL_LINES = 20;

function tailOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  } catch {
    return "";
  }
}
