import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { Usage } from "../../core/usage.ts";
import type { StreamDecoder, WireEvent } from "../dialect.ts";
import { choicesOf, contentPieces, DONE, rawUsageOf } from "./chunk.ts";
import { decodeCallDelta, endCalls, NO_CALLS, type OpenCalls } from "./decode-call.ts";
import { faultOfBody } from "./fault.ts";
import { stringIn } from "./fields.ts";
import { decodeFinish } from "./finish.ts";
import { decodeUsage } from "./usage.ts";

/** Where a stream stands. `started` once a chunk had a choice; `ended` after its one `finish` or `error`. */
export interface DecoderState {
  readonly phase: "waiting" | "started" | "ended";
  readonly answerId: string;
  readonly nextBlock: number;
  /** The open block of text or reasoning. */
  readonly open: { readonly kind: "text" | "reasoning"; readonly block: number } | undefined;
  readonly calls: OpenCalls;
  readonly hasRefusal: boolean;
  readonly finish: FinishReason | undefined;
  readonly usage: Usage | undefined;
}

const INITIAL: DecoderState = {
  phase: "waiting",
  answerId: "",
  nextBlock: 0,
  open: undefined,
  calls: NO_CALLS,
  hasRefusal: false,
  finish: undefined,
  usage: undefined,
};

/** Members of a delta that the decoder itself reads; any other that is not null goes on as an opaque part. */
const DELTA_FIELDS: ReadonlySet<string> = new Set([
  "role",
  "content",
  "reasoning_content",
  "reasoning",
  "refusal",
  "tool_calls",
  "index",
]);

type Step = readonly [DecoderState, readonly StreamPart[]];

function closeOpen(state: DecoderState, parts: StreamPart[]): DecoderState {
  if (state.open === undefined) return state;
  parts.push({ type: `${state.open.kind}-end`, block: state.open.block });
  return { ...state, open: undefined };
}

function closeCalls(state: DecoderState, parts: StreamPart[]): DecoderState {
  if (state.calls.live === undefined) return state;
  const [calls, nextBlock] = endCalls(state.calls, state.nextBlock, parts);
  return { ...state, calls, nextBlock };
}

function writeText(state: DecoderState, kind: "text" | "reasoning", text: string, parts: StreamPart[]): DecoderState {
  if (text === "") return state;
  if (state.open?.kind === kind) {
    parts.push({ type: `${kind}-delta`, block: state.open.block, text });
    return state;
  }
  const closed = closeCalls(closeOpen(state, parts), parts);
  const block = closed.nextBlock;
  parts.push({ type: `${kind}-start`, block }, { type: `${kind}-delta`, block, text });
  return { ...closed, open: { kind, block }, nextBlock: block + 1 };
}

function opaque(json: JsonValue): StreamPart {
  return { type: "opaque", dialect: "openai-chat", json };
}

function opaqueDelta(delta: JsonObject): StreamPart {
  return opaque({ choices: [{ index: 0, delta, finish_reason: null }] });
}

function readContent(state: DecoderState, content: JsonValue | undefined, parts: StreamPart[]): DecoderState {
  if (typeof content === "string") return writeText(state, "text", content, parts);
  if (!Array.isArray(content)) return state;
  return contentPieces(content).reduce((current, piece) => {
    if (piece.kind !== "other") return writeText(current, piece.kind, piece.text, parts);
    parts.push(opaqueDelta({ content: [piece.json] }));
    return current;
  }, state);
}

function readCalls(state: DecoderState, deltas: JsonValue | undefined, parts: StreamPart[]): DecoderState {
  if (!Array.isArray(deltas) || deltas.length === 0) return state;
  return deltas.filter(isJsonObject).reduce((current, delta) => {
    const closed = closeOpen(current, parts);
    const [calls, nextBlock] = decodeCallDelta(closed.calls, delta, closed.nextBlock, closed.answerId, parts);
    return { ...closed, calls, nextBlock };
  }, state);
}

function readDelta(state: DecoderState, delta: JsonObject, parts: StreamPart[]): DecoderState {
  const reasoning = stringIn(delta, "reasoning_content") ?? stringIn(delta, "reasoning") ?? "";
  let next = writeText(state, "reasoning", reasoning, parts);
  next = readContent(next, delta.content, parts);
  if (typeof delta.refusal === "string" && delta.refusal !== "") {
    next = { ...closeOpen(next, parts), hasRefusal: true };
    parts.push({ type: "refusal-delta", text: delta.refusal });
  }
  next = readCalls(next, delta.tool_calls, parts);
  for (const name in delta) {
    const value = delta[name];
    if (!DELTA_FIELDS.has(name) && value !== null && value !== undefined) parts.push(opaqueDelta({ [name]: value }));
  }
  return next;
}

