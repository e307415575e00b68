import { isJsonObject, parseJson } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { ReplyStamp, StreamRelay, WireEvent } from "../dialect.ts";
import { replaceTopLevelMember, setTopLevelMember } from "../patch.ts";

/** Where a relayed stream stands. */
export interface RelayState {
  readonly stamp: ReplyStamp;
  /** The asked-for model as JSON text. */
  readonly modelText: string;
  /** The answer said why it stops: from here on the latest event is held, for the last one must carry the cost. */
  readonly held: WireEvent | undefined;
}

type Step = readonly [RelayState, readonly WireEvent[]];

/** Quotes inside strings are escaped on the wire, so that these texts match members only. */
const MAY_END = /"(?:finishReason|finish_reason|promptFeedback|prompt_feedback)"\s*:/;

/** The event with the asked-for model name and not one other byte changed. */
function renamed({ modelText }: RelayState, event: WireEvent): WireEvent {
  if (!event.data.includes('"modelVersion"')) return event;
  const data = replaceTopLevelMember(event.data, "modelVersion", modelText);
  return data === event.data ? event : { ...event, data };
}

function step(state: RelayState, event: WireEvent): Step {
  if (!event.data.startsWith("{")) return [state, []];
  const earlier = state.held === undefined ? [] : [renamed(state, state.held)];
  const isTail = state.held !== undefined || MAY_END.test(event.data);
  return isTail ? [{ ...state, held: event }, earlier] : [state, [renamed(state, event)]];
}

/** The held event with the cost among its counts; the counts themselves stay as they came. */
function end(state: RelayState, cost?: CostStamp): readonly WireEvent[] {
  if (state.held === undefined) return [];
  const last = renamed(state, state.held);
  const json = parseJson(last.data);
  if (cost === undefined || !isJsonObject(json)) return [last];
  const counts = isJsonObject(json.usageMetadata) ? json.usageMetadata : {};
  const usage = JSON.stringify({ ...counts, ...stampFields(cost) });
  return [{ ...last, data: setTopLevelMember(last.data, "usageMetadata", usage) }];
}

/** Passes a Gemini stream on as it is, but for the model name and the cost in the last event's `usageMetadata`. */
export const relay: StreamRelay<RelayState> = {
  initial: (stamp) => ({ stamp, modelText: JSON.stringify(stamp.requestedModel), held: undefined }),
  step,
  end,
};
