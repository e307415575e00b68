import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { ChatRequest } from "../../../src/core/request.ts";
import type { CostStamp } from "../../../src/core/stamp.ts";
import type { ReplyStamp } from "../../../src/dialects/dialect.ts";
import { decoder } from "../../../src/dialects/ollama/decoder.ts";
import { decodeWith } from "../codec.ts";

/** What answers are stamped with in these tests. */
export const STAMP: ReplyStamp = {
  requestedModel: "coder",
  requestId: "req_1",
  nowMs: Date.UTC(2026, 10, 22, 18, 0, 0),
  streamUsage: true,
};

/** A paid answer. */
export const COST: CostStamp = {
  costNanoUsd: 1_500_000,
  reason: null,
  inputNanoUsd: 500_000,
  outputNanoUsd: 1_000_000,
  savedNanoUsd: null,
  usageSource: "provider",
  priceId: "p1",
  target: "anthropic/claude",
  requestId: "req_1",
} as CostStamp;

/** The lines of a reply captured from a real Ollama 0.24. */
export function captured(name: string): readonly string[] {
  const text = readFileSync(join(import.meta.dir, "captures", `${name}.ndjson`), "utf8");
  return text.split("\n").filter((line) => line !== "");
}

/** A request with nothing but what a test names. */
export function chatRequest(more: Partial<ChatRequest>): ChatRequest {
  return { model: "coder", messages: [], stream: true, ...more };
}

/** All parts of a stream of lines, with what its end adds. */
export function decodeLines(lines: readonly (string | JsonObject)[]): readonly StreamPart[] {
  const events = lines.map((line) => ({ data: typeof line === "string" ? line : JSON.stringify(line) }));
  return decodeWith({ decoder }, events);
}
