import type { Fault } from "../core/fault.ts";
import { createStreamSplitter } from "../dialects/framing.ts";
import type { SseStep } from "../dialects/sse.ts";
import type { UpstreamReply } from "../host/upstream/upstream.ts";
import type { Attempt } from "./attempt.ts";
import type { Route } from "./endpoint.ts";
import type { Services } from "./services.ts";
import { createStreamDeadline } from "./stream-deadline.ts";

/** What came of one read: events, or why there are none. */
export interface FeedStep {
  readonly frames: SseStep["frames"];
  readonly fault: Fault | null;
  /** Nothing more will come. */
  readonly isLast: boolean;
}

/** The upstream's side of a streamed answer: read piece by piece under the deadlines, and let go of. */
export interface UpstreamFeed {
  read(): Promise<FeedStep>;
  /** Content has begun: from now on silence counts. */
  touch(): void;
  /** The answer is complete; only the upstream's end is still awaited. */
  complete(): void;
  /** Lets go of the upstream; one that has not ended by itself is cut off. */
  release(): void;
}

function stepOf({ frames, fault }: SseStep, isLast: boolean): FeedStep {
  return fault === undefined ? { frames, fault: null, isLast } : { frames: [], fault, isLast };
}

/** A chunk of the upstream may be as large as its sockets' buffers; what is made of it waits whole for a slow client. */
const PIECE_BYTES = 32 * 1024;
const NO_BYTES = new Uint8Array(0);

/** Begins to read a streamed reply; its deadlines run from now on. */
export function openFeed(attempt: Attempt, route: Route, reply: UpstreamReply, services: Services): UpstreamFeed {
  const reader = reply.reader();
  const splitter = createStreamSplitter(route.dialect.framing);
  const deadline = createStreamDeadline(attempt, services.settings().deadlines, services.clock);
  let hasEnded = false;
  let unread: Uint8Array = NO_BYTES;
  services.watchdog.add(deadline.watch);

  /** A chunk, null at the end, or why nothing more comes. */
  async function readChunk(): Promise<Uint8Array | null | Fault> {
    deadline.awaits(true);
    try {
      const { value } = await reader.read();
      return value ?? null;
    } catch (error) {
      return attempt.explain(reply.faultOf(error));
    } finally {
      deadline.awaits(false);
    }
  }

  function takePiece(bytes: Uint8Array): FeedStep {
    const piece = bytes.subarray(0, PIECE_BYTES);
    unread = bytes.length > PIECE_BYTES ? bytes.subarray(PIECE_BYTES) : NO_BYTES;
    return stepOf(splitter.push(piece), false);
  }

  return {
    async read() {
      if (unread.length > 0) return takePiece(unread);
      const chunk = await readChunk();
      if (chunk instanceof Uint8Array) return takePiece(chunk);
      if (chunk !== null) return { frames: [], fault: chunk, isLast: true };
      hasEnded = true;
      return stepOf(splitter.end(), true);
    },
    touch: deadline.touch,
    complete: deadline.complete,
    release() {
      services.watchdog.remove(deadline.watch);
      if (!hasEnded) reply.cancel();
      hasEnded = true;
    },
  };
}
