import { isJsonObject, parseJson } from "../../src/core/json.ts";
import type { WireEvent } from "../../src/dialects/dialect.ts";
import { createStreamSplitter } from "../../src/dialects/framing.ts";
import { decodeWith } from "./codec.ts";
import { CLIENTS } from "./matrix-clients.ts";
import { COST, dialectOf, encodeAll, INBOUND, type Spoken, STAMP } from "./matrix-codec.ts";
import type { Upstream } from "./matrix-upstreams.ts";

const SHARES = [0.1, 0.3, 0.5, 0.7, 0.9];

function isError(inbound: Spoken, event: WireEvent | undefined): boolean {
  const json = parseJson(event?.data ?? "");
  if (!isJsonObject(json)) return false;
  if (inbound === "ollama") return typeof json.error === "string" && json.error !== "";
  if (inbound === "openai-responses") return event?.event === "response.failed" && isJsonObject(json.response);
  const hasMessage = isJsonObject(json.error) && typeof json.error.message === "string";
  if (inbound === "gemini") return hasMessage && isJsonObject(json.error) && typeof json.error.code === "number";
  return hasMessage && (inbound === "openai-chat" || (event?.event === "error" && json.type === "error"));
}

/** How each cut of a stream ends, cut after every event: the kinds of last parts, and the inbound dialects whose end is wrong. */
export function cutEverywhere({ dialect, events }: Upstream): { faults: number; wrong: readonly string[] } {
  const { decoder } = dialectOf[dialect];
  const encodings = INBOUND.map((inbound) => ({ inbound, state: dialectOf[inbound].encoder.initial(STAMP) }));
  const wrong: string[] = [];
  let decoding = decoder.initial();
  let faults = 0;
  for (const [index, event] of events.entries()) {
    const [next, parts] = decoder.step(decoding, event);
    decoding = next;
    for (const encoding of encodings) {
      for (const part of parts)
        encoding.state = dialectOf[encoding.inbound].encoder.step(encoding.state, part, COST)[0];
    }
    if (parts.some(({ type }) => type === "finish" || type === "error")) return { faults, wrong };
    const [last, ...others] = decoder.end(decoding).filter(({ type }) => type === "finish" || type === "error");
    if (last === undefined || others.length > 0) wrong.push(`no single end after event ${index}`);
    if (last?.type !== "error") continue;
    faults += 1;
    for (const { inbound, state } of encodings) {
      const end = dialectOf[inbound].encoder.step(state, last)[1];
      if (!isError(inbound, end.at(-1))) wrong.push(`${inbound} after event ${index}`);
    }
  }
  return { faults, wrong };
}

/** Whether a stream fed byte by byte gives the parts that it gives whole. */
export function isSameBytewise({ dialect, wire, events }: Upstream): boolean {
  const bytes = new TextEncoder().encode(wire);
  const splitter = createStreamSplitter(dialectOf[dialect].framing);
  const frames = Array.from(bytes, (_, index) => splitter.push(bytes.subarray(index, index + 1)).frames).flat();
  const split = [...frames, ...splitter.end().frames].map(({ event }) => event);
  return Bun.deepEquals(decodeWith(dialectOf[dialect], split), decodeWith(dialectOf[dialect], events));
}

/** A stream cut at five places, in every inbound dialect: how often, and what the official client took for whole. */
export async function cutForClients(
  upstream: Upstream,
  seed: number,
): Promise<{ cuts: number; accepted: readonly string[] }> {
  const { dialect, events, recording } = upstream;
  const { faults } = cutEverywhere(upstream);
  const accepted: string[] = [];
  let cuts = 0;
  for (const place of new Set(SHARES.map((share) => Math.ceil(share * faults)))) {
    const parts = decodeWith(dialectOf[dialect], events.slice(0, place));
    for (const inbound of INBOUND) {
      const outcome = CLIENTS[inbound](encodeAll(dialectOf[inbound], parts), seed + place);
      const isAccepted = await outcome.then(() => true).catch(() => false);
      cuts += 1;
      if (isAccepted) accepted.push(`${recording.file} > ${inbound} cut after ${place}`);
    }
  }
  return { cuts, accepted };
}
