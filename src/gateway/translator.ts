import type { Fault } from "../core/fault.ts";
import { type FinishReason, isContent, type StreamPart } from "../core/reply.ts";
import type { CostStamp } from "../core/stamp.ts";
import type { Usage } from "../core/usage.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../dialects/dialect.ts";
import { createRunningEstimate, type RunningEstimate } from "./estimate.ts";
import { createEncodingOutlet, createRelayOutlet } from "./stream-outlet.ts";

/** What has been seen of a stream so far. */
export interface Observation {
  hasContent: boolean;
  /** Counts the provider stated so far, and when the answer is complete, of all of it. */
  usage: Usage | null;
  isFinished: boolean;
  /** How it ended, once it did. */
  finish: FinishReason["unified"] | null;
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
  /** Called once, when the answer is complete: books what was seen and says what it cost. */
  readonly complete: () => CostStamp;
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

/** Notes what a part tells; the cost where it completes the answer. */
function observe(part: StreamPart, seen: Observation, complete: Translation["complete"]): CostStamp | undefined {
  const text = textIn(part);
  if (text !== null) seen.streamed.add(text);
  if (!seen.hasContent && isContent(part)) seen.hasContent = true;
  if (part.type === "usage") seen.usage = part.usage;
  if (part.type === "error") seen.fault = part.fault;
  if (part.type !== "finish") return undefined;
  seen.usage = part.usage ?? seen.usage;
  seen.isFinished = true;
  seen.finish = part.finish.unified;
  return complete();
}

/** Makes the translator of one stream. */
export function createTranslator({ from, to, stamp, isRelay, complete }: Translation): Translator {
  const outlet = isRelay ? createRelayOutlet(to, stamp) : createEncodingOutlet(to, stamp);
  const seen: Observation = {
    hasContent: false,
    usage: null,
    isFinished: false,
    finish: null,
    fault: null,
    streamed: createRunningEstimate(),
  };
  let state = from.decoder.initial();

  /** What follows the end of an answer, or its breaking, is not part of it. */
  function take(parts: readonly StreamPart[], write: (cost: CostStamp | undefined) => string): string {
    const said: StreamPart[] = [];
    let cost: CostStamp | undefined;
    for (const part of parts) {
      if (seen.isFinished || seen.fault !== null) break;
      said.push(part);
      cost = observe(part, seen, complete);
    }
    const text = outlet.say(said, cost);
    return seen.fault === null ? text + write(cost) : text;
  }

  return {
    seen,
    step(event, raw) {
      const [next, parts] = from.decoder.step(state, event);
      state = next;
      return take(parts, (cost) => outlet.pass(event, raw, cost));
    },
    end: () => take(seen.isFinished ? [] : from.decoder.end(state), (cost) => outlet.close(cost)),
    fail: (fault) => outlet.fail(fault),
  };
}
