import type { Socket } from "bun";
import { createReplyTracker, type ReplyTracker } from "./reply-tracker.ts";

/** One request and what came of it. Times are monotonic milliseconds. */
export interface Exchange {
  readonly sentAt: number;
  firstTokenAt: number | null;
  endedAt: number | null;
  readonly reply: ReplyTracker;
}

/** What is told of an exchange. */
export interface Listener {
  firstToken?(exchange: Exchange): void;
  /** The reply is whole, or the connection broke before that. */
  ended(exchange: Exchange): void;
}

/** A kept connection that carries one request at a time. */
export interface Connection {
  readonly isOpen: boolean;
  send(request: Buffer, listener: Listener): void;
  pause(): void;
  resume(): void;
  /** Closes at once, as a client does that leaves. */
  leave(): void;
}

interface State {
  exchange: Exchange | null;
  listener: Listener | null;
  rest: Buffer | null;
  isOpen: boolean;
}

function settle(state: State): void {
  const { exchange, listener } = state;
  if (exchange === null) return;
  exchange.endedAt = performance.now();
  state.exchange = null;
  listener?.ended(exchange);
}

function take(state: State, bytes: Buffer): void {
  const { exchange } = state;
  if (exchange === null) return;
  const isDone = exchange.reply.push(bytes);
  if (exchange.firstTokenAt === null && exchange.reply.hasToken) {
    exchange.firstTokenAt = performance.now();
    state.listener?.firstToken?.(exchange);
  }
  if (isDone) settle(state);
}

function write(socket: Socket<State>, bytes: Buffer): void {
  const written = Math.max(0, socket.write(bytes));
  socket.data.rest = written < bytes.length ? bytes.subarray(written) : null;
}

/** Opens a connection to a port of this machine. */
export async function connect(port: number): Promise<Connection> {
  const socket = await Bun.connect<State>({
    hostname: "127.0.0.1",
    port,
    data: { exchange: null, listener: null, rest: null, isOpen: true },
    socket: {
      data: (self, bytes) => take(self.data, bytes),
      drain: (self) => {
        if (self.data.rest !== null) write(self, self.data.rest);
      },
      close: (self) => {
        self.data.isOpen = false;
        settle(self.data);
      },
    },
  });
  return {
    get isOpen() {
      return socket.data.isOpen;
    },
    send(request, listener) {
      const reply = createReplyTracker();
      socket.data.exchange = { sentAt: performance.now(), firstTokenAt: null, endedAt: null, reply };
      socket.data.listener = listener;
      write(socket, request);
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    leave: () => socket.terminate(),
  };
}
