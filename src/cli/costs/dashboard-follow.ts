import type { CliHost } from "../command.ts";
import { type Connection, lostConnection } from "../connection.ts";
import { readServerEvents } from "../sse.ts";

/** How often it looks where no daemon tells of changes, and tries again where one was lost. */
const LOOK_MS = 2_000;

/** Something that asks for a new reading: keys, events of the daemon, time. Only the first of many at once counts. */
export interface Wake {
  wake(): void;
  /** Resolves at the next wake-up, at once where one came since the last. */
  next(): Promise<void>;
}

/** Makes a wake that is awake already. */
export function createWake(): Wake {
  let isAwake = true;
  let resolveNext: (() => void) | null = null;
  return {
    wake() {
      isAwake = true;
      resolveNext?.();
    },
    async next() {
      if (!isAwake) await new Promise<void>((resolve) => (resolveNext = resolve));
      isAwake = false;
      resolveNext = null;
    },
  };
}

/** Waits for a promise, or returns null as soon as the signal says so; leaves nothing on the signal. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  const { promise: result, resolve, reject } = Promise.withResolvers<Value | null>();
  const stop = (): void => resolve(null);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  promise.then(resolve, reject);
  return result.finally(() => signal.removeEventListener("abort", stop));
}

/** Waits so long, or until the signal says so. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  await orAborted(promise, signal);
  clearTimeout(timer);
}

/** Wakes at every event of the daemon, and now and then where there are none. */
export async function follow(
  connection: Connection,
  host: CliHost,
  signal: AbortSignal,
  wake: () => void,
): Promise<void> {
  while (!signal.aborted) {
    if (connection.source === "daemon") await followEvents(connection, host, signal, wake);
    await pause(LOOK_MS, signal);
    wake();
  }
}

async function followEvents(
  connection: Connection,
  host: CliHost,
  signal: AbortSignal,
  wake: () => void,
): Promise<void> {
  try {
    const response = await connection.send("/v1/events", { signal });
    if (!response.ok || !response.value.ok) return;
    for await (const _ of readServerEvents(response.value.body ?? new Blob([]).stream())) wake();
  } catch (error) {
    if (!signal.aborted) lostConnection(error, host, connection.where);
  }
}
