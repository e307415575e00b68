import { type Connection, connect, type Exchange } from "./connection.ts";
import type { Destination, Job, LoadResult, Manner } from "./job.ts";
import { createTally, type Tally } from "./tally.ts";

/** What the caller of a long job is told, and how it ends it. */
export interface Attendance {
  /** Every stream has begun. */
  begun(): void;
  /** Resolves when a held job is to end. */
  readonly ending: Promise<void>;
}

const SLOW_TICK_MS = 50;

function requestBytes({ port, path, headers, body }: Destination, mark: string): Buffer {
  const text = body.replace("{mark}", mark);
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(text)}\r\n${fields.join("")}\r\n${text}`);
}

function openAll(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => connect(port)));
}

async function runClosed(destination: Destination, connections: number, durationMs: number): Promise<LoadResult> {
  const request = requestBytes(destination, "");
  const open = await openAll(destination.port, connections);
  const tally = createTally();
  const until = performance.now() + durationMs;
  await Promise.all(open.map((connection) => repeat(connection, request, until, tally)));
  return tally.result();
}

/** Sends the next request whenever the last one is answered; resolves after the one that is open when the time is up. */
function repeat(connection: Connection, request: Buffer, until: number, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const listener = {
      ended(exchange: Exchange) {
        tally.ended(exchange);
        next();
      },
    };
    function next(): void {
      if (performance.now() < until && connection.isOpen) {
        tally.sent();
        connection.send(request, listener);
        return;
      }
      connection.leave();
      resolve();
    }
    next();
  });
}

/** Takes a free connection or opens one, so that no request waits for another's answer. */
function createPool(port: number) {
  const free: Connection[] = [];
  let busy = 0;
  return {
    get busy() {
      return busy;
    },
    async take(): Promise<Connection> {
      busy += 1;
      return free.pop() ?? (await connect(port));
    },
    give(connection: Connection): void {
      busy -= 1;
      if (connection.isOpen) free.push(connection);
    },
    warm: async (count: number) => void free.push(...(await openAll(port, count))),
    close: () =>
      free.forEach((connection) => {
        connection.leave();
      }),
  };
}

const WARM_CONNECTIONS = 16;

async function runOpen(destination: Destination, perSecond: number, durationMs: number): Promise<LoadResult> {
  const request = requestBytes(destination, "");
  const pool = createPool(destination.port);
  await pool.warm(WARM_CONNECTIONS);
  const tally = createTally();
  const total = Math.round((perSecond * durationMs) / 1000);
  const startedAt = performance.now();
  async function sendOne(): Promise<void> {
    const connection = await pool.take();
    connection.send(request, {
      ended(exchange) {
        tally.ended(exchange);
        pool.give(connection);
      },
    });
  }
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) * perSecond) / 1000) + 1);
    for (; sent < due; sent++) {
      tally.sent();
      void sendOne();
    }
    await Bun.sleep(Math.max(0, startedAt + (sent * 1000) / perSecond - performance.now()));
  }
  while (pool.busy > 0) await Bun.sleep(1);
  pool.close();
  return tally.result();
}

/** Sends one request on each connection and resolves when every answer has begun. */
async function beginAll(destination: Destination, count: number, tally: Tally): Promise<Connection[]> {
  const request = requestBytes(destination, "");
  const open = await openAll(destination.port, count);
  await Promise.all(
    open.map(
      (connection) =>
        new Promise<void>((resolve) => {
          tally.sent();
          connection.send(request, {
            firstToken: () => resolve(),
            ended(exchange) {
              tally.ended(exchange);
              resolve();
            },
          });
        }),
    ),
  );
  return open;
}

async function runHold(destination: Destination, count: number, attendance: Attendance): Promise<LoadResult> {
  const tally = createTally();
  const open = await beginAll(destination, count, tally);
  attendance.begun();
  await attendance.ending;
  const result = tally.result();
  for (const connection of open) connection.leave();
  return result;
}

/** Reads one receive buffer, then pauses for as long as its bytes last at the wanted pace. */
function slowDown(connection: Connection, bytesPerSecond: number): () => void {
  const bufferBytes = 64 * 1024;
  connection.pause();
  const timer = setInterval(
    () => {
      connection.resume();
      setTimeout(connection.pause, 1);
    },
    Math.max(SLOW_TICK_MS, (bufferBytes * 1000) / bytesPerSecond),
  );
  return () => clearInterval(timer);
}

async function runSlow(
  destination: Destination,
  manner: Extract<Manner, { kind: "slow" }>,
  attendance: Attendance,
): Promise<LoadResult> {
  const tally = createTally();
  const open = await beginAll(destination, manner.connections, tally);
  const stops = open.map((connection) => slowDown(connection, manner.bytesPerSecond));
  attendance.begun();
  await attendance.ending;
  for (const stop of stops) stop();
  const result = tally.result();
  for (const connection of open) connection.leave();
  return result;
}

async function leaveOne(destination: Destination, mark: string, afterMs: number | null, tally: Tally): Promise<void> {
  const connection = await connect(destination.port);
  await new Promise<void>((resolve) => {
    tally.sent();
    connection.send(requestBytes(destination, mark), {
      firstToken: () => {
        if (afterMs === null) resolve();
      },
      ended: () => resolve(),
    });
    if (afterMs !== null) setTimeout(resolve, afterMs);
  });
  tally.left({ mark, at: Date.now() });
  connection.leave();
}

async function runLeave(destination: Destination, manner: Extract<Manner, { kind: "leave" }>): Promise<LoadResult> {
  const tally = createTally();
  for (let number = 0; number < manner.requests; number++) {
    await leaveOne(destination, `${manner.prefix}${number}`, manner.afterMs, tally);
  }
  return tally.result();
}

/** Runs a job to its end. */
export function runJob({ destination, manner }: Job, attendance: Attendance): Promise<LoadResult> {
  switch (manner.kind) {
    case "closed":
      return runClosed(destination, manner.connections, manner.durationMs);
    case "open":
      return runOpen(destination, manner.perSecond, manner.durationMs);
    case "hold":
      return runHold(destination, manner.connections, attendance);
    case "slow":
      return runSlow(destination, manner, attendance);
    case "leave":
      return runLeave(destination, manner);
  }
}
