import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, objectIn, objectsIn, parseJson } from "../../core/json.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { ReplyStamp, StreamRelay, WireEvent } from "../dialect.ts";
import { locateTopLevelMembers, replaceTopLevelMember, setTopLevelMember } from "../patch.ts";
import { DONE, failEvents } from "./encoder.ts";
import { textIn } from "./fields.ts";
import { previousIdOf, resourceOf, responseId } from "./resource.ts";
import { stampUsage } from "./usage.ts";

/**
 * Where a relayed stream stands. Declared repairs, the only changes beside the model name and the cost: ids that rotate within one
 * stream (Copilot) are set to the first that was told; a repeated `response.created` is dropped, and where it was
 * spliced in amid the answer the items after it are numbered on; a missing `[DONE]` is added.
 */
export interface RelayState {
  readonly stamp: ReplyStamp;
  readonly phase: "waiting" | "open" | "complete" | "done";
  readonly id: string;
  readonly createdAtSeconds: number;
  /** Ids of the items, by output index. */
  readonly ids: ReadonlyMap<number, string>;
  /** How the events of the latest item name it: one that says so needs no other look. */
  readonly mark: string;
  readonly isRotating: boolean;
  /** What is added to the upstream's output indexes after a splice. */
  readonly shift: number;
  readonly isSpliced: boolean;
  /** The last event that went out, for its number. */
  readonly last: string;
}

type Step = readonly [RelayState, readonly WireEvent[]];
type Handler = (state: RelayState, event: WireEvent, json: JsonObject, cost: CostStamp | undefined) => Step;

const NO_MARK = "\u0000";

function initial(stamp: ReplyStamp): RelayState {
  return {
    stamp,
    phase: "waiting",
    id: responseId("", stamp),
    createdAtSeconds: Math.floor(stamp.nowMs / 1000),
    ids: new Map(),
    mark: NO_MARK,
    isRotating: false,
    shift: 0,
    isSpliced: false,
    last: "",
  };
}

function sequenceOf(data: string): number {
  const json = parseJson(data);
  const number = isJsonObject(json) ? json.sequence_number : undefined;
  return typeof number === "number" ? number : -1;
}

/** The event with one member's JSON text edited, every other byte as it was; the very same event when nothing changes. */
function edited(event: WireEvent, member: string, edit: (text: string) => string): WireEvent {
  const span = locateTopLevelMembers(event.data, [member]).get(member);
  if (span === undefined) return event;
  const before = event.data.slice(span.valueStart, span.valueEnd);
  const after = edit(before);
  if (after === before) return event;
  return { ...event, data: event.data.slice(0, span.valueStart) + after + event.data.slice(span.valueEnd) };
}

/** After a splice the numbers go on from the last event. */
function renumbered(state: RelayState, event: WireEvent): WireEvent {
  if (!state.isSpliced) return event;
  return { ...event, data: replaceTopLevelMember(event.data, "sequence_number", String(sequenceOf(state.last) + 1)) };
}

function send(state: RelayState, event: WireEvent): Step {
  const sent = renumbered(state, event);
  return [{ ...state, last: sent.data }, [sent]];
}

/** The text of a resource under the requested model's name, and going on from what the client said it goes on from. */
function namedResource({ stamp }: RelayState, response: JsonObject, text: string): string {
  const named = "model" in response ? setTopLevelMember(text, "model", JSON.stringify(stamp.requestedModel)) : text;
  const previous = previousIdOf(stamp);
  return previous === undefined ? named : setTopLevelMember(named, "previous_response_id", JSON.stringify(previous));
}

/** The resource as {@link namedResource} has it, and under the first id where the upstream gives another. */
function withResource(state: RelayState, event: WireEvent, response: JsonObject): WireEvent {
  return edited(event, "response", (text) => {
    const named = namedResource(state, response, text);
    return response.id === state.id ? named : replaceTopLevelMember(named, "id", JSON.stringify(state.id));
  });
}

function onCreated(state: RelayState, event: WireEvent, json: JsonObject): Step {
  const response = objectIn(json, "response");
  if (state.phase !== "waiting") {
    const shift = Math.max(-1, ...state.ids.keys()) + 1;
    return [{ ...state, isSpliced: true, shift, mark: NO_MARK }, []];
  }
  const { created_at: createdAt } = response;
  const opened: RelayState = {
    ...state,
    phase: "open",
    id: textIn(response, "id") || state.id,
    createdAtSeconds: typeof createdAt === "number" ? createdAt : state.createdAtSeconds,
  };
  return send(opened, withResource(opened, event, response));
}

