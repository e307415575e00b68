import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../src/core/json.ts";
import type { StreamPart } from "../../src/core/reply.ts";
import type { CostStamp } from "../../src/core/stamp.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../../src/dialects/dialect.ts";
import { createStreamSplitter } from "../../src/dialects/framing.ts";

/** A paid answer of `target`. */
export function costOf(target: string): CostStamp {
  return {
    costNanoUsd: 1_234_000,
    reason: null,
    inputNanoUsd: 234_000,
    outputNanoUsd: 1_000_000,
    savedNanoUsd: null,
    usageSource: "provider",
    priceId: target,
    target,
    requestId: "req_1",
  };
}

/** A value as it comes off the wire: no `undefined`, no `-0`. */
export function overTheWire(value: unknown): JsonValue {
  return parseJson(JSON.stringify(value)) ?? null;
}

/** The object that must stand in this place. */
export function objectAt(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

/** The objects of a list that must stand in this place. */
export function listAt(value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value)}`);
  return value.map(objectAt);
}

/** All parts of a stream; with `isCut` the upstream closes after the last event given. */
export function decodeWith(
  { decoder }: Pick<Dialect, "decoder">,
  events: readonly WireEvent[],
  isCut = true,
): readonly StreamPart[] {
  let state = decoder.initial();
  const parts: StreamPart[] = [];
  for (const event of events) {
    const [next, more] = decoder.step(state, event);
    state = next;
    parts.push(...more);
  }
  return isCut ? [...parts, ...decoder.end(state)] : parts;
}

/** The events a client gets for these parts; the cost comes with the finish. */
export function encodeWith(
  { encoder }: Pick<Dialect, "encoder">,
  parts: readonly StreamPart[],
  stamp: ReplyStamp,
  cost: CostStamp,
): readonly WireEvent[] {
  let state = encoder.initial(stamp);
  const events: WireEvent[] = [];
  for (const part of parts) {
    const [next, more] = encoder.step(state, part, part.type === "finish" ? cost : undefined);
    state = next;
    events.push(...more);
  }
  return events;
}

/** What a client gets through the relay, as in the gateway: the decoder runs beside, the cost comes in the step that completes the answer. */
export function relayWith(
  { decoder, relay }: Pick<Dialect, "decoder" | "relay">,
  events: readonly WireEvent[],
  stamp: ReplyStamp,
  cost: CostStamp,
): readonly WireEvent[] {
  let decoding = decoder.initial();
  let relaying = relay.initial(stamp);
  const isFinish = ({ type }: StreamPart): boolean => type === "finish";
  const out: WireEvent[] = [];
  for (const event of events) {
    const [decoded, parts] = decoder.step(decoding, event);
    const [relayed, more] = relay.step(relaying, event, parts.some(isFinish) ? cost : undefined);
    decoding = decoded;
    relaying = relayed;
    out.push(...more);
  }
  return [...out, ...relay.end(relaying, decoder.end(decoding).some(isFinish) ? cost : undefined)];
}

/** The events of a stream on the wire, its bytes fed in pieces that end at `cuts`. */
export function splitBytes(
  wire: Uint8Array | string,
  cuts: readonly number[],
  framing: Dialect["framing"] = "sse",
): readonly WireEvent[] {
  const bytes = typeof wire === "string" ? new TextEncoder().encode(wire) : wire;
  const splitter = createStreamSplitter(framing);
  const ends = [...cuts, bytes.length];
  const frames = ends.flatMap((end, index) => splitter.push(bytes.subarray(ends[index - 1] ?? 0, end)).frames);
  return [...frames, ...splitter.end().frames].map(({ event }) => event);
}
