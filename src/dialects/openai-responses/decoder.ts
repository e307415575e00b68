import { isJsonObject, type JsonObject, type JsonValue, objectIn, objectsIn, parseJson } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import type { StreamDecoder, WireEvent } from "../dialect.ts";
import {
  beginItem,
  continueCall,
  continueReasoning,
  continueRefusal,
  continueText,
  endItem,
  type ItemStep,
  type OpenItem,
  opaqueEvent,
} from "./decoder-item.ts";
import { faultOfError } from "./fault.ts";
import { textIn } from "./fields.ts";
import { decodeFinish } from "./finish.ts";
import { isClientCall } from "./reply.ts";
import { decodeUsage } from "./usage.ts";

/** Where a stream stands. `open` maps the wire's output index to its item; `seen` are the indexes that have begun. */
export interface DecoderState {
  readonly phase: "waiting" | "open" | "ended";
  readonly nextBlock: number;
  readonly open: ReadonlyMap<number, OpenItem>;
  readonly seen: ReadonlySet<number>;
  /** The tools of the request, as the provider repeats them. */
  readonly tools: JsonValue | undefined;
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

type Step = readonly [DecoderState, readonly StreamPart[]];
type Handler = (state: DecoderState, event: JsonObject) => Step;

const INITIAL: DecoderState = {
  phase: "waiting",
  nextBlock: 0,
  open: new Map(),
  seen: new Set(),
  tools: undefined,
  hasToolCall: false,
  hasRefusal: false,
};

function fail(state: DecoderState, fault: Extract<StreamPart, { type: "error" }>["fault"]): Step {
  return [{ ...state, phase: "ended" }, [{ type: "error", fault }]];
}

function numberIn(event: JsonObject, name: string): number {
  const value = event[name];
  return typeof value === "number" ? value : 0;
}

function apply(state: DecoderState, index: number, { item, parts, nextBlock }: ItemStep): Step {
  const hasRefusal = state.hasRefusal || parts.some(({ type }) => type === "refusal-delta");
  const open = state.open.get(index) === item ? state.open : new Map(state.open).set(index, item);
  return [{ ...state, open, nextBlock: Math.max(nextBlock, state.nextBlock), hasRefusal }, parts];
}

function addItem(state: DecoderState, index: number, item: JsonObject): Step {
  const begun = beginItem(item, isClientCall(item, state.tools), state.nextBlock);
  const [next, parts] = apply({ ...state, seen: new Set(state.seen).add(index) }, index, begun);
  const hasToolCall = state.hasToolCall || begun.item.kind === "call";
  const early = begun.item.kind === "call" ? textIn(item, "arguments") : "";
  const [after, more] = apply(next, index, continueCall(begun.item, early));
  return [{ ...after, hasToolCall }, [...parts, ...more]];
}

function closeItem(state: DecoderState, index: number, whole: JsonObject): Step {
  const item = state.open.get(index);
  if (item === undefined) return [state, []];
  const [next, parts] = apply(state, index, endItem(item, whole, state.nextBlock));
  const open = new Map(next.open);
  open.delete(index);
  return [{ ...next, open }, parts];
}

/** Ends all that is open; `output` holds the items as the terminal event repeats them. */
function closeAll(state: DecoderState, output: readonly JsonObject[]): Step {
  let current = state;
  const parts: StreamPart[] = [];
  for (const index of state.open.keys()) {
    const [next, more] = closeItem(current, index, output[index] ?? {});
    current = next;
    parts.push(...more);
  }
  return [current, parts];
}

/** A second `response.created`, spliced in by an upstream's own retry, goes on in the same answer with new blocks. */
function onCreated(state: DecoderState, event: JsonObject): Step {
  const response = objectIn(event, "response");
  const { created_at: createdAt, tools } = response;
  const [closed, ends] = closeAll(state, []);
  const opened: DecoderState = { ...closed, phase: "open", seen: new Set(), tools: tools ?? state.tools };
  if (state.phase === "open") return [opened, ends];
  const created = typeof createdAt === "number" ? { createdAtSeconds: createdAt } : {};
  return [opened, [{ type: "start", id: textIn(response, "id"), model: textIn(response, "model"), ...created }]];
}

function onItemAdded(state: DecoderState, event: JsonObject): Step {
  const index = numberIn(event, "output_index");
  if (!isJsonObject(event.item) || state.open.has(index)) return [state, []];
  return addItem(state, index, event.item);
}

function onItemDone(state: DecoderState, event: JsonObject): Step {
  const index = numberIn(event, "output_index");
  const { item } = event;
  if (!isJsonObject(item) || (state.seen.has(index) && !state.open.has(index))) return [state, []];
  const [added, begun] = state.open.has(index) ? [state, []] : addItem(state, index, item);
  const [done, ended] = closeItem(added, index, item);
  return [done, [...begun, ...ended]];
}

/** A handler of events that go on with an open item. */
function onItem(handle: (item: OpenItem, event: JsonObject, nextBlock: number) => ItemStep): Handler {
  return (state, event) => {
    const index = numberIn(event, "output_index");
    const item = state.open.get(index);
    return item === undefined ? [state, []] : apply(state, index, handle(item, event, state.nextBlock));
  };
}

/** Citations belong to the text that is open. */
function onAnnotation(state: DecoderState, event: JsonObject): Step {
  const item = state.open.get(numberIn(event, "output_index"));
  return item?.kind === "message" ? [state, [opaqueEvent(event, item.block)]] : [state, []];
}

/** Some servers send no item events at all: then the terminal event tells the items. */
function missedItems(state: DecoderState, output: readonly JsonObject[]): Step {
  let current = state;
  const parts: StreamPart[] = [];
  for (const [index, item] of output.entries()) {
    if (state.seen.size > 0) break;
    const [added, begun] = addItem(current, index, item);
    const [done, ended] = closeItem(added, index, item);
    current = done;
    parts.push(...begun, ...ended);
  }
  return [current, parts];
}

function onTerminal(state: DecoderState, event: JsonObject): Step {
  const response = objectIn(event, "response");
  const output = objectsIn(response, "output");
  const [closed, ends] = closeAll(state, output);
  const [whole, missed] = missedItems(closed, output);
  const usage = decodeUsage(response);
  const finish: StreamPart = {
    type: "finish",
    finish: decodeFinish(response, whole),
    ...(usage === undefined ? {} : { usage }),
  };
  return [{ ...whole, phase: "ended" }, [...ends, ...missed, finish]];
}

function onFailed(state: DecoderState, event: JsonObject): Step {
  const response = objectIn(event, "response");
  const message = `The upstream ended the response with the status ${textIn(response, "status") || "failed"}.`;
  return fail(state, faultOfError({ message, ...objectIn(response, "error") }));
}

/** An error event is nested (OpenAI's own servers) or flat (its published schema). */
function onError(state: DecoderState, event: JsonObject): Step {
  return fail(state, faultOfError(isJsonObject(event.error) ? event.error : event));
}

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["response.created", onCreated],
  ["response.output_item.added", onItemAdded],
  ["response.output_item.done", onItemDone],
  ["response.output_text.annotation.added", onAnnotation],
  [
    "response.output_text.delta",
    onItem((item, event, block) => continueText(item, numberIn(event, "content_index"), textIn(event, "delta"), block)),
  ],
  [
    "response.refusal.delta",
    onItem((item, event, block) =>
      continueRefusal(item, numberIn(event, "content_index"), textIn(event, "delta"), block),
    ),
  ],
  [
    "response.reasoning_summary_text.delta",
    onItem((item, event) =>
      continueReasoning(item, "summary", numberIn(event, "summary_index"), textIn(event, "delta")),
    ),
  ],
  [
    "response.reasoning_text.delta",
    onItem((item, event) => continueReasoning(item, "text", numberIn(event, "content_index"), textIn(event, "delta"))),
  ],
  ["response.function_call_arguments.delta", onItem((item, event) => continueCall(item, textIn(event, "delta")))],
  ["response.completed", onTerminal],
  ["response.incomplete", onTerminal],
  ["response.failed", onFailed],
  ["response.cancelled", onFailed],
  ["error", onError],
]);

