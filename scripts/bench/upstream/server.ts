import type { Socket } from "bun";
import { jsonReply, piecesOf } from "./replies.ts";
import { createRequestReader, type RequestReader } from "./request-reader.ts";
import { orderIn } from "./script.ts";

/** A caller that left before its answer was complete. `at` is Unix milliseconds. */
export interface Cut {
  readonly mark: string;
  readonly at: number;
}

/** The running fake upstream. */
export interface BenchUpstream {
  readonly port: number;
  /** Callers that left, by mark, in order. The server tells them too, at `GET /cuts`. */
  readonly cuts: readonly Cut[];
  stop(): void;
}

interface Conversation {
  readonly reader: RequestReader;
  /** What is still to be written of the answer; null between requests. */
  pieces: Iterator<Buffer> | null;
  /** A piece that the socket did not take whole. */
  rest: Buffer | null;
  intervalMs: number;
  mark: string;
  timer: ReturnType<typeof setTimeout> | null;
}

type Connection = Socket<Conversation>;

/** Steps through the unit interval that stay far from each other, however many are taken (the golden ratio). */
const PHASE_STEP = 0.618_033_988_75;

/** After so many pieces of a burst other connections get their turn. */
const PIECES_A_TURN = 64;

let phase = 0;

function writePiece(socket: Connection, piece: Buffer): void {
  const written = Math.max(0, socket.write(piece));
  socket.data.rest = written < piece.length ? piece.subarray(written) : null;
}

function finish(conversation: Conversation): void {
  if (conversation.timer !== null) clearInterval(conversation.timer);
  conversation.timer = null;
  conversation.pieces = null;
  conversation.mark = "";
}

/** Writes the next piece; false when there is nothing more to do for now. */
function writeNext(socket: Connection): boolean {
  const conversation = socket.data;
  if (conversation.pieces === null || conversation.rest !== null) return false;
  const next = conversation.pieces.next();
  if (next.done === true) finish(conversation);
  else writePiece(socket, next.value);
  return next.done !== true;
}

function burst(socket: Connection): void {
  for (let turn = 0; turn < PIECES_A_TURN; turn++) if (!writeNext(socket)) return;
  setImmediate(burst, socket);
}

/** Paced streams are out of step with each other, so that their events do not come in one batch. */
function pace(socket: Connection, intervalMs: number): void {
  writeNext(socket);
  phase = (phase + PHASE_STEP) % 1;
  socket.data.timer = setTimeout(() => {
    if (socket.data.pieces !== null) socket.data.timer = setInterval(writeNext, intervalMs, socket);
  }, phase * intervalMs);
}

function answer(socket: Connection, text: string): void {
  const { script, mark } = orderIn(text);
  const conversation = socket.data;
  conversation.mark = mark;
  if (script.kind === "hang") return;
  conversation.pieces = piecesOf(script);
  conversation.intervalMs = script.kind === "sse" ? script.intervalMs : 0;
  if (conversation.intervalMs === 0) burst(socket);
  else pace(socket, conversation.intervalMs);
}

function resume(socket: Connection): void {
  const { rest, intervalMs } = socket.data;
  if (rest === null) return;
  writePiece(socket, rest);
  if (socket.data.rest === null && intervalMs === 0) burst(socket);
}

/**
 * A model provider that costs next to nothing: prepared bytes on bare sockets, what to send told by the request itself
 * (`script.ts`). Speaks HTTP/1.1 with kept connections; it is no server for anything else.
 */
export function startBenchUpstream(port = 0): BenchUpstream {
  const cuts: Cut[] = [];
  const server = Bun.listen<Conversation>({
    hostname: "127.0.0.1",
    port,
    socket: {
      open(socket) {
        socket.data = { reader: createRequestReader(), pieces: null, rest: null, intervalMs: 0, mark: "", timer: null };
      },
      data(socket, bytes) {
        const request = socket.data.reader.push(bytes);
        if (request === null) return;
        if (request.line.startsWith("GET /cuts")) writePiece(socket, jsonReply(cuts));
        else answer(socket, request.start);
      },
      drain: resume,
      close(socket) {
        if (socket.data.mark !== "") cuts.push({ mark: socket.data.mark, at: Date.now() });
        finish(socket.data);
      },
    },
  });
  return { port: server.port, cuts, stop: () => server.stop(true) };
}
