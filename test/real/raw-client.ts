import { connect } from "node:net";

/** One request over a socket of its own, for what `fetch` does not let a client do. */
export interface RawExchange {
  /** Everything that came so far: status line, headers, body as framed. */
  readonly received: () => string;
  readonly bytes: () => number;
  /** Status code, once the status line came. */
  readonly status: Promise<number>;
  /** Resolves when the server closed, or after `leave`. */
  readonly closed: Promise<void>;
  /** Stops reading: the kernel's buffers fill up and the server must wait. */
  pause(): void;
  resume(): void;
  /** Cuts the connection, as a client that is killed does. */
  leave(): void;
}

/** The bytes of a POST of JSON. */
export function postBytes(url: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const text = JSON.stringify(body);
  const all = {
    host: new URL(url).host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`;
}

/** Connects to the server of a URL and writes these bytes as they stand. */
export function sendRaw(url: string, bytes: string | Uint8Array): RawExchange {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  let count = 0;
  let isClosed = (): void => undefined;
  let hasStatus = (_: number): void => undefined;
  const closed = new Promise<void>((resolve) => {
    isClosed = resolve;
  });
  const status = new Promise<number>((resolve) => {
    hasStatus = resolve;
  });
  socket.on("data", (chunk: Buffer) => {
    count += chunk.length;
    chunks.push(chunk);
    if (chunks.length === 1) hasStatus(Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString("latin1"))?.[1] ?? 0));
  });
  socket.on("close", () => isClosed());
  socket.on("error", () => isClosed());
  socket.write(bytes);
  return {
    received: () => Buffer.concat(chunks).toString("utf8"),
    bytes: () => count,
    status,
    closed,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    leave: () => void socket.destroy(),
  };
}
