import { type JsonObject, objectIn, parseJson } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import { type KnownCall, placeCall } from "./chunk.ts";
import { stringIn } from "./fields.ts";
import { mintToolId } from "./tool-id.ts";

/** A call whose arguments are coming in. */
interface Call {
  readonly ordinal: number;
  readonly id: string;
  readonly name: string;
  readonly signature: string | undefined;
  readonly arguments: string;
}

/** The tool calls of a stream: one is live and goes out as it comes, later ones wait when they began too early. */
export interface OpenCalls {
  readonly known: readonly KnownCall[];
  readonly live: (Call & { readonly block: number }) | undefined;
  readonly waiting: readonly Call[];
}

/** The calls of a stream that has none. */
export const NO_CALLS: OpenCalls = { known: [], live: undefined, waiting: [] };

type Advance = readonly [OpenCalls, nextBlock: number];

function startPart(call: Call, block: number): StreamPart {
  const signature = call.signature === undefined ? {} : { signature: call.signature };
  return { type: "tool-call-start", block, id: call.id, name: call.name, ...signature };
}

function goLive(calls: OpenCalls, call: Call, block: number, parts: StreamPart[]): Advance {
  parts.push(startPart(call, block));
  if (call.arguments !== "") parts.push({ type: "tool-call-delta", block, arguments: call.arguments });
  return [{ ...calls, live: { ...call, block } }, block + 1];
}

/** Ends the live call and sends the waiting ones whole. */
export function endCalls(calls: OpenCalls, nextBlock: number, parts: StreamPart[]): Advance {
  let current: OpenCalls = calls;
  let block = nextBlock;
  for (const call of calls.waiting) {
    if (current.live !== undefined) parts.push({ type: "tool-call-end", block: current.live.block });
    [current, block] = goLive(current, call, block, parts);
  }
  if (current.live !== undefined) parts.push({ type: "tool-call-end", block: current.live.block });
  return [{ known: calls.known, live: undefined, waiting: [] }, block];
}

function callOf(delta: JsonObject, ordinal: number, answerId: string): Call {
  const fn = objectIn(delta, "function");
  const custom = objectIn(delta, "custom");
  const google = objectIn(objectIn(delta, "extra_content"), "google");
  return {
    ordinal,
    id: stringIn(delta, "id") || mintToolId(answerId, ordinal),
    name: stringIn(fn, "name") ?? stringIn(custom, "name") ?? "",
    signature: stringIn(google, "thought_signature"),
    arguments: argumentsOf(delta),
  };
}

/** Argument text of a delta; some servers send whole arguments as an object. */
function argumentsOf(delta: JsonObject): string {
  const args = objectIn(delta, "function").arguments;
  if (typeof args === "string") return args;
  if (args !== undefined && args !== null) return JSON.stringify(args);
  return stringIn(objectIn(delta, "custom"), "input") ?? "";
}

function startCall(calls: OpenCalls, call: Call, nextBlock: number, parts: StreamPart[]): Advance {
  const { live } = calls;
  if (live === undefined) return goLive(calls, call, nextBlock, parts);
  const isLiveWhole = calls.waiting.length === 0 && parseJson(live.arguments) !== undefined;
  if (!isLiveWhole) return [{ ...calls, waiting: [...calls.waiting, call] }, nextBlock];
  parts.push({ type: "tool-call-end", block: live.block });
  return goLive({ ...calls, live: undefined }, call, nextBlock, parts);
}

function continueCall(calls: OpenCalls, ordinal: number, text: string, parts: StreamPart[]): OpenCalls {
  const { live } = calls;
  if (text === "") return calls;
  if (live?.ordinal === ordinal) {
    parts.push({ type: "tool-call-delta", block: live.block, arguments: text });
    return { ...calls, live: { ...live, arguments: live.arguments + text } };
  }
  const grow = (call: Call): Call => (call.ordinal === ordinal ? { ...call, arguments: call.arguments + text } : call);
  return { ...calls, waiting: calls.waiting.map(grow) };
}

/**
 * Takes one entry of `delta.tool_calls`. A new call goes live at once when the one before it is whole JSON; otherwise the two
 * may be interleaved, and the new one waits until the end, so that blocks never overlap.
 */
export function decodeCallDelta(
  calls: OpenCalls,
  delta: JsonObject,
  nextBlock: number,
  answerId: string,
  parts: StreamPart[],
): Advance {
  const place = placeCall(calls.known, delta);
  const current: OpenCalls = { ...calls, known: place.calls };
  if (place.isNew) return startCall(current, callOf(delta, place.ordinal, answerId), nextBlock, parts);
  return [continueCall(current, place.ordinal, argumentsOf(delta), parts), nextBlock];
}
