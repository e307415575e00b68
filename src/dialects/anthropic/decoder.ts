import { isJsonObject, type JsonObject, type JsonValue, parseJson, without } from "../../core/json.ts";
import type { FinishReason, StreamPart } from "../../core/reply.ts";
import type { StreamDecoder, WireEvent } from "../dialect.ts";
import { beginBlock, endBlock, type OpenBlock, opaqueEvent, readDelta, textOf } from "./decoder-block.ts";
import { faultOfError } from "./fault.ts";
import { readFinish } from "./finish.ts";
import { mergeRawUsage, readUsage } from "./usage.ts";

/** Where a stream stands. `open` maps the wire's index to its block, which is numbered anew over repeated starts. */
export interface DecoderState {
  readonly phase: "waiting" | "open" | "done";
  readonly open: ReadonlyMap<number, OpenBlock>;
  readonly nextBlock: number;
  readonly usage: JsonObject;
  readonly reason: JsonValue | undefined;
  readonly sequence: JsonValue | undefined;
  readonly endsWithToolCall: boolean;
  /** What the start event says of the message beyond the known: told at the end, since it is no content. */
  readonly rest: JsonObject;
}

type Step = readonly [DecoderState, readonly StreamPart[]];
type Handler = (state: DecoderState, event: JsonObject) => Step;

const MESSAGE_FIELDS = ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"];

const INITIAL: DecoderState = {
  phase: "waiting",
  open: new Map(),
  nextBlock: 0,
  usage: {},
  reason: null,
  sequence: null,
  endsWithToolCall: false,
  rest: {},
};

function fail(state: DecoderState, part: Extract<StreamPart, { type: "error" }>): Step {
  return [{ ...state, phase: "done" }, [part]];
}

function closeAll(state: DecoderState): Step {
  if (state.open.size === 0) return [state, []];
  return [{ ...state, open: new Map() }, [...state.open.values()].flatMap(endBlock)];
}

function startBlock(state: DecoderState, event: JsonObject): Step {
  const { index, content_block: content } = event;
  if (typeof index !== "number" || !isJsonObject(content)) return [state, [opaqueEvent(event)]];
  const before = state.open.get(index);
  const [open, parts] = beginBlock(state.nextBlock, content, event);
  const next = {
    ...state,
    open: new Map(state.open).set(index, open),
    nextBlock: state.nextBlock + 1,
    endsWithToolCall: open.kind === "tool-call",
  };
  return [next, before === undefined ? parts : [...endBlock(before), ...parts]];
}

function deltaBlock(state: DecoderState, event: JsonObject): Step {
  const { index, delta } = event;
  const open = typeof index === "number" ? state.open.get(index) : undefined;
  if (typeof index !== "number" || open === undefined || !isJsonObject(delta)) return [state, [opaqueEvent(event)]];
  const read = readDelta(open, delta);
  if (read === undefined) return [state, [opaqueEvent({ ...event, index: open.block })]];
  const [after, parts] = read;
  return [after === open ? state : { ...state, open: new Map(state.open).set(index, after) }, parts];
}

function stopBlock(state: DecoderState, event: JsonObject): Step {
  const { index } = event;
  const open = typeof index === "number" ? state.open.get(index) : undefined;
  if (typeof index !== "number" || open === undefined) return [state, []];
  const remaining = new Map(state.open);
  remaining.delete(index);
  return [{ ...state, open: remaining }, endBlock(open)];
}

/** A start event may carry whole blocks (a container's tool calls resume so): each is opened and closed at once. */
function startWithContent(state: DecoderState, content: readonly JsonValue[]): Step {
  let current: DecoderState = state;
  const parts: StreamPart[] = [];
  content.forEach((block, index) => {
    const [started, begun] = startBlock(current, { type: "content_block_start", index, content_block: block });
    const [stopped, ended] = stopBlock(started, { type: "content_block_stop", index });
    current = stopped;
    parts.push(...begun, ...ended);
  });
  return [current, parts];
}

