import type { Fault } from "../core/fault.ts";
import { isJsonObject, type JsonValue } from "../core/json.ts";
import type { Reply } from "../core/reply.ts";
import { partsOfReply } from "../core/reply-parts.ts";
import type { Warning } from "../core/request.ts";
import { textOfReply } from "../core/request-text.ts";
import { failure, type Result, success } from "../core/result.ts";
import { estimateTokens, NO_USAGE, type Usage } from "../core/usage.ts";
import type { ReplyStamp } from "../dialects/dialect.ts";
import { costHeader } from "./answer-headers.ts";
import { checkReply, schemaFault, schemaWarning } from "./answer-schema.ts";
import type { Asked } from "./ask-chat.ts";
import type { Attempt } from "./attempt.ts";
import { type Booked, bookAnswer } from "./booking.ts";
import type { ChatCall, Won } from "./call.ts";
import type { Route } from "./endpoint.ts";
import { estimateUsage } from "./estimate.ts";
import { readJson } from "./exchange.ts";
import { chatStampOf } from "./reply-stamp.ts";
import type { Services } from "./services.ts";
import { textStream } from "./stream-body.ts";
import { createEncodingOutlet } from "./stream-outlet.ts";

/** A whole reply that has been read and booked, on its way to the client. */
interface BookedReply extends Booked {
  readonly reply: Reply;
  /** As it came, where it may go back so: the client's own bytes went out. */
  readonly verbatim: JsonValue;
  readonly stamp: ReplyStamp;
}

function writeReply({ dialect }: ChatCall, { reply, verbatim, usage, cost, stamp }: BookedReply): string {
  const body = isJsonObject(verbatim)
    ? dialect.stampReply(verbatim, stamp, usage, cost)
    : dialect.encodeReply({ ...reply, usage }, stamp, cost);
  return JSON.stringify(body);
}

/** A whole reply to a client that asked for a stream, as the shortest stream that says the same. */
function writeAsStream({ dialect }: ChatCall, { reply, usage, cost, stamp }: BookedReply): string {
  const outlet = createEncodingOutlet(dialect, stamp);
  return outlet.say(partsOfReply({ ...reply, usage }), cost) + outlet.close();
}

function bookReply(call: ChatCall, attempt: Attempt, reply: Reply, fault: Fault | null = null): Booked {
  const estimate = (): Usage => estimateUsage(call.request, estimateTokens(textOfReply(reply)));
  if (reply.finish.unified === "length") attempt.noteLength();
  return bookAnswer(attempt, reply.usage, estimate, fault);
}

/**
 * Books a reply and writes it in the client's dialect, as a stream if one was asked for. `fault` where it is not to be given, or
 * only if no better one comes.
 */
export function tellReply(
  call: ChatCall,
  attempt: Attempt,
  reply: Reply,
  verbatim: JsonValue,
  services: Services,
  fault: Fault | null = null,
): Pick<Won, "body" | "headers"> {
  const booked = bookReply(call, attempt, reply, fault);
  const whole = { ...booked, reply, verbatim, stamp: chatStampOf(call, services.clock.now()) };
  const body = call.request.stream ? textStream(writeAsStream(call, whole)) : writeReply(call, whole);
  return { body, headers: costHeader(booked.cost.costNanoUsd) };
}

/** The reply, checked where nobody else did; in strict mode one that does not match is booked and refused. */
function checkAnswer(
  call: ChatCall,
  attempt: Attempt,
  reply: Reply,
  { answerSchema, warnings }: Asked,
): Result<{ readonly reply: Reply; readonly warnings: readonly Warning[] }, Fault> {
  if (answerSchema === undefined) return success({ reply, warnings });
  const checked = checkReply(reply, answerSchema);
  if (call.isStrict && checked.mismatch !== null) {
    const fault = schemaFault(checked.mismatch, attempt.planned.target);
    bookReply(call, attempt, reply, fault);
    return failure(fault);
  }
  return success({ reply: checked.reply, warnings: [...warnings, schemaWarning(checked)] });
}

/**
 * Reads a whole reply, books it, and writes it in the client's dialect, as a stream if one was asked for. What the target was
 * asked for in words only is checked.
 */
export async function readWholeReply(
  call: ChatCall,
  attempt: Attempt,
  route: Route,
  asked: Asked,
  services: Services,
): Promise<Result<Pick<Won, "body" | "headers" | "warnings">, Fault>> {
  const json = await readJson(attempt, asked.reply, services);
  if (!json.ok) return json;
  const decoded = route.dialect.decodeReply(json.value);
  if (!decoded.ok) return decoded;
  attempt.noteContent();
  const checked = checkAnswer(call, attempt, decoded.value, asked);
  if (!checked.ok) return checked;
  const { warnings } = checked.value;
  const reply = attempt.gate?.tidy(checked.value.reply) ?? checked.value.reply;
  const rejection = (await attempt.gate?.judge(reply)) ?? null;
  const isTidied = reply !== checked.value.reply;
  const isVerbatim = asked.isVerbatim && !isTidied;
  const isChecked = asked.answerSchema !== undefined || isTidied;
  attempt.recording?.begin({ dialect: route.dialect, form: "reply", isVerbatim, warnings, isChecked });
  const told = tellReply(call, attempt, reply, isVerbatim ? json.value : null, services, rejection);
  attempt.recording?.end(reply.finish.unified);
  if (rejection === null) return success({ ...told, warnings });
  attempt.gate?.keep({ ...told, warnings });
  return failure(rejection);
}

/**
 * Ollama's clients load and unload a model by a call that says nothing. A target that has no such call is not asked: it would
 * answer, for money, what nobody said. Null where the request is another one.
 */
export function answerIdleCall(call: ChatCall, attempt: Attempt, route: Route, services: Services): Won | null {
  const saysNothing = call.dialect.name === "ollama" && call.request.messages.length === 0;
  if (!saysNothing || route.isClientDialect) return null;
  const raw = call.body.json.keep_alive === 0 ? "unload" : "load";
  const finish = { unified: "other", raw } as const;
  const reply = { id: call.requestId, model: attempt.planned.target.model, parts: [], finish, usage: NO_USAGE };
  return { ...tellReply(call, attempt, reply, null, services), warnings: [], waitedMs: 0 };
}
