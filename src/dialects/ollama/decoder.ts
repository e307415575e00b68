import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import type { StreamDecoder, WireEvent } from "../dialect.ts";
import { faultOfBody } from "./fault.ts";
import { decodeDoneReason } from "./finish.ts";
import { speechOf } from "./line.ts";
import { createdAtOf, replyIdOf, toolCallsOf } from "./reply.ts";
import { decodeUsage } from "./usage.ts";

/** What the decoder remembers between lines. */
export interface OllamaDecoderState {
  readonly phase: "before" | "running" | "over";
  /** The block that is being spoken. */
  readonly open: { readonly kind: "text" | "reasoning"; readonly block: number } | null;
  readonly blockCount: number;
  readonly toolCallCount: number;
}

type Step = readonly [OllamaDecoderState, readonly StreamPart[]];

const INITIAL: OllamaDecoderState = { phase: "before", open: null, blockCount: 0, toolCallCount: 0 };

function fail(state: OllamaDecoderState, fault: Fault): Step {
  return [{ ...state, phase: "over" }, [{ type: "error", fault }]];
}

function start(state: OllamaDecoderState, line: JsonObject): Step {
  if (state.phase !== "before") return [state, []];
  const model = typeof line.model === "string" ? line.model : "";
  return [{ ...state, phase: "running" }, [{ type: "start", id: replyIdOf(line), model, ...createdAtOf(line) }]];
}

function close(state: OllamaDecoderState): Step {
  if (state.open === null) return [state, []];
  const { kind, block } = state.open;
  return [{ ...state, open: null }, [{ type: `${kind}-end`, block }]];
}

function speak(state: OllamaDecoderState, kind: "text" | "reasoning", text: unknown): Step {
  if (typeof text !== "string" || text === "") return [state, []];
  if (state.open?.kind === kind) return [state, [{ type: `${kind}-delta`, block: state.open.block, text }]];
  const [closed, ends] = close(state);
  const block = closed.blockCount;
  return [
    { ...closed, open: { kind, block }, blockCount: block + 1 },
    [...ends, { type: `${kind}-start`, block }, { type: `${kind}-delta`, block, text }],
  ];
}

/** Ollama streams each call whole, with its arguments as an object. */
function callTools(state: OllamaDecoderState, speech: JsonObject, line: JsonObject): Step {
  const calls = toolCallsOf(speech, line, state.toolCallCount);
  if (calls.length === 0) return [state, []];
  const [closed, ends] = close(state);
  const parts = calls.flatMap(({ id, name, arguments: input }, index): readonly StreamPart[] => {
    const block = closed.blockCount + index;
    return [
      { type: "tool-call-start", block, id, name },
      { type: "tool-call-delta", block, arguments: input },
      { type: "tool-call-end", block },
    ];
  });
  const blockCount = closed.blockCount + calls.length;
  return [{ ...closed, blockCount, toolCallCount: state.toolCallCount + calls.length }, [...ends, ...parts]];
}

function finish(state: OllamaDecoderState, line: JsonObject): Step {
  if (line.done !== true) return [state, []];
  const [closed, ends] = close(state);
  const usage = decodeUsage(line);
  const reason = decodeDoneReason(line.done_reason, state.toolCallCount > 0);
  const part: StreamPart = { type: "finish", finish: reason, ...(usage === undefined ? {} : { usage }) };
  return [{ ...closed, phase: "over" }, [...ends, part]];
}

function readLine(state: OllamaDecoderState, line: JsonObject): Step {
  const speech = speechOf(line);
  const readings: readonly ((before: OllamaDecoderState) => Step)[] = [
    (before) => start(before, line),
    (before) => speak(before, "reasoning", speech.thinking),
    (before) => speak(before, "text", speech.content),
    (before) => callTools(before, speech, line),
    (before) => finish(before, line),
  ];
  const parts: StreamPart[] = [];
  let current = state;
  for (const reading of readings) {
    const [next, more] = reading(current);
    current = next;
    parts.push(...more);
  }
  return [current, parts];
}

function step(state: OllamaDecoderState, event: WireEvent): Step {
  if (state.phase === "over") return [state, []];
  const line = parseJson(event.data);
  if (!isJsonObject(line)) {
    return fail(state, { kind: "garbage", message: "a line of Ollama's stream is not a JSON object" });
  }
  const fault = faultOfBody(line);
  return fault === undefined ? readLine(state, line) : fail(state, fault);
}

/** Reads the lines of `/api/chat` and `/api/generate` alike. The line with `done: true` ends the answer; without it, it was cut. */
export const decoder: StreamDecoder<OllamaDecoderState> = {
  initial: () => INITIAL,
  step,
  end: ({ phase }) =>
    phase === "over"
      ? []
      : [{ type: "error", fault: { kind: "truncated", message: "Ollama's stream ended without its last line" } }],
};
