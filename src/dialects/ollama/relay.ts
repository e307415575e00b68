import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { ReplyStamp, StreamRelay, WireEvent } from "../dialect.ts";

/** A last line whose cost is not known yet is held back. */
export interface OllamaRelayState {
  readonly stamp: ReplyStamp;
  readonly held: JsonObject | null;
}

function lastLineOf(event: WireEvent): JsonObject | null {
  if (!event.data.includes('"done"')) return null;
  const line = parseJson(event.data);
  return isJsonObject(line) && line.done === true ? line : null;
}

function stampLine(line: JsonObject, stamp: ReplyStamp, cost: CostStamp): WireEvent {
  return { data: JSON.stringify({ ...line, model: stamp.requestedModel, ...stampFields(cost) }) };
}

/** Ollama to Ollama: every line as it came but the last, which gets the asked name and the cost. */
export const relay: StreamRelay<OllamaRelayState> = {
  initial: (stamp) => ({ stamp, held: null }),
  step(state, event, cost) {
    const line = lastLineOf(event);
    if (line === null) return [state, [event]];
    return cost === undefined ? [{ ...state, held: line }, []] : [state, [stampLine(line, state.stamp, cost)]];
  },
  end({ held, stamp }, cost) {
    if (held === null) return [];
    return [cost === undefined ? { data: JSON.stringify(held) } : stampLine(held, stamp, cost)];
  },
};
