import { clientErrorOf, type Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonValue, without } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp, StreamEncoder, WireEvent } from "../dialect.ts";
import {
  closeOpen,
  deltaToolCall,
  type EncoderState,
  endBlock,
  endReasoning,
  passBlockEvent,
  REFUSAL_BLOCK,
  type Step,
  speak,
  speakRefusal,
  startToolCall,
  wire,
} from "./encoder-block.ts";
import { encodeFault } from "./fault.ts";
import { writeFinish } from "./finish.ts";
import { stampUsage } from "./usage.ts";

function initial(stamp: ReplyStamp): EncoderState {
  return {
    stamp,
    phase: "waiting",
    id: "",
    usage: undefined,
    open: undefined,
    nextIndex: 0,
    queue: [],
    rest: {},
    hasToolCall: false,
    hasRefusal: false,
  };
}

function startEvent(state: EncoderState): WireEvent {
  const { stamp, id, usage } = state;
  return wire({
    type: "message_start",
    message: {
      id: id === "" ? `msg_${stamp.requestId}` : id,
      type: "message",
      role: "assistant",
      model: stamp.requestedModel,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: stampUsage(usage, undefined),
    },
  });
}

/** `message_start` waits for the first part after `start`, since the counts so far come right behind it. */
function ensureStarted(state: EncoderState): Step {
  if (state.phase !== "waiting") return [state, []];
  return [{ ...state, phase: "open" }, [startEvent(state)]];
}

/** An event of this dialect, on its way back into it. What belongs to `message_delta` waits for the finish. */
function passOpaque(state: EncoderState, json: JsonValue): Step {
  if (!isJsonObject(json) || typeof json.type !== "string") return [state, []];
  if (json.type === "message_delta") return [{ ...state, rest: { ...state.rest, ...without(json, ["type"]) } }, []];
  if (!json.type.startsWith("content_block_")) return [state, [wire({ ...json, type: json.type })]];
  return typeof json.index === "number" ? passBlockEvent(state, json, json.index) : [state, []];
}

function writePart(state: EncoderState, part: StreamPart): Step {
  switch (part.type) {
    case "text-delta":
      return speak(state, "text", part.block, part.text);
    case "reasoning-delta":
      return speak(state, "thinking", part.block, part.text);
    case "reasoning-end":
      return endReasoning(state, part);
    case "tool-call-start":
      return startToolCall(state, part);
    case "tool-call-delta":
      return deltaToolCall(state, part);
    case "text-end":
    case "tool-call-end":
      return endBlock(state, part.block);
    case "refusal-delta":
      return speakRefusal(state, part.text);
    case "opaque":
      return part.dialect === "anthropic" ? passOpaque(state, part.json) : [state, []];
    default:
      return [state, []];
  }
}

/** The block that a part belongs to; undefined for parts of none. */
function blockOf(part: StreamPart): number | undefined {
  if (part.type === "refusal-delta") return REFUSAL_BLOCK;
  if ("block" in part) return part.block;
  const json = part.type === "opaque" && isJsonObject(part.json) ? part.json : {};
  return typeof json.index === "number" ? json.index : undefined;
}

/** Parts of parallel tool calls may come interleaved; on the wire one call follows the other, so the later ones wait. */
function mustWait(state: EncoderState, part: StreamPart): boolean {
  const block = blockOf(part);
  return state.open?.kind === "tool-call" && block !== undefined && block !== state.open.block;
}

function drain(state: EncoderState): Step {
  let current: EncoderState = { ...state, queue: [] };
  const events: WireEvent[] = [];
  for (const part of state.queue) {
    const [next, written] = stepBlock(current, part);
    current = next;
    events.push(...written);
  }
  return [current, events];
}

function stepBlock(state: EncoderState, part: StreamPart): Step {
  if (mustWait(state, part)) return [{ ...state, queue: [...state.queue, part] }, []];
  const [next, events] = writePart(state, part);
  const isReleased = state.open?.kind === "tool-call" && next.open === undefined && next.queue.length > 0;
  if (!isReleased) return [next, events];
  const [drained, more] = drain(next);
  return [drained, [...events, ...more]];
}

/** Closes what is open and writes what waited, until neither is left. */
function flush(state: EncoderState): Step {
  let current = state;
  const events: WireEvent[] = [];
  while (current.open !== undefined || current.queue.length > 0) {
    const [closed, stops] = closeOpen(current);
    const [drained, written] = drain(closed);
    current = drained;
    events.push(...stops, ...written);
  }
  return [current, events];
}

function finish(
  state: EncoderState,
  reason: FinishReason,
  usage: Usage | undefined,
  cost: CostStamp | undefined,
): Step {
  const [flushed, events] = flush(state);
  const { delta, ...members } = flushed.rest;
  const last = wire({
    type: "message_delta",
    delta: { ...writeFinish(reason, flushed), ...(isJsonObject(delta) ? delta : {}) },
    ...members,
    usage: stampUsage(usage ?? flushed.usage, cost),
  });
  return [{ ...flushed, phase: "done" }, [...events, last, wire({ type: "message_stop" })]];
}

function fail(state: EncoderState, fault: Fault): Step {
  const envelope = encodeFault(clientErrorOf(fault), state.stamp.requestId);
  return [{ ...state, phase: "done" }, [wire({ ...envelope, type: "error" })]];
}

function step(state: EncoderState, part: StreamPart, cost?: CostStamp): Step {
  if (state.phase === "done") return [state, []];
  if (part.type === "start") return [{ ...state, id: part.id }, []];
  if (part.type === "usage") return [{ ...state, usage: part.usage }, []];
  if (part.type === "error") return fail(state, part.fault);
  const [started, first] = ensureStarted(state);
  const [next, events] =
    part.type === "finish" ? finish(started, part.finish, part.usage, cost) : stepBlock(started, part);
  return [next, [...first, ...events]];
}

/** Writes a Messages stream: one block at a time, cumulative usage with the cost in `message_delta`, `event: error` on a fault. */
export const encoder: StreamEncoder<EncoderState> = { initial, step };
