import type { Fault } from "../core/fault.ts";
import { isContent, type StreamPart } from "../core/reply.ts";
import type { CostStamp } from "../core/stamp.ts";
import type { Usage } from "../core/usage.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../dialects/dialect.ts";
import { createStreamWriter } from "../dialects/framing.ts";
import { createRunningEstimate, type RunningEstimate } from "./estimate.ts";

/** What has been seen of a stream so far. */
export interface Observation {
  hasContent: boolean;
  /** Counts the provider stated so far. */
  usage: Usage | null;
  isFinished: boolean;
  fault: Fault | null;
  /** Tokens of what was streamed, for bills of streams that end early. */
  readonly streamed: RunningEstimate;
}

/** Turns the events of an upstream into wire text for the client, and watches what passes. */
export interface Translator {
  readonly seen: Observation;
  /** `raw` is the event's original wire text. */
  step(event: WireEvent, raw: string): string;
  /** The upstream closed. */
  end(): string;
  /** The error event of the client's dialect, and the end. */
  fail(fault: Fault): string;
}

/** How a stream is translated. */
export interface Translation {
  readonly from: Dialect;
  readonly to: Dialect;
  /** Same dialect and the client's own request went out: every event but the usage-bearing one passes byte for byte. */
  readonly isRelay: boolean;
  readonly stamp: ReplyStamp;
  /** Called once, when the answer is complete: books it and says what it cost. */
  readonly complete: (usage: Usage | null) => CostStamp;
}

function textIn(part: StreamPart): string | null {
  switch (part.type) {
    case "text-delta":
    case "reasoning-delta":
    case "refusal-delta":
      return part.text;
    case "tool-call-start":
      return part.name;
    case "tool-call-delta":
      return part.arguments;
    default:
      return null;
  }
}

/** What is left to say of an answer that said it all. */
const NOTHING = { text: "", cost: undefined };

/** Makes the translator of one stream. */
export function createTranslator(translation: Translation): Translator {
  const { from, to, stamp, isRelay } = translation;
  const writer = createStreamWriter(to.framing);
  const seen: Observation = {
    hasContent: false,
    usage: null,
    isFinished: false,
    fault: null,
    streamed: createRunningEstimate(),
  };
  let decoderState = from.decoder.initial();
  let encoderState = to.encoder.initial(stamp);
  let relayState = to.relay.initial(stamp);

  function observe(part: StreamPart): CostStamp | undefined {
    const text = textIn(part);
    if (text !== null) seen.streamed.add(text);
    if (!seen.hasContent && isContent(part)) seen.hasContent = true;
    if (part.type === "usage") seen.usage = part.usage;
    if (part.type === "error") seen.fault = part.fault;
    if (part.type !== "finish") return undefined;
    seen.isFinished = true;
    return translation.complete(part.usage ?? seen.usage);
  }

  function writeAll(events: readonly WireEvent[]): string {
    return events.map((event) => writer.write(event)).join("");
  }

  function encode(part: StreamPart, cost: CostStamp | undefined): string {
    if (part.type === "error") return "";
    const [next, events] = to.encoder.step(encoderState, part, cost);
    encoderState = next;
    return writeAll(events);
  }

  function translate(parts: readonly StreamPart[]): { text: string; cost: CostStamp | undefined } {
    let text = "";
    let cost: CostStamp | undefined;
    for (const part of parts) {
      if (seen.isFinished || seen.fault !== null) break;
      cost = observe(part) ?? cost;
      if (!isRelay) text += encode(part, cost);
    }
    return { text, cost };
  }

  return {
    seen,
    step(event, raw) {
      const [nextState, parts] = from.decoder.step(decoderState, event);
      decoderState = nextState;
      const { text, cost } = translate(parts);
      if (!isRelay) return text;
      if (seen.fault !== null) return "";
      const [nextRelay, events] = to.relay.step(relayState, event, cost);
      relayState = nextRelay;
      return events.map((out) => writer.write(out, out === event ? raw : undefined)).join("");
    },
    end() {
      const { text, cost } = seen.isFinished ? NOTHING : translate(from.decoder.end(decoderState));
      if (seen.fault !== null) return text;
      return text + (isRelay ? writeAll(to.relay.end(relayState, cost)) : "") + writer.end();
    },
    fail(fault) {
      if (isRelay && to.relay.fail !== undefined) return writeAll(to.relay.fail(relayState, fault)) + writer.end();
      const [, events] = to.encoder.step(encoderState, { type: "error", fault });
      return writeAll(events) + writer.end();
    },
  };
}
