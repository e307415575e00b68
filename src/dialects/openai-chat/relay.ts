import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { ReplyStamp, StreamRelay, WireEvent } from "../dialect.ts";
import { choicesOf, DONE, type KnownCall, rawUsageOf } from "./chunk.ts";
import { errorEvent } from "./encoder.ts";
import { faultOfBody } from "./fault.ts";
import { repairChunk } from "./repair.ts";
import { stampUsage } from "./usage.ts";

/** What the relay remembers of a stream. */
export interface RelayState {
  readonly stamp: ReplyStamp;
  /** The requested model as JSON text. */
  readonly modelText: string;
  /** Members that every chunk shares, from the latest chunk that was parsed. */
  readonly envelope: JsonObject;
  readonly hasRole: boolean;
  readonly calls: readonly KnownCall[];
  /** The finish chunk, kept until the cost is known (only where it must carry it). */
  readonly held: JsonObject | undefined;
  /** A finish chunk has been seen, sent or held. */
  readonly hasFinish: boolean;
  readonly usage: JsonObject | undefined;
  /** The cost has been sent: nothing waits for it any more. */
  readonly isPriced: boolean;
  readonly isDone: boolean;
}

type Step = readonly [RelayState, readonly WireEvent[]];

/**
 * Finds events that need more than a new model name: a finish word, a usage or error object, tool calls, a content list.
 * Quotes inside strings are escaped on the wire, so these texts only match members.
 */
const NEEDS_CARE = /"(?:finish_reason|error)":\s*["{]|"(?:usage|x_groq)":\s*\{|"(?:tool_calls|content)":\s*\[/;

const MODEL = /"model":\s*"((?:[^"\\]|\\.)*)"/;

/** The event with the requested model's name in it, by cutting it in; the same event when it has it already. */
function renamed(state: RelayState, event: WireEvent): WireEvent {
  const { data } = event;
  const member = data.indexOf('"model":');
  if (member < 0) return event;
  const from = data.charCodeAt(member + 8) === 0x20 ? member + 9 : member + 8;
  if (data.startsWith(state.modelText, from)) return event;
  const name = MODEL.exec(data.slice(member));
  if (name === null) return event;
  return { ...event, data: `${data.slice(0, from)}${state.modelText}${data.slice(member + name[0].length)}` };
}

function eventOf(state: RelayState, chunk: JsonObject): WireEvent {
  return { data: JSON.stringify("model" in chunk ? { ...chunk, model: state.stamp.requestedModel } : chunk) };
}

function hasFinishWord(chunk: JsonObject): boolean {
  return choicesOf(chunk).some((choice) => typeof choice.finish_reason === "string");
}

/** A finish chunk for a stream that never sent one. */
function impliedFinish(state: RelayState): JsonObject {
  const finish_reason = state.calls.length > 0 ? "tool_calls" : "stop";
  return { ...state.envelope, choices: [{ index: 0, delta: {}, finish_reason }] };
}

/** The last chunks of a complete answer: with the usage flag the usage in a chunk of its own, else on the finish chunk. */
function lastEvents(state: RelayState, cost: CostStamp): readonly WireEvent[] {
  const usage = stampUsage(state.usage ?? {}, cost);
  const finish = state.held ?? (state.hasFinish ? undefined : impliedFinish(state));
  if (!state.stamp.streamUsage) {
    const carrier = finish ?? { ...state.envelope, choices: [] };
    return [eventOf(state, { ...carrier, usage })];
  }
  const finishEvents = finish === undefined ? [] : [eventOf(state, { ...finish, usage: null })];
  return [...finishEvents, eventOf(state, { ...state.envelope, choices: [], usage })];
}

function release(state: RelayState, cost: CostStamp | undefined): Step {
  if (cost === undefined) return [state, []];
  return [{ ...state, held: undefined, hasFinish: true, usage: undefined, isPriced: true }, lastEvents(state, cost)];
}