/** Events without an item that say nothing a client needs: the resource again, and signs of life. */
const SILENT: ReadonlySet<string> = new Set(["response.in_progress", "response.queued", "keepalive", "ping"]);

/** What is known of an item's progress is told by the item itself; an event of another kind passes whole. */
function onUnknown(state: DecoderState, event: JsonObject, type: string): Step {
  if (SILENT.has(type) || typeof event.output_index === "number") return [state, []];
  return [state, [{ type: "opaque", dialect: "openai-responses", json: { ...event, type } }]];
}

function step(state: DecoderState, event: WireEvent): Step {
  if (state.phase === "ended" || event.data === "" || event.data === "[DONE]") return [state, []];
  const json = parseJson(event.data);
  if (!isJsonObject(json))
    return fail(state, { kind: "garbage", message: "An event of the upstream's stream is not a JSON object." });
  const type = textIn(json, "type") || (event.event ?? "");
  if (type === "" && isJsonObject(json.error)) return onError(state, json);
  return HANDLERS.get(type)?.(state, json) ?? onUnknown(state, json, type);
}

/** Reads a Responses stream by output index, since item ids rotate at some providers. A missing terminal event is a truncation. */
export const decoder: StreamDecoder<DecoderState> = {
  initial: () => INITIAL,
  step,
  end: (state) => {
    if (state.phase === "ended") return [];
    const message = "The upstream closed the stream before response.completed.";
    return [{ type: "error", fault: { kind: "truncated", message } }];
  },
};
