import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { ReplyStamp, StreamRelay, WireEvent } from "../dialect.ts";
import { locateTopLevelMembers, replaceTopLevelMember, setTopLevelMember } from "../patch.ts";

/**
 * Where a relayed stream stands. Declared repairs, the only changes beside the model name and the cost: an event whose SSE
 * name is missing, or is not its type, gets the right one (the official SDK goes by the name, our decoder by the type); a
 * repeated `message_start` is dropped, and where it was spliced in amid the answer the open block is closed and the blocks
 * after it are numbered on.
 */
export interface RelayState {
  readonly stamp: ReplyStamp;
  readonly phase: "waiting" | "open" | "done";
  /** The last `message_delta`, held until the cost is known. */
  readonly held: WireEvent | undefined;
  /** What `message_start` already said of the end, for streams without a `message_delta`. */
  readonly start: JsonObject;
  /** Number on the wire of the open block, and how many blocks have started. */
  readonly openIndex: number | undefined;
  readonly started: number;
  /** What is added to the upstream's block numbers after a splice. */
  readonly shift: number;
}

type Step = readonly [RelayState, readonly WireEvent[]];
type Handler = (state: RelayState, event: WireEvent, cost: CostStamp | undefined) => Step;

const MESSAGE_STOP: WireEvent = { event: "message_stop", data: '{"type":"message_stop"}' };

function initial(stamp: ReplyStamp): RelayState {
  return { stamp, phase: "waiting", held: undefined, start: {}, openIndex: undefined, started: 0, shift: 0 };
}

function indexOf(event: WireEvent): number | undefined {
  const json = parseJson(event.data);
  const index = isJsonObject(json) ? json.index : undefined;
  return typeof index === "number" ? index : undefined;
}

function shifted(state: RelayState, event: WireEvent): WireEvent {
  const index = state.shift === 0 ? undefined : indexOf(event);
  if (index === undefined) return event;
  return { ...event, data: replaceTopLevelMember(event.data, "index", String(index + state.shift)) };
}

/** The start event with the asked-for model name and not one other byte changed. */
function withModel(event: WireEvent, model: string): WireEvent {
  const span = locateTopLevelMembers(event.data, ["message"]).get("message");
  if (span === undefined) return event;
  const message = event.data.slice(span.valueStart, span.valueEnd);
  const named = replaceTopLevelMember(message, "model", JSON.stringify(model));
  if (named === message) return event;
  return { ...event, data: event.data.slice(0, span.valueStart) + named + event.data.slice(span.valueEnd) };
}

function splice(state: RelayState): Step {
  const { openIndex, started } = state;
  const next = { ...state, shift: started, openIndex: undefined };
  if (openIndex === undefined) return [next, []];
  const stop = JSON.stringify({ type: "content_block_stop", index: openIndex });
  return [next, [{ event: "content_block_stop", data: stop }]];
}

function onStart(state: RelayState, event: WireEvent): Step {
  if (state.phase !== "waiting") return splice(state);
  const json = parseJson(event.data);
  const message = isJsonObject(json) && isJsonObject(json.message) ? json.message : undefined;
  if (message === undefined) return [{ ...state, phase: "open" }, [event]];
  const started = Array.isArray(message.content) ? message.content.length : 0;
  return [{ ...state, phase: "open", start: message, started }, [withModel(event, state.stamp.requestedModel)]];
}

function onBlockStart(state: RelayState, event: WireEvent): Step {
  const index = (indexOf(event) ?? state.started) + state.shift;
  const next = { ...state, openIndex: index, started: Math.max(state.started, index + 1) };
  return [next, [shifted(state, event)]];
}

function onBlockStop(state: RelayState, event: WireEvent): Step {
  return [{ ...state, openIndex: undefined }, [shifted(state, event)]];
}

/** Only the last `message_delta` carries the cost; an earlier one goes out as it came. */
function onMessageDelta(state: RelayState, event: WireEvent): Step {
  return [{ ...state, held: event }, state.held === undefined ? [] : [state.held]];
}

function usageOf(json: JsonValue | undefined): JsonObject {
  return isJsonObject(json) && isJsonObject(json.usage) ? json.usage : {};
}

/** The held `message_delta` with the cost in its usage; where the upstream sent none, one made from the start event. */
function finalDelta(state: RelayState, cost: CostStamp | undefined): readonly WireEvent[] {
  const { held, start } = state;
  if (cost === undefined) return held === undefined ? [] : [held];
  const fields = stampFields(cost);
  if (held !== undefined) {
    const usage = { ...usageOf(parseJson(held.data)), ...fields };
    return [{ ...held, data: setTopLevelMember(held.data, "usage", JSON.stringify(usage)) }];
  }
  const delta = { stop_reason: start.stop_reason ?? null, stop_sequence: start.stop_sequence ?? null };
  const usage = { output_tokens: 0, ...usageOf(start), ...fields };
  return [{ event: "message_delta", data: JSON.stringify({ type: "message_delta", delta, usage }) }];
}

function onStop(state: RelayState, event: WireEvent, cost: CostStamp | undefined): Step {
  return [{ ...state, phase: "done", held: undefined }, [...finalDelta(state, cost), event]];
}

function onError(state: RelayState, event: WireEvent): Step {
  return [{ ...state, phase: "done", held: undefined }, [event]];
}

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["message_start", onStart],
  ["content_block_start", onBlockStart],
  ["content_block_delta", (state, event) => [state, [shifted(state, event)]]],
  ["content_block_stop", onBlockStop],
  ["message_delta", onMessageDelta],
  ["message_stop", onStop],
  ["error", onError],
]);

/** The event under the name its data gives it; undefined for one whose data is no event of this dialect at all. */
function named(event: WireEvent): WireEvent | undefined {
  if (event.data.startsWith(`{"type":"${event.event}"`)) return event;
  const json = parseJson(event.data);
  if (!isJsonObject(json) || typeof json.type !== "string") return undefined;
  return json.type === event.event ? event : { event: json.type, data: event.data };
}

function step(state: RelayState, event: WireEvent, cost?: CostStamp): Step {
  if (state.phase === "done" || event.data === "[DONE]") return [state, []];
  const typed = named(event);
  if (typed === undefined) return [state, []];
  return HANDLERS.get(typed.event ?? "")?.(state, typed, cost) ?? [state, [typed]];
}

function end(state: RelayState, cost?: CostStamp): readonly WireEvent[] {
  if (state.phase === "done" || cost === undefined) return [];
  return [...finalDelta(state, cost), MESSAGE_STOP];
}

/** Passes a Messages stream on as it is, but for the model name, the cost in the last `message_delta`, and the declared repairs. */
export const relay: StreamRelay<RelayState> = { initial, step, end };
