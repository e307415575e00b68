import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { FinishReason, Reply, StreamPart } from "../../core/reply.ts";
import type { Part } from "../../core/request.ts";
import type { CostStamp } from "../../core/stamp.ts";
import { NO_USAGE, type Usage } from "../../core/usage.ts";
import type { ReplyStamp, StreamEncoder, WireEvent } from "../dialect.ts";
import { choicesOf, DONE } from "../openai-chat/chunk.ts";
import { openaiChat } from "../openai-chat/dialect.ts";
import { errorEvent } from "../openai-chat/encoder.ts";
import { stringIn } from "../openai-chat/fields.ts";
import { encodeFinish } from "../openai-chat/finish.ts";
import { encodeUsage, stampUsage } from "../openai-chat/usage.ts";
import { completionLogprobs } from "./logprobs.ts";

/** What a reply repeats of its request: the prompt, where `echo` asks for it. For `ReplyStamp.echo`. */
export function echoOf({ echo, prompt }: JsonObject): JsonObject {
  const text = Array.isArray(prompt) ? prompt[0] : prompt;
  return echo === true && typeof text === "string" ? { prompt: text } : {};
}

function echoed(stamp: ReplyStamp): string {
  const prompt = stamp.echo?.prompt;
  return typeof prompt === "string" ? prompt : "";
}

function envelopeOf(stamp: ReplyStamp, id: string, createdAtSeconds: number | undefined): JsonObject {
  return {
    id: id === "" ? `cmpl-${stamp.requestId}` : id,
    object: "text_completion",
    created: createdAtSeconds ?? Math.floor(stamp.nowMs / 1000),
    model: stamp.requestedModel,
  };
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")).join("");
}

/** Completions know two reasons, and a filter; whatever else ended the answer is `stop`. */
function finishWord(finish: FinishReason): string {
  const word = encodeFinish(finish);
  return word === "length" || word === "content_filter" ? word : "stop";
}

/** A reply as a client of completions reads it. One that came as a completion keeps all it had, its echo included. */
export function encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  const frames = reply.extra?.dialect === "openai-chat" ? choicesOf(reply.extra.fields) : [];
  if (frames.some((frame) => "text" in frame)) return openaiChat.encodeReply(reply, stamp, cost);
  const answers = [reply, ...(reply.alternatives ?? [])];
  return {
    ...envelopeOf(stamp, reply.id, reply.createdAtSeconds),
    choices: answers.map(({ parts, finish }, index) => ({
      text: `${echoed(stamp)}${textOf(parts)}`,
      index,
      logprobs: completionLogprobs(frames[index], echoed(stamp).length),
      finish_reason: finishWord(finish),
    })),
    usage: stampUsage(encodeUsage(reply.usage ?? NO_USAGE), cost),
  };
}

/** What every chunk of one stream says alike; null until it has started. */
export interface EncoderState {
  readonly stamp: ReplyStamp;
  readonly envelope: JsonObject | null;
}

type Step = readonly [EncoderState, readonly WireEvent[]];

function chunk(state: EncoderState, choices: JsonObject[], usage?: JsonObject): WireEvent {
  const isUsageShown = state.stamp.streamUsage || usage !== undefined;
  return { data: JSON.stringify({ ...state.envelope, choices, ...(isUsageShown ? { usage: usage ?? null } : {}) }) };
}

function piece(state: EncoderState, text: string, index = 0, finish: string | null = null): WireEvent[] {
  const isEmpty = text === "" && finish === null;
  return isEmpty ? [] : [chunk(state, [{ text, index, logprobs: null, finish_reason: finish }])];
}

function start(state: EncoderState, id: string, createdAtSeconds?: number): Step {
  if (state.envelope !== null) return [state, []];
  const started = { ...state, envelope: envelopeOf(state.stamp, id, createdAtSeconds) };
  return [started, piece(started, echoed(state.stamp))];
}

/** Further answers (`n`) come from chat streams as they stood there. */
function otherAnswers(state: EncoderState, part: Extract<StreamPart, { type: "opaque" }>): WireEvent[] {
  if (part.dialect !== "openai-chat" || !isJsonObject(part.json)) return [];
  return choicesOf(part.json).flatMap(({ index, delta, finish_reason: finish }) => {
    if (typeof index !== "number" || index === 0 || !isJsonObject(delta)) return [];
    return piece(state, stringIn(delta, "content") ?? "", index, typeof finish === "string" ? finish : null);
  });
}

function ending(
  state: EncoderState,
  finish: FinishReason,
  usage: Usage | undefined,
  cost: CostStamp | undefined,
): WireEvent[] {
  const counts = stampUsage(encodeUsage(usage ?? NO_USAGE), cost);
  const choice = { text: "", index: 0, logprobs: null, finish_reason: finishWord(finish) };
  const last = state.stamp.streamUsage
    ? [chunk(state, [choice]), chunk(state, [], counts)]
    : [chunk(state, [choice], counts)];
  return [...last, { data: DONE }];
}

function encodeBody(state: EncoderState, part: StreamPart, cost: CostStamp | undefined): WireEvent[] {
  switch (part.type) {
    case "text-delta":
    case "refusal-delta":
      return piece(state, part.text);
    case "opaque":
      return otherAnswers(state, part);
    case "finish":
      return ending(state, part.finish, part.usage, cost);
    default:
      return [];
  }
}

/** Writes OpenAI's stream of completions: one chunk a piece of text, the usage as chat streams have it, then `[DONE]`. */
export const encoder: StreamEncoder<EncoderState> = {
  initial: (stamp) => ({ stamp, envelope: null }),
  step(state, part, cost) {
    if (part.type === "error") return [state, [errorEvent(part.fault, state.stamp.requestId)]];
    if (part.type === "start") return start(state, part.id, part.createdAtSeconds);
    const [started, first] = start(state, "");
    return [started, [...first, ...encodeBody(started, part, cost)]];
  },
};