function envelopeOf(chunk: JsonObject): JsonObject {
  return Object.fromEntries(
    ["id", "object", "created", "model", "system_fingerprint"].flatMap((name) => {
      const value = chunk[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** A finish chunk waits where it must carry the cost, or where its own usage must move to a chunk of its own. */
function takeFinish(state: RelayState, event: WireEvent, chunk: JsonObject, isChanged: boolean): Step {
  const earlier = state.held === undefined ? [] : [eventOf(state, state.held)];
  const mustWait = !state.isPriced && (!state.stamp.streamUsage || isJsonObject(chunk.usage));
  if (mustWait) return [{ ...state, held: chunk, hasFinish: true }, earlier];
  const sent = isChanged ? eventOf(state, chunk) : renamed(state, event);
  return [{ ...state, hasFinish: true }, [...earlier, sent]];
}

function takeChunk(state: RelayState, event: WireEvent, parsed: JsonObject, cost: CostStamp | undefined): Step {
  const repaired = repairChunk(parsed, state.hasRole, state.calls);
  const { chunk } = repaired;
  const usage = rawUsageOf(chunk);
  const hasChoice = choicesOf(chunk).length > 0;
  const next: RelayState = {
    ...state,
    calls: repaired.calls,
    hasRole: state.hasRole || hasChoice,
    envelope: hasChoice || usage !== undefined ? envelopeOf(chunk) : state.envelope,
    usage: usage ?? state.usage,
  };
  const isChanged = chunk !== parsed;
  if (hasFinishWord(chunk)) {
    const [held, events] = takeFinish(next, event, chunk, isChanged);
    const [after, last] = release(held, cost);
    return [after, [...events, ...last]];
  }
  if (cost !== undefined) return release(next, cost);
  if (!hasChoice && usage !== undefined) return [next, []];
  return [next, [isChanged ? eventOf(next, chunk) : renamed(next, event)]];
}

function takeDone(state: RelayState, event: WireEvent, cost: CostStamp | undefined): Step {
  const [next, last] = release(state, cost);
  const unpriced = next.held === undefined ? [] : [eventOf(next, next.held)];
  return [{ ...next, held: undefined, isDone: true }, [...last, ...unpriced, event]];
}

function step(state: RelayState, event: WireEvent, cost?: CostStamp): Step {
  if (state.isDone) return [state, []];
  const isPlain = state.hasRole && !state.hasFinish && cost === undefined && !NEEDS_CARE.test(event.data);
  if (isPlain && event.data !== DONE) return [state, [renamed(state, event)]];
  if (event.data.trim() === DONE) return takeDone(state, event, cost);
  const chunk: JsonValue | undefined = parseJson(event.data);
  // Before the end the decoder makes a fault of it; between the finish chunk and `[DONE]` it would only harm the client.
  if (!isJsonObject(chunk)) return [state, []];
  const isError = chunk.error !== undefined && chunk.error !== null;
  if (!isError) return takeChunk(state, event, chunk, cost);
  return [{ ...state, isDone: true }, [errorEvent(faultOfBody(chunk), state.stamp.requestId)]];
}

/**
 * Passes a chat stream on to a client of this dialect. Every event keeps its bytes but for the model name, except the
 * finish and usage chunks, which carry the cost, and chunks that need a declared repair. An upstream's error event
 * becomes ours. Where the upstream forgot `[DONE]`, it is added.
 */
export const relay: StreamRelay<RelayState> = {
  initial: (stamp) => ({
    stamp,
    modelText: JSON.stringify(stamp.requestedModel),
    envelope: {},
    hasRole: false,
    calls: [],
    held: undefined,
    hasFinish: false,
    usage: undefined,
    isPriced: false,
    isDone: false,
  }),
  step,
  end(state, cost) {
    if (state.isDone) return [];
    const [next, last] = release(state, cost);
    const isComplete = cost !== undefined || (next.hasFinish && next.held === undefined);
    return isComplete ? [...last, { data: DONE }] : [];
  },
};
