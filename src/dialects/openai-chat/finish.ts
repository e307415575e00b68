import type { FinishReason } from "../../core/reply.ts";

/** Words that providers of this dialect say, beside OpenAI's own: Mistral, DeepSeek, OpenRouter, xAI. */
const UNIFIED: Readonly<Record<string, FinishReason["unified"]>> = {
  stop: "stop",
  end_turn: "stop",
  eos: "stop",
  stop_sequence: "stop",
  length: "length",
  max_tokens: "length",
  model_length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  sensitive: "content-filter",
  refusal: "refusal",
};

/** What the answer held besides its finish word, as far as it decides what the word means. */
export interface FinishContext {
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

/** The provider's finish word in the normal form. `stop` beside a tool call means tool calls, beside a refusal a refusal. */
export function decodeFinish(raw: string | null, context: FinishContext): FinishReason {
  const word = raw === null ? "stop" : (UNIFIED[raw] ?? "other");
  if (word === "stop" && context.hasToolCall) return { unified: "tool-calls", raw };
  if (word === "stop" && context.hasRefusal) return { unified: "refusal", raw };
  return { unified: word, raw };
}

/** The finish word of this dialect. */
export function encodeFinish(finish: FinishReason): string {
  switch (finish.unified) {
    case "stop":
    case "pause":
      return "stop";
    case "length":
      return "length";
    case "tool-calls":
      return finish.raw === "function_call" ? "function_call" : "tool_calls";
    case "content-filter":
      return "content_filter";
    case "refusal":
      return finish.raw === "stop" ? "stop" : "content_filter";
    case "other":
      return finish.raw ?? "stop";
  }
}
