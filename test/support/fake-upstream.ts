import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as the fake provider saw it. */
export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Monotonic ms. */
  readonly at: number;
  /** Monotonic ms at which the caller closed the connection before the answer was whole; null if it did not. */
  abortedAt: number | null;
}

/** What the fake provider does with a call. `chunks` are written one by one, each as it stands. */
export type Behaviour =
  | {
      readonly kind: "json";
      readonly body: unknown;
      readonly status?: number;
      readonly headers?: Record<string, string>;
    }
  | {
      readonly kind: "stream";
      readonly chunks: readonly string[];
      readonly type?: string;
      /** Pause before the headers. */
      readonly headersAfterMs?: number;
      /** Pause before each chunk. */
      readonly everyMs?: number;
      /** Afterwards: end properly (default), cut the connection, or stay silent. */
      readonly ending?: "end" | "cut" | "hang";
      /** Write each byte by itself. */
      readonly isBytewise?: boolean;
    }
  /** Nothing, ever. */
  | { readonly kind: "hang" }
  /** The connection is cut before the headers. */
  | { readonly kind: "reset" }
  | { readonly kind: "text"; readonly body: string; readonly status?: number; readonly type?: string };

/** A provider on loopback that does as scripted and keeps a log of its own. */
export interface FakeUpstream {
  readonly url: string;
  readonly calls: readonly SeenCall[];
  /** Resolves when `count` calls were seen. */
  seen(count: number): Promise<void>;
  stop(): Promise<void>;
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function write(response: ServerResponse, piece: Uint8Array): Promise<void> {
  if (response.destroyed || response.write(piece)) return Promise.resolve();
  return new Promise((resolve) => {
    const proceed = (): void => {
      response.off("drain", proceed);
      response.off("close", proceed);
      resolve();
    };
    response.on("drain", proceed);
    response.on("close", proceed);
  });
}

async function stream(response: ServerResponse, behaviour: Extract<Behaviour, { kind: "stream" }>): Promise<void> {
  if (behaviour.headersAfterMs !== undefined) await pause(behaviour.headersAfterMs);
  response.writeHead(200, { "content-type": behaviour.type ?? "text/event-stream" });
  response.flushHeaders();
  for (const chunk of behaviour.chunks) {
    if (behaviour.everyMs !== undefined) await pause(behaviour.everyMs);
    const bytes = Buffer.from(chunk);
    if (behaviour.isBytewise !== true) await write(response, bytes);
    else for (const byte of bytes) await write(response, Buffer.of(byte));
  }
  if (behaviour.ending === "hang") return;
  if (behaviour.ending === "cut") {
    await pause(5);
    response.socket?.destroy();
    return;
  }
  response.end();
}

function answer(response: ServerResponse, behaviour: Behaviour): Promise<void> | undefined {
  switch (behaviour.kind) {
    case "json":
      response.writeHead(behaviour.status ?? 200, { "content-type": "application/json", ...behaviour.headers });
      response.end(JSON.stringify(behaviour.body));
      return undefined;
    case "text":
      response.writeHead(behaviour.status ?? 200, { "content-type": behaviour.type ?? "text/html" });
      response.end(behaviour.body);
      return undefined;
    case "stream":
      return stream(response, behaviour);
    case "reset":
      response.socket?.destroy();
      return undefined;
    case "hang":
      return undefined;
  }
}

/** Starts a fake provider; `script` decides each call by what it is and how many came before, at once or later. */
export async function startFakeUpstream(
  script: (call: SeenCall, index: number) => Behaviour | Promise<Behaviour>,
): Promise<FakeUpstream> {
  const calls: SeenCall[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const { method = "", url: path = "", headers } = request;
    const call: SeenCall = { method, path, headers, body, at: performance.now(), abortedAt: null };
    response.on("close", () => {
      if (!response.writableFinished) call.abortedAt = performance.now();
    });
    calls.push(call);
    for (const waiter of waiting) if (calls.length >= waiter.count) waiter.resolve();
    await answer(response, await script(call, calls.length - 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    seen: (count) =>
      calls.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
