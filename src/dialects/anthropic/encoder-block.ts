import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp, WireEvent } from "../dialect.ts";
import { toToolId } from "./tool-id.ts";

/** The one block that is open on the wire: Anthropic's streams open and close their blocks one after the other. */
interface WireBlock {
  readonly kind: "text" | "thinking" | "tool-call" | "opaque";
  /** The block's number among the parts. */
  readonly block: number;
  readonly index: number;
}

/** Where a stream to a client stands. `queue` holds parts of other blocks while a tool call is open; `rest` joins `message_delta`. */
export interface EncoderState {
  readonly stamp: ReplyStamp;
  readonly phase: "waiting" | "open" | "done";
  readonly id: string;
  readonly usage: Usage | undefined;
  readonly open: WireBlock | undefined;
  readonly nextIndex: number;
  readonly queue: readonly StreamPart[];
  readonly rest: JsonObject;
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

/** A state and what it wrote. */
export type Step = readonly [EncoderState, readonly WireEvent[]];

/** Number of the text block a refusal of another dialect is spoken in; no decoder numbers below 0. */
export const REFUSAL_BLOCK = -1;

/** An event under its own SSE name. */
export function wire(event: JsonObject & { readonly type: string }): WireEvent {
  return { event: event.type, data: JSON.stringify(event) };
}

/** Closes the open block, if any. */
export function closeOpen(state: EncoderState): Step {
  if (state.open === undefined) return [state, []];
  return [{ ...state, open: undefined }, [wire({ type: "content_block_stop", index: state.open.index })]];
}

/** Opens a block on the wire, after closing another one; nothing to do where it is the open one. */
function ensureOpen(state: EncoderState, kind: WireBlock["kind"], block: number, content: JsonObject): Step {
  if (state.open?.block === block && state.open.kind === kind) return [state, []];
  const [closed, stops] = closeOpen(state);
  const index = closed.nextIndex;
  const next = { ...closed, open: { kind, block, index }, nextIndex: index + 1 };
  return [next, [...stops, wire({ type: "content_block_start", index, content_block: content })]];
}

function deltaEvent(state: EncoderState, delta: JsonObject): WireEvent {
  return wire({ type: "content_block_delta", index: state.open?.index ?? 0, delta });
}

/** Text and thinking open with their first word, so that no empty block is made that the client would send back. */
export function speak(state: EncoderState, kind: "text" | "thinking", block: number, text: string): Step {
  if (text === "") return [state, []];
  const content = kind === "text" ? { type: kind, text: "" } : { type: kind, thinking: "", signature: "" };
  const [next, opened] = ensureOpen(state, kind, block, content);
  const delta = kind === "text" ? { type: "text_delta", text } : { type: "thinking_delta", thinking: text };
  return [next, [...opened, deltaEvent(next, delta)]];
}

/** Closes a block if it is the open one. */
export function endBlock(state: EncoderState, block: number): Step {
  return state.open?.block === block ? closeOpen(state) : [state, []];
}

/** Ends a thinking block with its signature, or writes encrypted thinking, which comes whole. */
export function endReasoning(state: EncoderState, part: Extract<StreamPart, { type: "reasoning-end" }>): Step {
  const { block, signature = "", encrypted } = part;
  const isOpen = state.open?.block === block;
  if (!isOpen && encrypted !== undefined) {
    const [next, opened] = ensureOpen(state, "opaque", block, { type: "redacted_thinking", data: encrypted });
    const [closed, stops] = closeOpen(next);
    return [closed, [...opened, ...stops]];
  }
  if (signature === "") return endBlock(state, block);
  const [next, opened] = ensureOpen(state, "thinking", block, { type: "thinking", thinking: "", signature: "" });
  const signed = deltaEvent(next, { type: "signature_delta", signature });
  const [closed, stops] = closeOpen(next);
  return [closed, [...opened, signed, ...stops]];
}

/** Opens a `tool_use` block. */
export function startToolCall(state: EncoderState, part: Extract<StreamPart, { type: "tool-call-start" }>): Step {
  const content = { type: "tool_use", id: toToolId(part.id), name: part.name, input: {} };
  const [next, events] = ensureOpen(state, "tool-call", part.block, content);
  return [{ ...next, hasToolCall: true }, events];
}

/** A piece of the open call's arguments. */
export function deltaToolCall(state: EncoderState, part: Extract<StreamPart, { type: "tool-call-delta" }>): Step {
  if (state.open?.block !== part.block || part.arguments === "") return [state, []];
  return [state, [deltaEvent(state, { type: "input_json_delta", partial_json: part.arguments })]];
}

/** A refusal of our own dialect is told by `stop_details`; one of another dialect is spoken as text. */
export function speakRefusal(state: EncoderState, text: string): Step {
  const { delta } = state.rest;
  if (isJsonObject(delta) && "stop_details" in delta) return [state, []];
  const [next, events] = speak(state, "text", REFUSAL_BLOCK, text);
  return [{ ...next, hasRefusal: true }, events];
}

/** An event of a block that only this dialect knows, under the number it has on this wire. */
export function passBlockEvent(state: EncoderState, event: JsonObject, block: number): Step {
  const { type, content_block: content, delta } = event;
  if (type === "content_block_start" && isJsonObject(content)) return ensureOpen(state, "opaque", block, content);
  if (type === "content_block_stop") return endBlock(state, block);
  if (!isJsonObject(delta)) return [state, []];
  if (delta.type === "citations_delta" && state.open?.block !== block) {
    const [next, opened] = ensureOpen(state, "text", block, { type: "text", text: "" });
    return [next, [...opened, deltaEvent(next, delta)]];
  }
  return state.open?.block === block ? [state, [deltaEvent(state, delta)]] : [state, []];
}
