import type { StreamPart } from "../../src/core/reply.ts";
import type { CostStamp } from "../../src/core/stamp.ts";
import { DIALECTS } from "../../src/dialects/_all.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../../src/dialects/dialect.ts";
import { writeNdjson } from "../../src/dialects/ndjson.ts";
import { writeSse } from "../../src/dialects/sse.ts";
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

/** The parts of a whole stream. */
export function decodeAll(dialect: Dialect, events: readonly WireEvent[]): readonly StreamPart[] {
  let state = dialect.decoder.initial();
  const parts: StreamPart[] = [];
  for (const event of events) {
    const [next, more] = dialect.decoder.step(state, event);
    state = next;
    parts.push(...more);
  }
  return [...parts, ...dialect.decoder.end(state)];
}

/** The wire text of a whole stream. */
export function encodeAll(dialect: Dialect, parts: readonly StreamPart[]): string {
  let state = dialect.encoder.initial(STAMP);
  const events: WireEvent[] = [];
  for (const part of parts) {
    const [next, more] = dialect.encoder.step(state, part, part.type === "finish" ? COST : undefined);
    state = next;
    events.push(...more);
  }
  return events.map(dialect.framing === "sse" ? writeSse : writeNdjson).join("");
}

/** The way of a request whose upstream speaks the client's own dialect. */
export function relayAll(dialect: Dialect, events: readonly WireEvent[]): string {
  let decoding = dialect.decoder.initial();
  let relaying = dialect.relay.initial(STAMP);
  const out: WireEvent[] = [];
  for (const event of events) {
    const [decoded, parts] = dialect.decoder.step(decoding, event);
    const cost = parts.some(({ type }) => type === "finish") ? COST : undefined;
    const [relayed, more] = dialect.relay.step(relaying, event, cost);
    decoding = decoded;
    relaying = relayed;
    out.push(...more);
  }
  const isFinished = dialect.decoder.end(decoding).some(({ type }) => type === "finish");
  out.push(...dialect.relay.end(relaying, isFinished ? COST : undefined));
  return out.map(dialect.framing === "sse" ? writeSse : writeNdjson).join("");
}