/** A second start event, duplicated or spliced in by an upstream's own retry, goes on in the same answer with new blocks. */
function startMessage(state: DecoderState, event: JsonObject): Step {
  const message = isJsonObject(event.message) ? event.message : {};
  const isFirst = state.phase === "waiting";
  const [closed, ends] = closeAll(state);
  const rawUsage = mergeRawUsage(closed.usage, message.usage);
  const opened: DecoderState = {
    ...closed,
    phase: "open",
    usage: rawUsage,
    reason: message.stop_reason,
    sequence: message.stop_sequence,
    rest: Object.fromEntries(Object.entries(without(message, MESSAGE_FIELDS)).filter(([, value]) => value !== null)),
  };
  const usage = readUsage(rawUsage);
  const head: readonly StreamPart[] = isFirst
    ? [
        { type: "start", id: textOf(message.id), model: textOf(message.model) },
        ...(usage === undefined ? [] : [{ type: "usage", usage } as const]),
      ]
    : ends;
  const [next, parts] = startWithContent(opened, Array.isArray(message.content) ? message.content : []);
  return [next, [...head, ...parts]];
}

/** What a message says beyond the stop reason and the counts: `stop_details`, `container`, `context_management`. */
function residue(delta: JsonObject, members: JsonObject): readonly StreamPart[] {
  if (Object.keys(delta).length === 0 && Object.keys(members).length === 0) return [];
  const parts: StreamPart[] = [opaqueEvent({ type: "message_delta", delta, ...members })];
  const explanation = isJsonObject(delta.stop_details) ? textOf(delta.stop_details.explanation) : "";
  return explanation === "" ? parts : [...parts, { type: "refusal-delta", text: explanation }];
}

function deltaMessage(state: DecoderState, event: JsonObject): Step {
  const delta = isJsonObject(event.delta) ? event.delta : {};
  const next = {
    ...state,
    usage: mergeRawUsage(state.usage, event.usage),
    reason: delta.stop_reason ?? state.reason,
    sequence: delta.stop_sequence ?? state.sequence,
    rest: {},
  };
  const rest = { ...state.rest, ...without(delta, ["stop_reason", "stop_sequence"]) };
  return [next, residue(rest, without(event, ["type", "delta", "usage"]))];
}

function stopMessage(state: DecoderState): Step {
  const [closed, ends] = closeAll(state);
  const finish: FinishReason = readFinish(closed.reason, closed.sequence, closed.endsWithToolCall);
  const usage = readUsage(closed.usage);
  const last: StreamPart = { type: "finish", finish, ...(usage === undefined ? {} : { usage }) };
  return [{ ...closed, phase: "done" }, [...ends, ...residue(closed.rest, {}), last]];
}

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["message_start", startMessage],
  ["content_block_start", startBlock],
  ["content_block_delta", deltaBlock],
  ["content_block_stop", stopBlock],
  ["message_delta", deltaMessage],
  ["message_stop", stopMessage],
  ["ping", (state) => [state, []]],
  ["error", (state, event) => fail(state, { type: "error", fault: faultOfError(event.error) })],
]);

function step(state: DecoderState, event: WireEvent): Step {
  if (state.phase === "done" || event.data === "" || event.data === "[DONE]") return [state, []];
  const json = parseJson(event.data);
  if (!isJsonObject(json)) {
    const message = "an event of the stream is not a JSON object";
    return fail(state, { type: "error", fault: { kind: "garbage", message } });
  }
  const type = typeof json.type === "string" ? json.type : (event.event ?? "");
  const handler = HANDLERS.get(type);
  if (handler === undefined) return [state, [opaqueEvent(json)]];
  return handler(state, json);
}

/** Reads the events of a Messages stream. Unknown events and blocks pass as opaque parts; a missing `message_stop` is a truncation. */
export const decoder: StreamDecoder<DecoderState> = {
  initial: () => INITIAL,
  step,
  end: (state) => {
    if (state.phase === "done") return [];
    return [{ type: "error", fault: { kind: "truncated", message: "the stream ended without message_stop" } }];
  },
};
