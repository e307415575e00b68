import type { Fault } from "../../core/fault.ts";
import type { Reply, StreamPart } from "../../core/reply.ts";
import { isContent } from "../../core/reply.ts";
import { replyOfParts } from "../../core/reply-fold.ts";
import type { Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { SseStep } from "../../dialects/sse.ts";
import { bookStream } from "../booking.ts";
import { bugFault } from "../bug.ts";
import type { Won } from "../call.ts";
import { textStream } from "../stream-body.ts";
import type { SessionParts } from "../stream-session.ts";
import { createTranslator, type Translator } from "../translator.ts";
import { openFeed, type UpstreamFeed } from "../upstream-feed.ts";
import { tellReply } from "../whole-reply.ts";
import type { AnswerGate } from "./gate.ts";

type Frames = SseStep["frames"];

/** A stream that was read to its end before anything of it went on. */
interface Held {
  readonly frames: Frames;
  /** Null where it broke. */
  readonly reply: Reply | null;
  readonly fault: Fault | null;
}

/** A text is looked at for loops whenever it has grown so much. */
const LOOK_EVERY_CHARS = 2_048;
/** More is no answer any more; what waits here waits in memory. */
const MOST_CHARS = 16 * 1024 * 1024;

function lostFault(why: string): Fault {
  return { kind: "rejected", message: `rejected: ${why}` };
}

/** Finds out while a stream is read that its answer is lost: nobody waits for the end of a loop. */
function createLookout(gate: AnswerGate): (part: StreamPart) => Fault | null {
  let text = "";
  let lookAt = LOOK_EVERY_CHARS;
  return (part) => {
    if (part.type === "text-delta" || part.type === "reasoning-delta") text += part.text;
    if (text.length < lookAt) return null;
    lookAt = text.length + LOOK_EVERY_CHARS;
    return gate.isLost(text) ? lostFault("repetition (the answer goes round in a loop)") : null;
  };
}

async function readAll(
  feed: UpstreamFeed,
  { attempt, route, services }: SessionParts,
  gate: AnswerGate,
): Promise<Held> {
  const { decoder } = route.dialect;
  const frames: Frames[number][] = [];
  const parts: StreamPart[] = [];
  const look = createLookout(gate);
  let state = decoder.initial();
  let chars = 0;
  let isFinished = false;
  let fault: Fault | null = null;

  function noteContent(): void {
    feed.touch();
    if (attempt.firstTokenMs !== null) return;
    attempt.noteContent();
    services.ledger.stream(attempt.intent.requestId, attempt.intent.attempt);
  }

  function take(said: readonly StreamPart[]): void {
    for (const part of said) {
      parts.push(part);
      if (part.type === "error") fault ??= part.fault;
      isFinished ||= part.type === "finish";
      if (isContent(part)) noteContent();
      fault ??= look(part);
    }
    if (isFinished) feed.complete();
  }

  for (let isLast = false; !isLast && fault === null; ) {
    const step = await feed.read();
    ({ isLast } = step);
    attempt.touch();
    for (const frame of step.frames) {
      frames.push(frame);
      chars += frame.raw.length;
      const [next, said] = decoder.step(state, frame.event);
      state = next;
      take(said);
    }
    if (step.fault !== null && !isFinished) fault ??= step.fault;
    if (chars > MOST_CHARS) fault ??= lostFault("too long to be checked");
    if (isLast && !isFinished && fault === null) take(decoder.end(state));
  }
  return { frames, reply: fault === null ? replyOfParts(parts) : null, fault };
}

/** Writes what was held for the client; `fault` is what the answer is booked with. */
function release(parts: SessionParts, frames: Frames, fault: Fault | null): { text: string; translator: Translator } {
  const { call, attempt, route, stamp } = parts;
  const translator = createTranslator({
    from: route.dialect,
    to: call.dialect,
    isRelay: route.isClientDialect,
    stamp,
    complete: () => bookStream(attempt, call.request, translator.seen, fault),
  });
  let text = "";
  for (const { event, raw } of frames) {
    attempt.recording?.add(raw);
    text += translator.step(event, raw);
  }
  return { text: text + translator.end(), translator };
}

/** Books a stream that broke or was given up by what was streamed until then. */
function giveUp(parts: SessionParts, { frames }: Held, seen: Fault): Fault {
  const { attempt, call } = parts;
  const fault = attempt.explain(seen);
  const { translator } = release(parts, frames, fault);
  const { usage, hasContent } = translator.seen;
  if (!attempt.isSettled && (usage !== null || hasContent)) bookStream(attempt, call.request, translator.seen, fault);
  return fault;
}

async function hold(parts: SessionParts, feed: UpstreamFeed, gate: AnswerGate): Promise<Result<Held, Fault>> {
  const { attempt, services } = parts;
  try {
    const held = await readAll(feed, parts, gate);
    if (held.fault === null && held.reply !== null) return success(held);
    const fault = held.fault ?? { kind: "truncated", message: "The upstream's stream ended before the answer did." };
    return failure(giveUp(parts, held, fault));
  } catch (error) {
    return failure(bugFault(error, attempt.intent.requestId, services.log));
  } finally {
    feed.release();
  }
}

/** An answer of which something was taken off goes on as the shortest stream that says the rest. */
async function tellTidied(
  { attempt, call, services }: SessionParts,
  gate: AnswerGate,
  reply: Reply,
  warnings: readonly Warning[],
): Promise<Result<Pick<Won, "body" | "headers" | "warnings">, Fault>> {
  const rejection = await gate.judge(reply);
  attempt.recording = null;
  const answer = { ...tellReply(call, attempt, reply, null, services, rejection), warnings };
  if (rejection === null) return success(answer);
  gate.keep(answer);
  return failure(rejection);
}

/**
 * Keeps a streamed answer back until it is whole and checked. Its client is kept waiting by heartbeats meanwhile; once it is
 * good, it goes on event by event as it came. One that is not is booked and given up, and nothing of it has reached the client.
 */
export async function holdStream(
  parts: SessionParts,
  gate: AnswerGate,
  warnings: readonly Warning[],
): Promise<Result<Pick<Won, "body" | "headers" | "warnings">, Fault>> {
  const { attempt, route, reply, services } = parts;
  const { isClientDialect: isVerbatim, dialect } = route;
  const feed = openFeed(attempt, route, reply, services);
  const held = await hold(parts, feed, gate);
  if (!held.ok) return held;
  const whole = held.value.reply;
  const tidy = whole === null ? null : gate.tidy(whole);
  if (tidy !== null && tidy !== whole) return tellTidied(parts, gate, tidy, warnings);
  const rejection = whole === null ? null : await gate.judge(whole);
  attempt.recording?.begin({ dialect, form: "stream", isVerbatim, warnings, isChecked: false });
  const { text, translator } = release(parts, held.value.frames, rejection);
  if (translator.seen.finish !== null) attempt.recording?.end(translator.seen.finish);
  const answer = { body: textStream(text), headers: {}, warnings };
  if (rejection === null) return success(answer);
  gate.keep(answer);
  return failure(rejection);
}