function onProgress(state: RelayState, event: WireEvent, json: JsonObject): Step {
  return state.isSpliced ? [state, []] : send(state, withResource(state, event, objectIn(json, "response")));
}

/** Output ids of the last event as the events before it told them. */
function withOutputIds(state: RelayState, response: JsonObject, text: string): string {
  if (!state.isRotating || state.isSpliced) return text;
  const output = objectsIn(response, "output").map((item, index) => ({
    ...item,
    id: state.ids.get(index) ?? item.id ?? "",
  }));
  return replaceTopLevelMember(text, "output", JSON.stringify(output));
}

function onTerminal(state: RelayState, event: WireEvent, json: JsonObject, cost: CostStamp | undefined): Step {
  const response = objectIn(json, "response");
  const named = withResource(state, event, response);
  const usage = stampUsage(objectIn(response, "usage"), cost);
  const stamped = edited(named, "response", (text) => {
    const whole = withOutputIds(state, response, text);
    return cost === undefined ? whole : setTopLevelMember(whole, "usage", JSON.stringify(usage));
  });
  return send({ ...state, phase: "complete" }, stamped);
}

function shifted(state: RelayState, event: WireEvent, index: number): WireEvent {
  if (state.shift === 0) return event;
  return { ...event, data: replaceTopLevelMember(event.data, "output_index", String(index)) };
}

/** An event of an item, under the item's first id. */
function onItem(state: RelayState, event: WireEvent, json: JsonObject): Step {
  if (typeof json.output_index !== "number") return send(state, event);
  const index = json.output_index + state.shift;
  const moved = shifted(state, event, index);
  const item = isJsonObject(json.item) ? json.item : undefined;
  const told = textIn(item ?? json, item === undefined ? "item_id" : "id");
  const known = state.ids.get(index);
  if (told === "") return send(state, moved);
  const mark = state.isSpliced ? NO_MARK : `"item_id":${JSON.stringify(known ?? told)}`;
  if (known === undefined || known === told)
    return send({ ...state, mark, ids: known === undefined ? new Map(state.ids).set(index, told) : state.ids }, moved);
  const text = JSON.stringify(known);
  const repaired =
    item === undefined
      ? edited(moved, "item_id", () => text)
      : edited(moved, "item", (whole) => replaceTopLevelMember(whole, "id", text));
  return send({ ...state, mark, isRotating: true }, repaired);
}

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["response.created", onCreated],
  ["response.in_progress", onProgress],
  ["response.queued", onProgress],
  ["response.completed", onTerminal],
  ["response.incomplete", onTerminal],
]);

function step(state: RelayState, event: WireEvent, cost?: CostStamp): Step {
  if (state.phase === "done") return [state, []];
  if (event.data === DONE.data)
    return state.phase === "complete" ? [{ ...state, phase: "done" }, [event]] : [state, []];
  // Nothing that follows the terminal event is part of the answer.
  if (state.phase === "complete") return [state, []];
  if (cost === undefined && event.data.includes(state.mark)) return [{ ...state, last: event.data }, [event]];
  const json = parseJson(event.data);
  if (!isJsonObject(json)) return [state, [event]];
  const type = textIn(json, "type") || (event.event ?? "");
  return (HANDLERS.get(type) ?? onItem)(state, event, json, cost);
}

/** The two events that end a broken stream, numbered after what was relayed. */
function fail(state: RelayState, fault: Fault): readonly WireEvent[] {
  const { id, createdAtSeconds, stamp, last } = state;
  const response = resourceOf({ id, createdAtSeconds, status: "failed", output: [] }, stamp);
  const next = sequenceOf(last) + 1;
  return failEvents(fault, response).map(({ type, ...event }, place) => ({
    event: type,
    data: JSON.stringify({ type, sequence_number: next + place, ...event }),
  }));
}

/** Passes a Responses stream on as it is, but for the model name, the cost in the terminal event, and the declared repairs. */
export const relay: StreamRelay<RelayState> = {
  initial,
  step,
  end: (state) => (state.phase === "complete" ? [DONE] : []),
  fail,
};
