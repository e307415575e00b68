import type { Fault } from "../../../src/core/fault.ts";
import { failure, type Result, success } from "../../../src/core/result.ts";
import type { Clock } from "../../../src/host/clock.ts";
import { faultOfAbort } from "../../../src/host/upstream/fault.ts";
import type { SendUpstream, UpstreamReply, UpstreamRequest } from "../../../src/host/upstream/upstream.ts";
import { chatChunks, chatReply } from "../../support/chat-chunks.ts";
import type { Chance } from "../support/chance.ts";

/** One piece of a scripted reply: bytes after a pause, the end, a broken connection, or silence for ever. */
type Piece =
  | { readonly afterMs: number; readonly text: string }
  | { readonly afterMs: number; readonly ending: "end" | "cut" }
  | { readonly ending: "hang" };

/** What an upstream does with one call. */
interface Script {
  readonly headersAfterMs: number;
  readonly answer: "refuse-connection" | "hang" | number;
  readonly retryAfterSeconds?: number;
  readonly contentType: string;
  readonly pieces: readonly Piece[];
}

/** A call as the simulated upstream saw it. */
export interface SimulatedCall {
  readonly number: number;
  readonly url: string;
  readonly at: number;
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  /** When it was told that nobody waits any more. */
  cancelledAt: number | null;
}

/** Words that tell which call they come from. */
function wordsOf(call: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `c${call}.${index} `);
}

function streamPieces(call: number, chance: Chance): readonly Piece[] {
  const chunks = chatChunks(wordsOf(call, 1 + chance.below(6)));
  const pace = chance.pick([0, 5, 80, 400]);
  const timed = chunks.map((text): Piece => ({ afterMs: chance.below(pace + 1), text }));
  const at = chance.below(timed.length);
  switch (chance.below(8)) {
    case 0:
      return [...timed.slice(0, at), { ending: "hang" }];
    case 1:
      return [...timed.slice(0, at), { afterMs: 1, ending: "cut" }];
    case 2:
      return [...timed.slice(0, at), { afterMs: 1, text: "data: {garbage\n\n" }, { afterMs: 0, ending: "end" }];
    case 3:
      return [...timed, { ending: "hang" }];
    default:
      return [...timed, { afterMs: 0, ending: "end" }];
  }
}

function scriptFor(call: number, isStream: boolean, chance: Chance): Script {
  const headersAfterMs = chance.pick([0, 3, 50, 900, 2_500]);
  const json = (status: number, body: object): Script => ({
    headersAfterMs,
    answer: status,
    contentType: "application/json",
    pieces: [
      { afterMs: 0, text: JSON.stringify(body) },
      { afterMs: 0, ending: "end" },
    ],
  });
  const refusal = (status: number, message = `scripted ${status}`): Script =>
    json(status, { error: { message, type: "x" } });
  switch (chance.below(12)) {
    case 0:
      return { ...refusal(0), answer: "refuse-connection" };
    case 1:
      return { ...refusal(0), answer: "hang" };
    case 2: {
      const retryAfterSeconds = 1 + chance.below(30);
      return { ...refusal(429, `wait ${retryAfterSeconds}`), retryAfterSeconds };
    }
    case 3:
      return refusal(chance.pick([500, 502, 503]));
    case 4:
      return chance.is(0.2) ? refusal(401) : refusal(chance.pick([400, 404, 500]));
    default:
      if (!isStream || chance.is(0.1)) return json(200, chatReply(wordsOf(call, 3).join("")));
      return { headersAfterMs, answer: 200, contentType: "text/event-stream", pieces: streamPieces(call, chance) };
  }
}

const CUT: Fault = { kind: "truncated", message: "The connection broke." };

/** Resolves after a time, or rejects at once when the signal aborts. */
function waitFor(delayMs: number | null, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = delayMs === null ? () => undefined : clock.after(delayMs, resolve);
    const leave = (): void => {
      cancel();
      reject(new Error("aborted"));
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}

function replyOf(script: Script, call: SimulatedCall, signal: AbortSignal, clock: Clock): UpstreamReply {
  const cancelled = new AbortController();
  const both = AbortSignal.any([signal, cancelled.signal]);
  const rest = script.pieces.values();
  const note = (): void => {
    call.cancelledAt ??= clock.monotonic();
  };
  signal.addEventListener("abort", note, { once: true });
  async function read(): Promise<{ value?: Uint8Array }> {
    const { value: piece } = rest.next();
    if (piece === undefined) return {};
    await waitFor("afterMs" in piece ? piece.afterMs : null, both, clock);
    if ("text" in piece) return { value: new TextEncoder().encode(piece.text) };
    if (piece.ending === "cut") throw CUT;
    return {};
  }
  const faultOf = (): Fault => (signal.aborted ? faultOfAbort(signal) : CUT);
  return {
    status: script.answer === "hang" || script.answer === "refuse-connection" ? 0 : script.answer,
    header(name) {
      if (name === "content-type") return script.contentType;
      return name === "retry-after" && script.retryAfterSeconds !== undefined ? String(script.retryAfterSeconds) : null;
    },
    reader: () => ({ read }),
    async text() {
      let text = "";
      try {
        for (let chunk = await read(); chunk.value !== undefined; chunk = await read())
          text += new TextDecoder().decode(chunk.value);
        return success(text);
      } catch {
        return failure(faultOf());
      }
    },
    cancel() {
      note();
      cancelled.abort();
    },
    faultOf,
  };
}

async function headersOf(script: Script, request: UpstreamRequest, clock: Clock): Promise<Result<void, Fault>> {
  const { headersMs } = request.deadlines;
  const waitMs = script.answer === "hang" ? Number.POSITIVE_INFINITY : script.headersAfterMs;
  try {
    await waitFor(Math.min(waitMs, headersMs), request.signal, clock);
  } catch {
    return failure(faultOfAbort(request.signal));
  }
  if (waitMs >= headersMs)
    return failure({ kind: "timeout", phase: "headers", afterMs: headersMs, message: "No headers came." });
  if (script.answer === "refuse-connection") return failure({ kind: "connect", message: "Nothing listens there." });
  return success(undefined);
}

/** Upstreams whose every act follows from chance; `calls` is their own log. */
export function createSimulatedUpstream(
  chance: Chance,
  clock: Clock,
): { readonly send: SendUpstream; readonly calls: readonly SimulatedCall[] } {
  const calls: SimulatedCall[] = [];
  return {
    calls,
    async send(request) {
      const number = calls.length;
      const isStream = /"stream":\s*true/.test(String(request.body));
      const script = scriptFor(number, isStream, chance);
      const call: SimulatedCall = {
        number,
        url: request.url,
        at: clock.monotonic(),
        status: typeof script.answer === "number" ? script.answer : null,
        retryAfterSeconds: script.retryAfterSeconds ?? null,
        cancelledAt: null,
      };
      calls.push(call);
      const headers = await headersOf(script, request, clock);
      return headers.ok ? success(replyOf(script, call, request.signal, clock)) : headers;
    },
  };
}
