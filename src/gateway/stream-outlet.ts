import type { Fault } from "../core/fault.ts";
import type { StreamPart } from "../core/reply.ts";
import type { CostStamp } from "../core/stamp.ts";
import type { Dialect, ReplyStamp, StreamWriter, WireEvent } from "../dialects/dialect.ts";
import { createStreamWriter } from "../dialects/framing.ts";

/** Writes one stream for a client, as wire text in its dialect. `cost` comes with what completed the answer. */
export interface StreamOutlet {
  /** What was said, where the stream is written anew. An `error` part is told by {@link StreamOutlet.fail}, not here. */
  say(parts: readonly StreamPart[], cost?: CostStamp): string;
  /** An event of the upstream, where it is passed on; `raw` is its wire text. */
  pass(event: WireEvent, raw: string, cost?: CostStamp): string;
  /** The end of the stream. */
  close(cost?: CostStamp): string;
  /** The error event of the dialect, and the end. */
  fail(fault: Fault): string;
}

function writeAll(writer: StreamWriter, events: readonly WireEvent[]): string {
  return events.map((event) => writer.write(event)).join("");
}

function encodingOutlet({ encoder }: Dialect, stamp: ReplyStamp, writer: StreamWriter): StreamOutlet {
  let state = encoder.initial(stamp);
  function encode(part: StreamPart, cost: CostStamp | undefined): string {
    const [next, events] = encoder.step(state, part, cost);
    state = next;
    return writeAll(writer, events);
  }
  return {
    say(parts, cost) {
      let text = "";
      for (const part of parts) {
        if (part.type !== "error") text += encode(part, part.type === "finish" ? cost : undefined);
      }
      return text;
    },
    pass: () => "",
    close: () => writer.end(),
    fail: (fault) => encode({ type: "error", fault }, undefined) + writer.end(),
  };
}

/** A stream written anew in a dialect, from its parts. */
export function createEncodingOutlet(to: Dialect, stamp: ReplyStamp): StreamOutlet {
  return encodingOutlet(to, stamp, createStreamWriter(to.framing));
}

/** A stream relayed in its own dialect: every event but the usage-bearing one passes byte for byte. */
export function createRelayOutlet(to: Dialect, stamp: ReplyStamp): StreamOutlet {
  const { relay } = to;
  const writer = createStreamWriter(to.framing);
  let state = relay.initial(stamp);
  return {
    say: () => "",
    pass(event, raw, cost) {
      const [next, events] = relay.step(state, event, cost);
      state = next;
      return events.map((out) => writer.write(out, out === event ? raw : undefined)).join("");
    },
    close: (cost) => writeAll(writer, relay.end(state, cost)) + writer.end(),
    fail(fault) {
      if (relay.fail === undefined) return encodingOutlet(to, stamp, writer).fail(fault);
      return writeAll(writer, relay.fail(state, fault)) + writer.end();
    },
  };
}
