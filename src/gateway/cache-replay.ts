import { isJsonObject, parseJson } from "../core/json.ts";
import type { Reply, StreamPart } from "../core/reply.ts";
import { replyOfParts } from "../core/reply-fold.ts";
import { partsOfReply } from "../core/reply-parts.ts";
import type { CostStamp } from "../core/stamp.ts";
import type { Dialect, WireEvent } from "../dialects/dialect.ts";
import { createStreamSplitter } from "../dialects/framing.ts";
import type { CachedAnswer } from "../stores/ports.ts";
import type { ChatCall, EmbeddingCall } from "./call.ts";
import { chatStampOf, replyStampOf } from "./reply-stamp.ts";
import type { Services } from "./services.ts";
import { createEncodingOutlet } from "./stream-outlet.ts";
import { createTranslator } from "./translator.ts";

/**
 * Writes a kept answer for one client. `book` is called once, as soon as it is certain that the answer can be read; null, and
 * nothing booked, for one that cannot be any more.
 */
export type Replay = (kept: CachedAnswer, book: () => CostStamp, services: Services) => string | null;

/** One chat's kept answer on its way out; `from` is the dialect it stands in, `now` Unix ms. */
interface ChatReplay {
  readonly kept: CachedAnswer;
  readonly call: ChatCall;
  readonly from: Dialect;
  readonly book: () => CostStamp;
  readonly now: number;
}

interface Frame {
  readonly event: WireEvent;
  readonly raw: string;
}

function framesOf({ framing, body }: CachedAnswer): readonly Frame[] {
  const splitter = createStreamSplitter(framing);
  const first = splitter.push(new TextEncoder().encode(body));
  return [...first.frames, ...splitter.end().frames];
}

/** What a kept stream says, from its events. */
function partsOf(kept: CachedAnswer, { decoder }: Dialect): readonly StreamPart[] {
  const parts: StreamPart[] = [];
  let state = decoder.initial();
  for (const { event } of framesOf(kept)) {
    const [next, said] = decoder.step(state, event);
    state = next;
    parts.push(...said);
  }
  return parts.some(({ type }) => type === "finish") ? parts : [...parts, ...decoder.end(state)];
}

function readReply(kept: CachedAnswer, dialect: Dialect): Reply | null {
  if (kept.form === "stream") return replyOfParts(partsOf(kept, dialect));
  const json = parseJson(kept.body);
  const decoded = json === undefined ? null : dialect.decodeReply(json);
  return decoded?.ok === true ? decoded.value : null;
}

/** As it came, event by event, where the client speaks the same; else through the codecs, as a live stream goes. */
function replayStream({ kept, call, from, book, now }: ChatReplay): string | null {
  const isRelay = kept.isVerbatim && kept.dialect === call.dialect.name;
  const stamp = chatStampOf(call, now);
  const translator = createTranslator({ from, to: call.dialect, isRelay, stamp, complete: book });
  let text = "";
  for (const { event, raw } of framesOf(kept)) text += translator.step(event, raw);
  text += translator.end();
  return translator.seen.isFinished ? text : null;
}

/** A whole reply, as the shortest stream that says the same. */
function replayAsStream({ kept, call, from, book, now }: ChatReplay): string | null {
  const reply = readReply(kept, from);
  if (reply === null) return null;
  const outlet = createEncodingOutlet(call.dialect, chatStampOf(call, now));
  return outlet.say(partsOfReply({ ...reply, usage: kept.usage }), book()) + outlet.close();
}

function replayReply({ kept, call, from, book, now }: ChatReplay): string | null {
  const stamp = chatStampOf(call, now);
  const isAsItCame = kept.form === "reply" && kept.isVerbatim && kept.dialect === call.dialect.name;
  if (isAsItCame) {
    const json = parseJson(kept.body);
    return isJsonObject(json) ? JSON.stringify(call.dialect.stampReply(json, stamp, kept.usage, book())) : null;
  }
  const reply = readReply(kept, from);
  if (reply === null) return null;
  return JSON.stringify(call.dialect.encodeReply({ ...reply, usage: kept.usage }, stamp, book()));
}

/** How a chat's kept answer is told again: whole or as a stream, whichever the target gave and in whatever dialect. */
export function chatReplay(call: ChatCall): Replay {
  return (kept, book, { dialects, clock }) => {
    const from = dialects[kept.dialect];
    if (from === undefined) return null;
    const replay = { kept, call, from, book, now: clock.now() };
    if (!call.request.stream) return replayReply(replay);
    return kept.form === "stream" ? replayStream(replay) : replayAsStream(replay);
  };
}

/** How kept embeddings are told again. */
export function embeddingReplay(call: EmbeddingCall): Replay {
  return (kept, book, { dialects, clock }) => {
    const json = parseJson(kept.body);
    const decoded = json === undefined ? undefined : dialects[kept.dialect]?.embeddings?.decodeReply(json);
    if (decoded?.ok !== true || call.dialect.embeddings === undefined) return null;
    const stamp = replyStampOf(call, call.request.model, clock.now());
    const reply = { ...decoded.value, usage: kept.usage };
    return JSON.stringify(call.dialect.embeddings.encodeReply(reply, call.request, stamp, book()));
  };
}
