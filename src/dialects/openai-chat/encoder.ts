import { clientErrorOf, type Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { CostStamp } from "../../core/stamp.ts";
import { NO_USAGE, type Usage } from "../../core/usage.ts";
import type { ReplyStamp, StreamEncoder, WireEvent } from "../dialect.ts";
import { choicesOf, DONE } from "./chunk.ts";
import { encodeFault } from "./fault.ts";
import { encodeFinish } from "./finish.ts";
import { encodeUsage, stampUsage } from "./usage.ts";

/** What every chunk of one stream says alike, and which tool calls it has named. */
export interface EncoderState {
  readonly stamp: ReplyStamp;
  /** JSON text of a chunk up to its choices; empty until the stream has started. */
  readonly head: string;
  /** Blocks of tool calls, in the order of their index on the wire. */
  readonly callBlocks: readonly number[];
}

type Step = readonly [EncoderState, readonly WireEvent[]];

function start(state: EncoderState, id: string, createdAtSeconds?: number): Step {
  const { requestedModel, requestId, nowMs } = state.stamp;
  const envelope = {
    id: id === "" ? `chatcmpl-${requestId}` : id,
    object: "chat.completion.chunk",
    created: createdAtSeconds ?? Math.floor(nowMs / 1000),
    model: requestedModel,
  };
  const started = { ...state, head: JSON.stringify(envelope).slice(0, -1) };
  return [started, [delta(started, { role: "assistant", content: "" })]];
}

/** One chunk. With the usage flag every chunk says `usage`, null but in the last. */
function chunk(state: EncoderState, choices: string, usage?: JsonObject): WireEvent {
  const isUsageShown = state.stamp.streamUsage || usage !== undefined;
  const usageText = isUsageShown ? `,"usage":${usage === undefined ? "null" : JSON.stringify(usage)}` : "";
  return { data: `${state.head},"choices":[${choices}]${usageText}}` };
}

function delta(state: EncoderState, content: JsonObject): WireEvent {
  return chunk(state, `{"index":0,"delta":${JSON.stringify(content)},"logprobs":null,"finish_reason":null}`);
}

function finishEvents(
  state: EncoderState,
  finish: FinishReason,
  usage: Usage | undefined,
  cost: CostStamp | undefined,
): readonly WireEvent[] {
  const choice = `{"index":0,"delta":{},"logprobs":null,"finish_reason":${JSON.stringify(encodeFinish(finish))}}`;
  const total = stampUsage(encodeUsage(usage ?? NO_USAGE), cost);
  const last = state.stamp.streamUsage
    ? [chunk(state, choice), chunk(state, "", total)]
    : [chunk(state, choice, total)];
  return [...last, { data: DONE }];
}

/** The event that ends a stream which broke: the error envelope, and no `[DONE]` after it. */
export function errorEvent(fault: Fault, requestId: string): WireEvent {
  return { data: JSON.stringify(encodeFault(clientErrorOf(fault), requestId)) };
}

function startCall(state: EncoderState, part: Extract<StreamPart, { type: "tool-call-start" }>): Step {
  const signature =
    part.signature === undefined ? {} : { extra_content: { google: { thought_signature: part.signature } } };
  const call = {
    index: state.callBlocks.length,
    id: part.id,
    type: "function",
    function: { name: part.name, arguments: "" },
    ...signature,
  };
  return [{ ...state, callBlocks: [...state.callBlocks, part.block] }, [delta(state, { tool_calls: [call] })]];
}

function opaqueEvents(state: EncoderState, part: Extract<StreamPart, { type: "opaque" }>): readonly WireEvent[] {
  if (part.dialect !== "openai-chat" || !isJsonObject(part.json)) return [];
  return [
    chunk(
      state,
      choicesOf(part.json)
        .map((choice) => JSON.stringify(choice))
        .join(","),
    ),
  ];
}

function encodeBody(state: EncoderState, part: StreamPart, cost: CostStamp | undefined): Step {
  switch (part.type) {
    case "text-delta":
      return [state, [delta(state, { content: part.text })]];
    case "reasoning-delta":
      return [state, [delta(state, { reasoning_content: part.text })]];
    case "refusal-delta":
      return [state, [delta(state, { refusal: part.text })]];
    case "tool-call-start":
      return startCall(state, part);
    case "tool-call-delta": {
      const call = { index: state.callBlocks.indexOf(part.block), function: { arguments: part.arguments } };
      return [state, [delta(state, { tool_calls: [call] })]];
    }
    case "opaque":
      return [state, opaqueEvents(state, part)];
    case "finish":
      return [state, finishEvents(state, part.finish, part.usage, cost)];
    default:
      return [state, []];
  }
}

/**
 * Writes the strict form that OpenAI's own clients check: constant `id`, `created` and `model`, a first delta with the role and
 * empty content; with the usage flag `usage: null` everywhere and one last chunk without choices, without it the usage on
 * the finish chunk and no chunk more; then `[DONE]`. A broken stream ends in `{"error":{…}}` instead.
 */
export const encoder: StreamEncoder<EncoderState> = {
  initial: (stamp) => ({ stamp, head: "", callBlocks: [] }),
  step(state, part, cost) {
    if (part.type === "error") return [state, [errorEvent(part.fault, state.stamp.requestId)]];
    if (part.type === "start") return state.head === "" ? start(state, part.id, part.createdAtSeconds) : [state, []];
    const [started, first] = state.head === "" ? start(state, "") : [state, []];
    const [next, events] = encodeBody(started, part, cost);
    return [next, first.length === 0 ? events : [...first, ...events]];
  },
};
