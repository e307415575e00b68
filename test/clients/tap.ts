import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** One request of a client to the gateway, and what it was told. */
export interface TappedCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  /** Monotonic ms at which it came. */
  readonly at: number;
}

/** A listener in front of the gateway that passes everything on and keeps a list. */
export interface Tap {
  readonly url: string;
  readonly calls: readonly TappedCall[];
  stop(): Promise<void>;
}

/** Headers that concern one connection only; a request for a WebSocket passes as the plain GET that it is. */
const HOP_BY_HOP = ["connection", "upgrade", "host", "keep-alive", "transfer-encoding"];

/** Opens a tap in front of a gateway. */
export function openTap(gatewayUrl: string): Tap {
  const calls: TappedCall[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const at = performance.now();
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      const body = await request.text();
      for (const name of HOP_BY_HOP) headers.delete(name);
      const response = await fetch(`${gatewayUrl}${pathname}${search}`, {
        method: request.method,
        headers,
        signal: request.signal,
        redirect: "manual",
        ...(body === "" ? {} : { body }),
      });
      const { status } = response;
      calls.push({
        method: request.method,
        path: pathname + search,
        headers: Object.fromEntries(request.headers),
        body,
        status,
        at,
      });
      const told = new Headers(response.headers);
      told.delete("content-encoding");
      return new Response(response.body, { status, headers: told });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, calls, stop: () => server.stop(true) };
}

/** A proxy that lets nobody out and keeps a list of who was asked for. */
export interface Fence {
  readonly url: string;
  /** `host:port`, or the URL of a request in the clear; in the order of asking. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** Opens one; a client whose proxy it is reaches nothing but loopback. */
export async function openFence(): Promise<Fence> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (data) => {
      asked.push(data.toString("latin1").split(" ")[1] ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
