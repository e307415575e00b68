import type { FinishReason } from "../../core/reply.ts";

/** The words of the Messages format and its betas. */
const UNIFIED: ReadonlyMap<string, FinishReason["unified"]> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["pause_turn", "pause"],
  ["compaction", "pause"],
  ["refusal", "refusal"],
]);

const OWN_WORD: Readonly<Record<FinishReason["unified"], string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  refusal: "refusal",
  pause: "pause_turn",
  other: "end_turn",
};

/**
 * Reads `stop_reason` and `stop_sequence`. A turn that ends with a tool call and says `end_turn` has stopped for it all the same; calls
 * made inside a container stand before the text that ends such a turn, and need no result.
 */
export function readFinish(reason: unknown, sequence: unknown, endsWithToolCall: boolean): FinishReason {
  const raw = typeof reason === "string" ? reason : null;
  const unified = UNIFIED.get(raw ?? "") ?? "other";
  return {
    unified: unified === "stop" && endsWithToolCall ? "tool-calls" : unified,
    raw,
    ...(typeof sequence === "string" ? { stopSequence: sequence } : {}),
  };
}

/** `stop_reason` and `stop_sequence` for an answer. `seen` corrects the plain `stop` of dialects that say no more. */
export function writeFinish(
  finish: FinishReason,
  seen: { readonly hasToolCall: boolean; readonly hasRefusal: boolean },
): { readonly stop_reason: string; readonly stop_sequence: string | null } {
  const stop_sequence = finish.stopSequence ?? null;
  if (finish.raw !== null && UNIFIED.get(finish.raw) === finish.unified)
    return { stop_reason: finish.raw, stop_sequence };
  if (finish.unified === "stop" && seen.hasToolCall) return { stop_reason: "tool_use", stop_sequence };
  if (finish.unified === "stop" && seen.hasRefusal) return { stop_reason: "refusal", stop_sequence };
  if (finish.unified === "stop" && stop_sequence !== null) return { stop_reason: "stop_sequence", stop_sequence };
  return { stop_reason: OWN_WORD[finish.unified], stop_sequence };
}
