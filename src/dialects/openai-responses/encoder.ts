import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp, StreamEncoder, WireEvent } from "../dialect.ts";
import {
  annotate,
  beginOutput,
  continueOutput,
  type EncoderState,
  emit,
  endOutput,
  passItem,
  REFUSAL_BLOCK,
  type Step,
  type Unnumbered,
} from "./encoder-item.ts";
import { streamError } from "./fault.ts";
import { textIn } from "./fields.ts";
import { encodeFinish } from "./finish.ts";
import { calledTools } from "./namespace.ts";
import { resourceOf, responseId } from "./resource.ts";
import { openOwn, sealForeign } from "./sealed.ts";
import { encodeUsage, stampUsage } from "./usage.ts";

/** What ends a stream of this dialect after its terminal event. */
export const DONE: WireEvent = { data: "[DONE]" };

function initial(stamp: ReplyStamp): EncoderState {
  return {
    stamp,
    phase: "waiting",
    id: responseId("", stamp),
    createdAtSeconds: Math.floor(stamp.nowMs / 1000),
    sequence: 0,
    open: new Map(),
    items: [],
    tools: calledTools(stamp.echo?.tools),
    hasRefusal: false,
  };
}

function start(state: EncoderState, upstreamId: string, createdAtSeconds = state.createdAtSeconds): Step {
  const id = responseId(upstreamId, state.stamp);
  const started: EncoderState = { ...state, phase: "open", id, createdAtSeconds };
  const response = resourceOf({ id, createdAtSeconds, status: "in_progress", output: [] }, state.stamp);
  return emit(started, [
    { type: "response.created", response },
    { type: "response.in_progress", response },
  ]);
}

function chain(first: Step, then: (state: EncoderState) => Step): Step {
  const [next, events] = then(first[0]);
  return [next, [...first[1], ...events]];
}

/** Text and reasoning open with their first word, so that no empty item is made that the client would send back. */
function speak(state: EncoderState, kind: "text" | "reasoning" | "refusal", block: number, text: string): Step {
  if (text === "") return [state, []];
  const begun: Step = state.open.has(block) ? [state, []] : beginOutput(state, block, kind);
  return chain(begun, (next) => continueOutput(next, block, text));
}

/** Ends reasoning with what the client must echo; without a word, an item is made only where there is such. */
function endReasoning(state: EncoderState, part: Extract<StreamPart, { type: "reasoning-end" }>): Step {
  const encrypted = openOwn(part.encrypted) ?? sealForeign(part);
  const isOpen = state.open.has(part.block);
  if (!isOpen && encrypted === undefined) return [state, []];
  const begun: Step = isOpen ? [state, []] : beginOutput(state, part.block, "reasoning");
  return chain(begun, (next) => endOutput(next, part.block, "completed", encrypted));
}

function passOpaque(state: EncoderState, json: JsonValue): Step {
  if (!isJsonObject(json)) return [state, []];
  const type = textIn(json, "type");
  const { item, output_index: block } = json;
  if (typeof block !== "number") {
    // An item of a whole reply, which has no block; or an event of no item.
    if (!/^(?:response|keepalive|codex)\b/.test(type)) return passItem(state, Number.NaN, json, true);
    return emit(state, [{ ...without(json, ["sequence_number"]), type }]);
  }
  if (type === "response.output_text.annotation.added") return annotate(state, block, json);
  return isJsonObject(item) ? passItem(state, block, item, type === "response.output_item.done") : [state, []];
}

function writePart(state: EncoderState, part: StreamPart): Step {
  switch (part.type) {
    case "text-delta":
      return speak(state, "text", part.block, part.text);
    case "reasoning-delta":
      return speak(state, "reasoning", part.block, part.text);
    case "reasoning-end":
      return endReasoning(state, part);
    case "tool-call-start": {
      const { isCustom, ...called } = state.tools.get(part.name) ?? { isCustom: false, name: part.name };
      return beginOutput(state, part.block, isCustom ? "custom" : "function", { callId: part.id, ...called });
    }
    case "tool-call-delta":
      return continueOutput(state, part.block, part.arguments);
    case "text-end":
    case "tool-call-end":
      return endOutput(state, part.block, "completed");
    case "refusal-delta":
      return speak({ ...state, hasRefusal: true }, "refusal", REFUSAL_BLOCK, part.text);
    case "opaque":
      return part.dialect === "openai-responses" ? passOpaque(state, part.json) : [state, []];
    default:
      return [state, []];
  }
}

function closeAll(state: EncoderState, status: "completed" | "incomplete"): Step {
  let step: Step = [state, []];
  for (const block of state.open.keys()) {
    const isRefusal = block === REFUSAL_BLOCK;
    step = chain(step, (next) => endOutput(next, block, isRefusal ? "completed" : status));
  }
  return step;
}

function finish(
  state: EncoderState,
  reason: FinishReason,
  usage: Usage | undefined,
  cost: CostStamp | undefined,
): Step {
  const { status, incomplete_details: incompleteDetails } = encodeFinish(reason, state.hasRefusal);
  const [last, events] = chain(closeAll(state, status), (closed) => {
    const { id, createdAtSeconds, items: output } = closed;
    const counts = stampUsage(encodeUsage(usage), cost);
    const resource = { id, createdAtSeconds, status, incompleteDetails, output, usage: counts };
    return emit(closed, [{ type: `response.${status}`, response: resourceOf(resource, closed.stamp) }]);
  });
  return [{ ...last, phase: "done" }, [...events, DONE]];
}

/**
 * The two events that end a broken stream, as OpenAI itself sends them: `error`, at which the SDKs throw (nested as they get it
 * from OpenAI, and flat as its schema has it), and `response.failed`, which Codex reads.
 */
export function failEvents(fault: Fault, response: JsonObject): readonly Unnumbered[] {
  const { code, message, type } = streamError(fault);
  const param = "param" in fault ? (fault.param ?? null) : null;
  return [
    { type: "error", code, message, param, error: { type, code, message, param } },
    { type: "response.failed", response: { ...response, status: "failed", error: { code, message } } },
  ];
}

function fail(state: EncoderState, fault: Fault): Step {
  const { id, createdAtSeconds, stamp } = state;
  const output = state.items.filter((_, index) => ![...state.open.values()].some((open) => open.index === index));
  const response = resourceOf({ id, createdAtSeconds, status: "failed", output }, stamp);
  const [failed, events] = emit(state, failEvents(fault, response));
  return [{ ...failed, phase: "done" }, events];
}

function step(state: EncoderState, part: StreamPart, cost?: CostStamp): Step {
  if (state.phase === "done") return [state, []];
  if (part.type === "error") return fail(state, part.fault);
  if (part.type === "start") return state.phase === "open" ? [state, []] : start(state, part.id, part.createdAtSeconds);
  const started: Step = state.phase === "open" ? [state, []] : start(state, "");
  return chain(started, (next) =>
    part.type === "finish" ? finish(next, part.finish, part.usage, cost) : writePart(next, part),
  );
}

/**
 * Writes a Responses stream: numbered from 0, each block an output item of its own, the whole resource in the first and the last
 * event, the cost in the usage of the last, then `[DONE]`. A broken stream ends in `error` and `response.failed`.
 */
export const encoder: StreamEncoder<EncoderState> = { initial, step };
