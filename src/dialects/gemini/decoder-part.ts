import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import { inCamelCase, stringIn } from "./fields.ts";
import { applyPartialArgs } from "./partial-args.ts";
import { mintToolCallId } from "./tool-id.ts";

/** A block that has started and not ended. */
type OpenBlock =
  | { readonly kind: "text"; readonly block: number }
  | { readonly kind: "reasoning"; readonly block: number; readonly signature?: string }
  | { readonly kind: "tool-call"; readonly block: number; readonly args: JsonObject };

/** Where the blocks of a stream stand. */
export interface BlockState {
  readonly open: OpenBlock | undefined;
  readonly nextBlock: number;
  /** Seed and count for the ids of calls that come without one. */
  readonly answerId: string;
  readonly callCount: number;
}

type Step<State> = readonly [State, readonly StreamPart[]];

function endOf(open: OpenBlock): readonly StreamPart[] {
  const { block } = open;
  if (open.kind === "text") return [{ type: "text-end", block }];
  if (open.kind === "reasoning") {
    return [{ type: "reasoning-end", block, ...(open.signature === undefined ? {} : { signature: open.signature }) }];
  }
  return [
    { type: "tool-call-delta", block, arguments: JSON.stringify(open.args) },
    { type: "tool-call-end", block },
  ];
}

/** Ends the open block, if any. */
export function closeBlock<State extends BlockState>(state: State): Step<State> {
  if (state.open === undefined) return [state, []];
  return [{ ...state, open: undefined }, endOf(state.open)];
}

/** A piece of text or thought, in the block it continues or in a new one. An empty piece opens nothing. */
function readText<State extends BlockState>(state: State, part: JsonObject, text: string): Step<State> {
  const kind = part.thought === true ? "reasoning" : "text";
  const signature = stringIn(part, "thoughtSignature");
  const isSigned = kind === "reasoning" && signature !== undefined;
  const isNew = state.open?.kind !== kind;
  if (text === "" && !isSigned) return [state, []];
  const [closed, ends] = isNew ? closeBlock(state) : [state, []];
  const block = isNew ? closed.nextBlock : (closed.open?.block ?? 0);
  const open: OpenBlock = kind === "text" ? { kind, block } : { kind, block, ...(isSigned ? { signature } : {}) };
  const start: readonly StreamPart[] = isNew
    ? [kind === "text" ? { type: "text-start", block } : { type: "reasoning-start", block }]
    : [];
  const delta: readonly StreamPart[] =
    text === ""
      ? []
      : [kind === "text" ? { type: "text-delta", block, text } : { type: "reasoning-delta", block, text }];
  const next = { ...closed, open, nextBlock: isNew ? closed.nextBlock + 1 : closed.nextBlock };
  return [next, [...ends, ...start, ...delta]];
}

function startCall<State extends BlockState>(
  state: State,
  part: JsonObject,
  call: JsonObject,
  name: string,
): Step<State> {
  const [closed, ends] = closeBlock(state);
  const block = closed.nextBlock;
  const signature = stringIn(part, "thoughtSignature");
  const start: StreamPart = {
    type: "tool-call-start",
    block,
    id: stringIn(call, "id") ?? mintToolCallId(closed.answerId, closed.callCount),
    name,
    ...(signature === undefined ? {} : { signature }),
  };
  const given = isJsonObject(call.args) ? call.args : {};
  const open: OpenBlock = { kind: "tool-call", block, args: applyPartialArgs(given, call) };
  const next = { ...closed, open, nextBlock: block + 1, callCount: closed.callCount + 1 };
  return [next, [...ends, start]];
}

/** A call comes whole, or (`willContinue`) in pieces of which the first has its name and an empty one may be the last. */
function readCall<State extends BlockState>(state: State, part: JsonObject, call: JsonObject): Step<State> {
  const name = stringIn(call, "name");
  const [started, parts] = name === undefined ? [state, []] : startCall(state, part, call, name);
  const { open } = started;
  if (open?.kind !== "tool-call") return [started, parts];
  const grown =
    name === undefined ? { ...started, open: { ...open, args: applyPartialArgs(open.args, call) } } : started;
  if (call.willContinue === true) return [grown, parts];
  const [closed, ends] = closeBlock(grown);
  return [closed, [...parts, ...ends]];
}

/** A part that only this dialect knows, or the signature of a text, which no other has a place for. */
function opaque(json: JsonObject): StreamPart {
  return { type: "opaque", dialect: "gemini", json: { part: json } };
}

/** Reads one part of a streamed candidate. */
export function readStreamPart<State extends BlockState>(state: State, given: JsonValue): Step<State> {
  if (!isJsonObject(given)) return [state, []];
  const part = inCamelCase(given, ["functionCall", "thoughtSignature"]);
  if (isJsonObject(part.functionCall)) return readCall(state, part, part.functionCall);
  if (typeof part.text !== "string") {
    const [closed, ends] = closeBlock(state);
    return [closed, [...ends, opaque(part)]];
  }
  const [next, parts] = readText(state, part, part.text);
  const rest = without(part, ["text", "thought", ...(part.thought === true ? ["thoughtSignature"] : [])]);
  if (Object.keys(rest).length === 0) return [next, parts];
  const [closed, ends] = closeBlock(next);
  return [closed, [...parts, ...ends, opaque({ text: "", ...rest })]];
}