/** The first choice becomes parts; further ones (`n`) have no place in the model and go on as opaque parts. */
function readChoice(state: DecoderState, choice: JsonObject, parts: StreamPart[]): DecoderState {
  if (typeof choice.index === "number" && choice.index > 0) {
    parts.push(opaque({ choices: [choice] }));
    return state;
  }
  const legacyText = stringIn(choice, "text");
  const delta = isJsonObject(choice.delta) ? choice.delta : choice.message;
  let next = legacyText === undefined ? state : writeText(state, "text", legacyText, parts);
  if (isJsonObject(delta)) next = readDelta(next, delta, parts);
  if (typeof choice.finish_reason !== "string") return next;
  const context = { hasToolCall: next.calls.known.length > 0, hasRefusal: next.hasRefusal };
  return { ...next, finish: decodeFinish(choice.finish_reason, context) };
}

function start(state: DecoderState, chunk: JsonObject, parts: StreamPart[]): DecoderState {
  const id = stringIn(chunk, "id") ?? "";
  const created = typeof chunk.created === "number" && chunk.created > 0 ? { createdAtSeconds: chunk.created } : {};
  parts.push({ type: "start", id, model: stringIn(chunk, "model") ?? "", ...created });
  return { ...state, phase: "started", answerId: id };
}

function complete(state: DecoderState, finish: FinishReason, parts: StreamPart[]): Step {
  const closed = closeCalls(closeOpen(state, parts), parts);
  parts.push({ type: "finish", finish, ...(state.usage === undefined ? {} : { usage: state.usage }) });
  return [{ ...closed, phase: "ended" }, parts];
}

function fail(state: DecoderState, part: StreamPart): Step {
  return [{ ...state, phase: "ended" }, [part]];
}

function garbage(message: string): StreamPart {
  return { type: "error", fault: { kind: "garbage", message } };
}

/** An answer ends with usage and finish word both known, whichever came last: usage on the way is only a count so far. */
function readChunk(state: DecoderState, chunk: JsonObject): Step {
  const parts: StreamPart[] = [];
  const choices = choicesOf(chunk);
  let next = choices.length > 0 && state.phase === "waiting" ? start(state, chunk, parts) : state;
  for (const choice of choices) next = readChoice(next, choice, parts);
  const usage = decodeUsage(rawUsageOf(chunk), chunk.service_tier);
  if (usage !== undefined) next = { ...next, usage };
  if (next.finish !== undefined && usage !== undefined) return complete(next, next.finish, parts);
  if (usage !== undefined) parts.push({ type: "usage", usage });
  return [next, parts];
}

/** `[DONE]` ends an answer even where no finish word came (some servers never send one), but not an empty stream. */
function readDone(state: DecoderState): Step {
  if (state.phase === "waiting") return fail(state, garbage("The upstream's stream ended without a single choice."));
  const context = { hasToolCall: state.calls.known.length > 0, hasRefusal: state.hasRefusal };
  return complete(state, state.finish ?? decodeFinish(null, context), []);
}

function step(state: DecoderState, event: WireEvent): Step {
  if (state.phase === "ended" || event.data === "") return [state, []];
  if (event.data.trim() === DONE) return readDone(state);
  const chunk = parseJson(event.data);
  if (!isJsonObject(chunk)) return fail(state, garbage("The upstream's stream holds an event that is not JSON."));
  const isError =
    (chunk.error !== undefined && chunk.error !== null) || event.event === "error" || chunk.object === "error";
  return isError ? fail(state, { type: "error", fault: faultOfBody(chunk) }) : readChunk(state, chunk);
}

/**
 * Reads a chat stream of any provider of this dialect. `finish` is held back until the usage is known, `[DONE]` came or the
 * upstream closed; tool calls come out one after the other, however they were interleaved.
 */
export const decoder: StreamDecoder<DecoderState> = {
  initial: () => INITIAL,
  step,
  end(state) {
    if (state.phase === "ended") return [];
    if (state.finish !== undefined) return complete(state, state.finish, [])[1];
    const message = "The upstream closed the stream before the answer was complete.";
    return [{ type: "error", fault: { kind: "truncated", message } }];
  },
};
