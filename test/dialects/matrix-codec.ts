import type { StreamPart } from "../../src/core/reply.ts";
import type { CostStamp } from "../../src/core/stamp.ts";
import { DIALECTS } from "../../src/dialects/_all.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../../src/dialects/dialect.ts";
import { writeNdjson } from "../../src/dialects/ndjson.ts";
import { writeSse } from "../../src/dialects/sse.ts";
import { encodeWith, relayWith } from "./codec.ts";
import type { CLIENTS } from "./matrix-clients.ts";

/** The dialects that a client may speak. */
export type Spoken = keyof typeof CLIENTS;

/** The dialects that a client may speak, in the order of the table. */
export const INBOUND = ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"] as const;

/** How every answer of the matrix is stamped. */
export const STAMP: ReplyStamp = {
  requestedModel: "asked",
  requestId: "req_1",
  nowMs: 1_795_000_000_000,
  streamUsage: true,
};
/** What every answer of the matrix costs: 0.000001 USD. */
export const COST = {
  costNanoUsd: 1000,
  reason: null,
  inputNanoUsd: 400,
  outputNanoUsd: 600,
  savedNanoUsd: null,
  usageSource: "provider",
  priceId: "p",
  target: "x/y",
  requestId: "req_1",
} as CostStamp;

/** State is opaque to whoever drives a codec. */
export const dialectOf: Readonly<Record<Spoken, Dialect>> = DIALECTS;

function wireOf({ framing }: Dialect, events: readonly WireEvent[]): string {
  return events.map(framing === "sse" ? writeSse : writeNdjson).join("");
}

/** The wire text of a whole stream. */
export function encodeAll(dialect: Dialect, parts: readonly StreamPart[]): string {
  return wireOf(dialect, encodeWith(dialect, parts, STAMP, COST));
}

/** The way of a request whose upstream speaks the client's own dialect. */
export function relayAll(dialect: Dialect, events: readonly WireEvent[]): string {
  return wireOf(dialect, relayWith(dialect, events, STAMP, COST));
}
