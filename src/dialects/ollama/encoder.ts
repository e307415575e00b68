import { clientErrorOf } from "../../core/fault.ts";
import type { JsonObject } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { ReplyStamp, StreamEncoder, WireEvent } from "../dialect.ts";
import { encodeFault } from "./fault.ts";
import { encodeDoneReason } from "./finish.ts";
import { encodeLine, type Speech, type Surface } from "./line.ts";
import { encodeToolCall } from "./tool-call.ts";
import { encodeUsage } from "./usage.ts";

interface PendingCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** Ollama's lines carry whole tool calls, so that the pieces of each are gathered by block until it ends. */
export interface OllamaEncoderState {
  readonly stamp: ReplyStamp;
  readonly pending: ReadonlyMap<number, PendingCall>;
  readonly callCount: number;
  readonly isOver: boolean;
}

type Step = readonly [OllamaEncoderState, readonly WireEvent[]];
type PartOf<Type extends StreamPart["type"]> = Extract<StreamPart, { type: Type }>;

function wire(line: JsonObject): WireEvent {
  return { data: JSON.stringify(line) };
}

function say(surface: Surface, state: OllamaEncoderState, speech: Speech): Step {
  return [state, [wire(encodeLine(surface, state.stamp, speech))]];
}

function begin(state: OllamaEncoderState, part: PartOf<"tool-call-start">): Step {
  const pending = new Map(state.pending).set(part.block, { id: part.id, name: part.name, arguments: "" });
  return [{ ...state, pending }, []];
}

function gather(state: OllamaEncoderState, part: PartOf<"tool-call-delta">): Step {
  const call = state.pending.get(part.block);
  if (call === undefined) return [state, []];
  const more = { ...call, arguments: call.arguments + part.arguments };
  return [{ ...state, pending: new Map(state.pending).set(part.block, more) }, []];
}

function complete(surface: Surface, state: OllamaEncoderState, block: number): Step {
  const call = state.pending.get(block);
  if (call === undefined) return [state, []];
  const pending = new Map(state.pending);
  pending.delete(block);
  const next = { ...state, pending, callCount: state.callCount + 1 };
  return say(surface, next, { tool_calls: [encodeToolCall(call, state.callCount)] });
}

function finish(surface: Surface, state: OllamaEncoderState, part: PartOf<"finish">, cost?: CostStamp): Step {
  const events: WireEvent[] = [];
  let current = state;
  for (const block of state.pending.keys()) {
    const [next, lines] = complete(surface, current, block);
    current = next;
    events.push(...lines);
  }
  const last = {
    ...encodeLine(surface, state.stamp, {}),
    done: true,
    done_reason: encodeDoneReason(part.finish),
    ...encodeUsage(part.usage),
    ...(cost === undefined ? {} : stampFields(cost)),
  };
  return [{ ...current, isOver: true }, [...events, wire(last)]];
}

function encodePart(surface: Surface, state: OllamaEncoderState, part: StreamPart, cost?: CostStamp): Step {
  switch (part.type) {
    case "text-delta":
    case "refusal-delta":
      return part.text === "" ? [state, []] : say(surface, state, { content: part.text });
    case "reasoning-delta":
      return part.text === "" ? [state, []] : say(surface, state, { thinking: part.text });
    case "tool-call-start":
      return begin(state, part);
    case "tool-call-delta":
      return gather(state, part);
    case "tool-call-end":
      return complete(surface, state, part.block);
    case "finish":
      return finish(surface, state, part, cost);
    case "error": {
      const line = encodeFault(clientErrorOf(part.fault), state.stamp.requestId);
      return [{ ...state, isOver: true }, [wire(line)]];
    }
    default:
      return [state, []];
  }
}

/** The stream encoder of a surface. Durations nobody measured are 0; the last line carries the cost at its top level. */
export function streamEncoder(surface: Surface): StreamEncoder<OllamaEncoderState> {
  return {
    initial: (stamp) => ({ stamp, pending: new Map(), callCount: 0, isOver: false }),
    step: (state, part, cost) => (state.isOver ? [state, []] : encodePart(surface, state, part, cost)),
  };
}
