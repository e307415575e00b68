import type { ChatRequest } from "../core/request.ts";
import { textOfRequest } from "../core/request-text.ts";
import { estimateTokens, type Usage } from "../core/usage.ts";

/** A usage made from text lengths, for answers without counts of the provider. */
export function estimateUsage(request: ChatRequest, outputTokens: number): Usage {
  return {
    input: { uncached: estimateTokens(textOfRequest(request)), cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: outputTokens, reasoning: 0 },
    raw: null,
  };
}

/** Counts the tokens of a text that arrives in pieces, holding only a bounded tail of it. */
export interface RunningEstimate {
  add(piece: string): void;
  tokens(): number;
}

const FOLD_AT = 8_192;

/** An empty running estimate. */
export function createRunningEstimate(): RunningEstimate {
  let folded = 0;
  let tail = "";
  return {
    add(piece) {
      tail += piece;
      if (tail.length < FOLD_AT) return;
      folded += estimateTokens(tail);
      tail = "";
    },
    tokens: () => folded + estimateTokens(tail),
  };
}
