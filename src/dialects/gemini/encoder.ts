import { clientErrorOf } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp, StreamEncoder, WireEvent } from "../dialect.ts";
import { encodeFault } from "./fault.ts";
import { writeFinish } from "./finish.ts";
import { writeCall } from "./part-write.ts";
import { isWireSignature } from "./signature.ts";
import { stampUsage } from "./usage.ts";

/** A call whose arguments are still coming: on the wire calls are whole. */
interface GrowingCall {
  readonly block: number;
  readonly id: string;
  readonly name: string;
  readonly signature?: string;
  readonly arguments: string;
}

/** Where a stream to a client stands. */
export interface EncoderState {
  readonly stamp: ReplyStamp;
  readonly id: string;
  readonly calls: readonly GrowingCall[];
  readonly usage: Usage | undefined;
  /** What joins the last event: members of our own dialect that a decoder held until the end. */
  readonly restOfEvent: JsonObject;
  readonly restOfCandidate: JsonObject;
  readonly isDone: boolean;
}

type Step = readonly [EncoderState, readonly WireEvent[]];

function initial(stamp: ReplyStamp): EncoderState {
  return { stamp, id: "", calls: [], usage: undefined, restOfEvent: {}, restOfCandidate: {}, isDone: false };
}

function envelope({ stamp, id }: EncoderState): JsonObject {
  return { modelVersion: stamp.requestedModel, responseId: id === "" ? stamp.requestId : id };
}

function wire(json: JsonObject): WireEvent {
  return { data: JSON.stringify(json) };
}

function say(state: EncoderState, part: JsonObject): WireEvent {
  const candidate = { content: { parts: [part], role: "model" }, index: 0 };
  return wire({ candidates: [candidate], ...envelope(state) });
}

function sayText(state: EncoderState, part: JsonObject & { readonly text: string }): Step {
  return [state, part.text === "" ? [] : [say(state, part)]];
}

function startCall(state: EncoderState, part: Extract<StreamPart, { type: "tool-call-start" }>): Step {
  const { block, id, name, signature } = part;
  const call = { block, id, name, arguments: "", ...(signature === undefined ? {} : { signature }) };
  return [{ ...state, calls: [...state.calls, call] }, []];
}

function growCall(state: EncoderState, block: number, text: string): Step {
  const calls = state.calls.map((call) =>
    call.block === block ? { ...call, arguments: call.arguments + text } : call,
  );
  return [{ ...state, calls }, []];
}

function endCall(state: EncoderState, block: number): Step {
  const call = state.calls.find((each) => each.block === block);
  if (call === undefined) return [state, []];
  const next = { ...state, calls: state.calls.filter((each) => each !== call) };
  return [next, [say(next, writeCall(call))]];
}

/** What only this dialect knows, on its way back into it. */
function passOpaque(state: EncoderState, json: JsonValue): Step {
  if (!isJsonObject(json)) return [state, []];
  const { part, candidates } = json;
  const next = {
    ...state,
    restOfEvent: { ...state.restOfEvent, ...objectIn(json, "event") },
    restOfCandidate: { ...state.restOfCandidate, ...objectIn(json, "candidate") },
  };
  if (isJsonObject(part)) return [next, [say(next, part)]];
  return [next, Array.isArray(candidates) ? [wire({ candidates, ...envelope(next) })] : []];
}

/** The last event: why it stopped, the counts and their cost. A prompt refused in this dialect has no candidate. */
function finish(
  state: EncoderState,
  reason: FinishReason,
  usage: Usage | undefined,
  cost: CostStamp | undefined,
): Step {
  const calls = state.calls.map((call) => say(state, writeCall(call)));
  const isRefusedPrompt = isJsonObject(state.restOfEvent.promptFeedback) && reason.unified === "content-filter";
  const candidate = {
    content: { parts: [{ text: "" }], role: "model" },
    finishReason: writeFinish(reason),
    index: 0,
    ...state.restOfCandidate,
  };
  const last = wire({
    ...(isRefusedPrompt ? {} : { candidates: [candidate] }),
    ...state.restOfEvent,
    usageMetadata: stampUsage(usage ?? state.usage, cost),
    ...envelope(state),
  });
  return [{ ...state, calls: [], isDone: true }, [...calls, last]];
}

function endReasoning(state: EncoderState, signature: string | undefined): Step {
  if (!isWireSignature(signature)) return [state, []];
  return [state, [say(state, { text: "", thought: true, thoughtSignature: signature })]];
}

function writePart(state: EncoderState, part: StreamPart): Step {
  switch (part.type) {
    case "text-delta":
    case "refusal-delta":
      return sayText(state, { text: part.text });
    case "reasoning-delta":
      return sayText(state, { text: part.text, thought: true });
    case "reasoning-end":
      return endReasoning(state, part.signature);
    case "tool-call-start":
      return startCall(state, part);
    case "tool-call-delta":
      return growCall(state, part.block, part.arguments);
    case "tool-call-end":
      return endCall(state, part.block);
    case "opaque":
      return part.dialect === "gemini" ? passOpaque(state, part.json) : [state, []];
    default:
      return [state, []];
  }
}

function step(state: EncoderState, part: StreamPart, cost?: CostStamp): Step {
  if (state.isDone) return [state, []];
  if (part.type === "start") return [{ ...state, id: part.id }, []];
  if (part.type === "usage") return [{ ...state, usage: part.usage }, []];
  if (part.type === "finish") return finish(state, part.finish, part.usage, cost);
  if (part.type !== "error") return writePart(state, part);
  const envelopeOfFault = encodeFault(clientErrorOf(part.fault), state.stamp.requestId);
  return [{ ...state, isDone: true }, [wire(envelopeOfFault)]];
}

/** Writes a `streamGenerateContent` stream: calls whole, the counts with their cost on the last event, an error envelope as the last event on a fault. */
export const encoder: StreamEncoder<EncoderState> = { initial, step };
