import { clientErrorOf } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { ReplyStamp, StreamRelay, WireEvent } from "../dialect.ts";
import { replaceTopLevelMember } from "../patch.ts";
import { encodeFault, faultOfBody } from "./fault.ts";

/** A last line whose cost is not known yet is held back. */
export interface OllamaRelayState {
  readonly stamp: ReplyStamp;
  /** How a line starts that has the asked name already. */
  readonly head: string;
  readonly held: JsonObject | null;
  /** The last line was written: whatever else comes is no part of the answer. */
  readonly isOver: boolean;
}

/** Whether a line may need more than the asked name. Quotes inside strings are escaped, so that these texts match members only. */
const NEEDS_CARE = /"done"\s*:\s*true|"error"\s*:/;

function renamed(event: WireEvent, { head, stamp }: OllamaRelayState): WireEvent {
  if (event.data.startsWith(head) || !event.data.startsWith("{")) return event;
  const data = replaceTopLevelMember(event.data, "model", JSON.stringify(stamp.requestedModel));
  return data === event.data ? event : { data };
}

function lastLine(line: JsonObject, stamp: ReplyStamp, cost?: CostStamp): WireEvent {
  const fields = cost === undefined ? {} : stampFields(cost);
  return { data: JSON.stringify({ ...line, model: stamp.requestedModel, ...fields }) };
}

/**
 * Ollama to Ollama: every line as it came but for the model name, which is the asked one. The last line gets the cost, and an
 * error line is written in our vocabulary.
 */
export const relay: StreamRelay<OllamaRelayState> = {
  initial: (stamp) => ({ stamp, head: `{"model":${JSON.stringify(stamp.requestedModel)},`, held: null, isOver: false }),
  step(state, event, cost) {
    if (state.isOver) return [state, []];
    const line = NEEDS_CARE.test(event.data) ? parseJson(event.data) : undefined;
    if (!isJsonObject(line)) return [state, [renamed(event, state)]];
    const fault = faultOfBody(line);
    if (fault !== undefined) {
      const envelope = encodeFault(clientErrorOf(fault), state.stamp.requestId);
      return [{ ...state, isOver: true }, [{ data: JSON.stringify(envelope) }]];
    }
    if (line.done !== true) return [state, [renamed(event, state)]];
    if (cost === undefined) return [{ ...state, held: line }, []];
    return [{ ...state, held: null, isOver: true }, [lastLine(line, state.stamp, cost)]];
  },
  end: ({ held, stamp }, cost) => (held === null ? [] : [lastLine(held, stamp, cost)]),
};
