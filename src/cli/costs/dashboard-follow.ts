import type { Result } from "../../core/result.ts";
import { orAborted, pause } from "../../features/counter/pause.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { CliHost, Outcome } from "../command.ts";
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

/** What is read again and again. */
export interface Reading<Data> {
  readonly wake: Wake;
  read(): Promise<Result<Data, CliProblem>>;
  /** Takes a reading; a problem that it gives back ends them. */
  take(found: Result<Data, CliProblem>): CliProblem | null;
  /** The least time between two readings, however often they are asked for. */
  readonly leastPauseMs: number;
}

async function readAgain<Data>(
  { wake, read, take, leastPauseMs }: Reading<Data>,
  ended: AbortSignal,
): Promise<Outcome> {
  while (!ended.aborted) {
    await orAborted(wake.next(), ended);
    const found = ended.aborted ? null : await orAborted(read(), ended);
    if (found === null || ended.aborted) break;
    const problem = take(found);
    if (problem !== null) return problem;
    await pause(leastPauseMs, ended);
  }
  return EXIT_CODES.ok;
}

/** Reads at once, at every event of the daemon and whenever the wake asks for it, until the signal or a problem. */
export async function readLive<Data>(
  connection: Connection,
  host: CliHost,
  ended: AbortSignal,
  reading: Reading<Data>,
): Promise<Outcome> {
  const left = new AbortController();
  const following = follow(connection, host, AbortSignal.any([ended, left.signal]), reading.wake.wake);
  try {
    return await readAgain(reading, ended);
  } finally {
    left.abort();
    await following;
  }
}

/** Wakes at every event of the daemon, and now and then where there are none. */
async function follow(connection: Connection, host: CliHost, signal: AbortSignal, wake: () => void): Promise<void> {
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
