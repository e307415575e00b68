import type { JsonValue } from "../../core/json.ts";
import type { FinishReason } from "../../core/reply.ts";

/** Ollama's `done_reason` for each reason of ours. Its own server says `stop` for tool calls; the last three words are ours. */
const DONE_REASONS: Readonly<Record<FinishReason["unified"], string>> = {
  stop: "stop",
  length: "length",
  "tool-calls": "stop",
  other: "stop",
  "content-filter": "content_filter",
  refusal: "refusal",
  pause: "pause",
};

const UNIFIED: ReadonlyMap<string, FinishReason["unified"]> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool-calls"],
  ["content_filter", "content-filter"],
  ["refusal", "refusal"],
  ["pause", "pause"],
]);

/** Why the model stopped. With a tool call in the answer `stop` means that call: Ollama has no word for it. */
export function decodeDoneReason(reason: JsonValue | undefined, hasToolCalls: boolean): FinishReason {
  const raw = typeof reason === "string" && reason !== "" ? reason : null;
  const unified = raw === null ? "stop" : (UNIFIED.get(raw) ?? "other");
  return { unified: unified === "stop" && hasToolCalls ? "tool-calls" : unified, raw };
}

/** `done_reason` of a finish; `load` and `unload` stay what they are. */
export function encodeDoneReason(finish: FinishReason): string {
  if (finish.unified === "other" && (finish.raw === "load" || finish.raw === "unload")) return finish.raw;
  return DONE_REASONS[finish.unified];
}
