import type { FinishReason } from "../../core/reply.ts";

/** `finishReason` of a candidate and `blockReason` of a prompt. Source: ai.google.dev/api/generate-content#FinishReason. */
const UNIFIED: ReadonlyMap<string, FinishReason["unified"]> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  // The limit of one request; the client may go on with the candidate's `continuationToken`.
  ["CONTINUATION", "length"],
  ["SAFETY", "content-filter"],
  ["RECITATION", "content-filter"],
  ["LANGUAGE", "content-filter"],
  ["BLOCKLIST", "content-filter"],
  ["PROHIBITED_CONTENT", "content-filter"],
  ["SPII", "content-filter"],
  ["IMAGE_SAFETY", "content-filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content-filter"],
  ["IMAGE_RECITATION", "content-filter"],
]);

const OWN_WORD: Readonly<Record<FinishReason["unified"], string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  "tool-calls": "STOP",
  "content-filter": "SAFETY",
  refusal: "SAFETY",
  pause: "STOP",
  other: "OTHER",
};

/** Reads `finishReason`: `STOP` also ends an answer that calls tools. */
export function readFinish(raw: string, hasToolCall: boolean): FinishReason {
  const unified = UNIFIED.get(raw) ?? "other";
  return { unified: unified === "stop" && hasToolCall ? "tool-calls" : unified, raw };
}

/** What `promptFeedback.blockReason` means: the prompt was refused, and there is no candidate. */
export function readBlock(reason: string): FinishReason {
  return { unified: "content-filter", raw: reason };
}

/** `finishReason` for an answer: the provider's own word where it is one of this dialect. */
export function writeFinish(finish: FinishReason): string {
  const { unified, raw } = finish;
  const isOwn = raw !== null && /^[A-Z][A-Z_]+$/.test(raw);
  const known = UNIFIED.get(raw ?? "");
  if (isOwn && (known === unified || (known === undefined && unified === "other"))) return raw;
  return OWN_WORD[unified];
}
