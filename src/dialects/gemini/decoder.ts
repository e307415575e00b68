import { isJsonObject, type JsonObject, objectIn, objectsIn, parseJson, without } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { StreamDecoder, WireEvent } from "../dialect.ts";
import { type BlockState, closeBlock, readStreamPart } from "./decoder-part.ts";
import { faultOfBody } from "./fault.ts";
import { stringIn } from "./fields.ts";
import { readFinish } from "./finish.ts";
import { blockOf } from "./reply.ts";
import { newerUsage, readUsage } from "./usage.ts";

/** Where a stream stands. Nothing marks its last event, so that the finish is told when the upstream closes. */
export interface DecoderState extends BlockState {
  readonly phase: "waiting" | "open" | "done";
  readonly usage: JsonObject | undefined;
  readonly finishWord: string | undefined;
  readonly refusedPrompt: FinishReason | undefined;
  /** What events and candidate say beyond the known, the last word of each: told at the end, since it is no content. */
  readonly restOfEvent: JsonObject;
  readonly restOfCandidate: JsonObject;
}

type Step = readonly [DecoderState, readonly StreamPart[]];

const EVENT_FIELDS = ["candidates", "usageMetadata", "modelVersion", "responseId"];
const CANDIDATE_FIELDS = ["content", "finishReason", "index"];

const INITIAL: DecoderState = {
  phase: "waiting",
  open: undefined,
  nextBlock: 0,
  answerId: "",
  callCount: 0,
  usage: undefined,
  finishWord: undefined,
  refusedPrompt: undefined,
  restOfEvent: {},
  restOfCandidate: {},
};

function start(state: DecoderState, event: JsonObject): Step {
  if (state.phase !== "waiting") return [state, []];
  const id = stringIn(event, "responseId") ?? "";
  const part: StreamPart = { type: "start", id, model: stringIn(event, "modelVersion") ?? "" };
  return [{ ...state, phase: "open", answerId: id }, [part]];
}

/** Counts so far, told when they first come and when the input changes: each event repeats them. */
function countSoFar(state: DecoderState, event: JsonObject): Step {
  const usage = newerUsage(state.usage, event.usageMetadata);
  if (usage === state.usage) return [state, []];
  const next = { ...state, usage };
  const counts = readUsage(usage);
  const isKnown = usage?.promptTokenCount === state.usage?.promptTokenCount;
  return [next, counts === undefined || isKnown ? [] : [{ type: "usage", usage: counts }]];
}

function readCandidate(state: DecoderState, candidate: JsonObject): Step {
  const { parts: given } = objectIn(candidate, "content");
  let current = state;
  const parts: StreamPart[] = [];
  for (const part of Array.isArray(given) ? given : []) {
    const [next, more] = readStreamPart(current, part);
    current = next;
    parts.push(...more);
  }
  const next: DecoderState = {
    ...current,
    finishWord: stringIn(candidate, "finishReason") ?? current.finishWord,
    restOfCandidate: { ...current.restOfCandidate, ...without(candidate, CANDIDATE_FIELDS) },
  };
  return [next, parts];
}

/** Further candidates of a request for several have no place in a stream of parts: they pass whole. */
function isFirst(candidate: JsonObject): boolean {
  return candidate.index === undefined || candidate.index === 0;
}

function readEvent(state: DecoderState, event: JsonObject): Step {
  const [started, head] = start(state, event);
  const [counted, counts] = countSoFar(started, event);
  const candidates = objectsIn(event, "candidates");
  const [first] = candidates.filter(isFirst);
  const [read, parts] = first === undefined ? [counted, []] : readCandidate(counted, first);
  const others = candidates.filter((candidate) => !isFirst(candidate));
  const next: DecoderState = {
    ...read,
    refusedPrompt: blockOf(event) ?? read.refusedPrompt,
    restOfEvent: { ...read.restOfEvent, ...without(event, EVENT_FIELDS) },
  };
  const passed: readonly StreamPart[] =
    others.length === 0 ? [] : [{ type: "opaque", dialect: "gemini", json: { candidates: others } }];
  return [next, [...head, ...counts, ...parts, ...passed]];
}

function step(state: DecoderState, event: WireEvent): Step {
  if (state.phase === "done" || event.data === "" || event.data === "[DONE]") return [state, []];
  const json = parseJson(event.data);
  if (!isJsonObject(json)) {
    const message = "an event of the stream is not a JSON object";
    return [{ ...state, phase: "done" }, [{ type: "error", fault: { kind: "garbage", message } }]];
  }
  const fault = faultOfBody(json);
  if (fault !== undefined) return [{ ...state, phase: "done" }, [{ type: "error", fault }]];
  return readEvent(state, json);
}

function residue({ restOfEvent, restOfCandidate }: DecoderState): readonly StreamPart[] {
  const json = {
    ...(Object.keys(restOfEvent).length === 0 ? {} : { event: restOfEvent }),
    ...(Object.keys(restOfCandidate).length === 0 ? {} : { candidate: restOfCandidate }),
  };
  return Object.keys(json).length === 0 ? [] : [{ type: "opaque", dialect: "gemini", json }];
}

/** A stream that never said why it stopped was cut; a refused prompt has no candidate to say it. */
function end(state: DecoderState): readonly StreamPart[] {
  if (state.phase === "done") return [];
  const { finishWord, refusedPrompt, callCount } = state;
  const reason = finishWord === undefined ? refusedPrompt : readFinish(finishWord, callCount > 0);
  if (reason === undefined) {
    return [{ type: "error", fault: { kind: "truncated", message: "the stream ended without a finishReason" } }];
  }
  const [closed, ends] = closeBlock(state);
  const usage = readUsage(closed.usage);
  return [...ends, ...residue(closed), { type: "finish", finish: reason, ...(usage === undefined ? {} : { usage }) }];
}

/** Reads the events of a `streamGenerateContent` stream, in either framing. */
export const decoder: StreamDecoder<DecoderState> = { initial: () => INITIAL, step, end };
