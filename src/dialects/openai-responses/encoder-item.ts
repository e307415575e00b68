import { type JsonObject, type JsonValue, optional } from "../../core/json.ts";
import type { ReplyStamp, WireEvent } from "../dialect.ts";
import { unwrapInput } from "./custom.ts";
import { reasoningItem } from "./item-write.ts";
import type { CalledTool } from "./namespace.ts";
import { itemId } from "./resource.ts";

/** An output item that is being written. `text` is what its deltas said so far; `index` its place in the output. */
export interface OpenOutput {
  readonly kind: "text" | "refusal" | "reasoning" | "function" | "custom" | "opaque";
  readonly index: number;
  readonly text: string;
  readonly annotations: readonly JsonValue[];
  readonly callId: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Where a written stream stands. `open` maps blocks to their items; `items` are all of them, by output index, as last told. */
export interface EncoderState {
  readonly stamp: ReplyStamp;
  readonly phase: "waiting" | "open" | "done";
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly sequence: number;
  readonly open: ReadonlyMap<number, OpenOutput>;
  readonly items: readonly JsonObject[];
  /** The client's tools, by the names under which the model was offered them. */
  readonly tools: ReadonlyMap<string, CalledTool>;
  readonly hasRefusal: boolean;
}

/** The state after a step, and the events of it. */
export type Step = readonly [EncoderState, readonly WireEvent[]];

/** An event before it has its number. */
export interface Unnumbered extends JsonObject {
  type: string;
}

/** The block of a refusal, which has none of its own. */
export const REFUSAL_BLOCK = -1;

const TYPES = {
  text: "message",
  refusal: "message",
  reasoning: "reasoning",
  function: "function_call",
  custom: "custom_tool_call",
  opaque: "",
} as const;

/** Numbers events one after the other. */
export function emit(state: EncoderState, events: readonly Unnumbered[]): Step {
  const numbered = events.map(({ type, ...event }, place): WireEvent => {
    return { event: type, data: JSON.stringify({ type, sequence_number: state.sequence + place, ...event }) };
  });
  return [{ ...state, sequence: state.sequence + events.length }, numbered];
}

function idOf(state: EncoderState, open: OpenOutput): string {
  return itemId(TYPES[open.kind], state.id, open.index);
}

function contentPart(open: OpenOutput, text: string): JsonObject {
  if (open.kind === "refusal") return { type: "refusal", refusal: text };
  return { type: "output_text", text, annotations: [...open.annotations], logprobs: [] };
}

/** The item as `output_item.added` tells it, and the event that begins its content where it has such. */
function beginEvents(state: EncoderState, open: OpenOutput): { item: JsonObject; more: readonly Unnumbered[] } {
  const id = idOf(state, open);
  const at = { item_id: id, output_index: open.index };
  switch (open.kind) {
    case "text":
    case "refusal": {
      const item = { id, type: "message", status: "in_progress", role: "assistant", content: [] };
      return {
        item,
        more: [{ type: "response.content_part.added", ...at, content_index: 0, part: contentPart(open, "") }],
      };
    }
    case "reasoning":
      return { item: { id, ...reasoningItem("", undefined) }, more: [] };
    default:
      return { item: { id, ...callItem(open, ""), status: "in_progress" }, more: [] };
  }
}

function callItem(open: OpenOutput, text: string): JsonObject {
  const call = { call_id: open.callId, name: open.name, ...optional("namespace", open.namespace) };
  return open.kind === "custom"
    ? { type: "custom_tool_call", ...call, input: text }
    : { type: "function_call", ...call, arguments: text };
}

/** Begins an item at the end of the output. */
export function beginOutput(
  state: EncoderState,
  block: number,
  kind: OpenOutput["kind"],
  call: Pick<OpenOutput, "callId" | "name" | "namespace"> = { callId: "", name: "" },
): Step {
  const open: OpenOutput = { kind, index: state.items.length, text: "", annotations: [], ...call };
  const { item, more } = beginEvents(state, open);
  const next = { ...state, open: new Map(state.open).set(block, open), items: [...state.items, item] };
  return emit(next, [{ type: "response.output_item.added", output_index: open.index, item }, ...more]);
}

const DELTA_TYPES: Readonly<Record<OpenOutput["kind"], string>> = {
  text: "response.output_text.delta",
  refusal: "response.refusal.delta",
  reasoning: "response.reasoning_summary_text.delta",
  function: "response.function_call_arguments.delta",
  custom: "",
  opaque: "",
};

function deltaPlace(open: OpenOutput): JsonObject {
  if (open.kind === "text") return { content_index: 0, logprobs: [] };
  if (open.kind === "refusal") return { content_index: 0 };
  return open.kind === "reasoning" ? { summary_index: 0 } : {};
}

/** Adds text to an item. A custom tool's waits for its end: what comes in is JSON, what goes out the text inside it. */
export function continueOutput(state: EncoderState, block: number, text: string): Step {
  const open = state.open.get(block);
  if (open === undefined || text === "") return [state, []];
  const next = { ...state, open: new Map(state.open).set(block, { ...open, text: open.text + text }) };
  if (DELTA_TYPES[open.kind] === "") return [next, []];
  const at = { item_id: idOf(state, open), output_index: open.index, ...deltaPlace(open) };
  const begun: readonly Unnumbered[] =
    open.kind === "reasoning" && open.text === ""
      ? [{ type: "response.reasoning_summary_part.added", ...at, part: { type: "summary_text", text: "" } }]
      : [];
  return emit(next, [...begun, { type: DELTA_TYPES[open.kind], ...at, delta: text }]);
}

/** The events that close the content of an item, and the item as it is in the end. */
function endEvents(
  state: EncoderState,
  open: OpenOutput,
  encryptedContent: string | undefined,
): { item: JsonObject; events: readonly Unnumbered[] } {
  const { text } = open;
  const id = idOf(state, open);
  const at = { item_id: id, output_index: open.index };
  switch (open.kind) {
    case "text":
    case "refusal": {
      const part = contentPart(open, text);
      const said: Unnumbered =
        open.kind === "refusal"
          ? { type: "response.refusal.done", ...at, content_index: 0, refusal: text }
          : { type: "response.output_text.done", ...at, content_index: 0, text, logprobs: [] };
      const item = { id, type: "message", role: "assistant", content: [part] };
      return { item, events: [said, { type: "response.content_part.done", ...at, content_index: 0, part }] };
    }
    case "reasoning": {
      const part = { type: "summary_text", text };
      const events: readonly Unnumbered[] = [
        { type: "response.reasoning_summary_text.done", ...at, summary_index: 0, text },
        { type: "response.reasoning_summary_part.done", ...at, summary_index: 0, part },
      ];
      return { item: { id, ...reasoningItem(text, encryptedContent) }, events: text === "" ? [] : events };
    }
    case "custom": {
      const input = unwrapInput(text);
      const events: readonly Unnumbered[] = [
        { type: "response.custom_tool_call_input.delta", ...at, delta: input },
        { type: "response.custom_tool_call_input.done", ...at, input },
      ];
      return { item: { id, ...callItem(open, input) }, events };
    }
    default:
      return {
        item: { id, ...callItem(open, text) },
        events: [{ type: "response.function_call_arguments.done", ...at, arguments: text }],
      };
  }
}

/** Ends an item, if it is open. `status` is left out of reasoning, which has none. */
export function endOutput(
  state: EncoderState,
  block: number,
  status: "completed" | "incomplete",
  encryptedContent?: string,
): Step {
  const open = state.open.get(block);
  if (open === undefined) return [state, []];
  const remaining = new Map(state.open);
  remaining.delete(block);
  if (open.kind === "opaque") return [{ ...state, open: remaining }, []];
  const { item: bare, events } = endEvents(state, open, encryptedContent);
  const item = { ...bare, ...optional("status", open.kind === "reasoning" ? undefined : status) };
  const next = { ...state, open: remaining, items: state.items.with(open.index, item) };
  return emit(next, [...events, { type: "response.output_item.done", output_index: open.index, item }]);
}

/** Begins or ends an item that only this dialect knows. */
export function passItem(state: EncoderState, block: number, item: JsonObject, isDone: boolean): Step {
  const known = state.open.get(block);
  const index = known?.index ?? state.items.length;
  const added: Unnumbered = { type: "response.output_item.added", output_index: index, item };
  const done: Unnumbered = { type: "response.output_item.done", output_index: index, item };
  const open = new Map(state.open);
  if (isDone) open.delete(block);
  else open.set(block, { kind: "opaque", index, text: "", annotations: [], callId: "", name: "" });
  const items = known === undefined ? [...state.items, item] : state.items.with(index, item);
  const events = [...(known === undefined ? [added] : []), ...(isDone ? [done] : [])];
  return emit({ ...state, open, items }, events);
}

/** Adds a citation to the text that is open. */
export function annotate(state: EncoderState, block: number, event: JsonObject): Step {
  const open = state.open.get(block);
  const { annotation } = event;
  if (open?.kind !== "text" || annotation === undefined) return [state, []];
  const annotated = { ...open, annotations: [...open.annotations, annotation] };
  const next = { ...state, open: new Map(state.open).set(block, annotated) };
  const place = { item_id: idOf(state, open), output_index: open.index, content_index: 0 };
  const type = "response.output_text.annotation.added";
  return emit(next, [{ type, ...place, annotation_index: open.annotations.length, annotation }]);
}
