import type { Fault } from "../core/fault.ts";
import { type Result, success } from "../core/result.ts";
import type { UpstreamReply } from "../host/upstream/upstream.ts";
import { schemaWarning } from "./answer-schema.ts";
import { type Asked, askChat } from "./ask-chat.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall, Won } from "./call.ts";
import { holdStream } from "./cascade/held-stream.ts";
import type { Route } from "./endpoint.ts";
import { findRoute } from "./exchange.ts";
import { chatStampOf } from "./reply-stamp.ts";
import type { Services } from "./services.ts";
import { createStreamBody } from "./stream-body.ts";
import { StreamSession } from "./stream-session.ts";
import { answerIdleCall, readWholeReply } from "./whole-reply.ts";

function isStreamReply(reply: UpstreamReply, { dialect }: Route): boolean {
  const type = reply.header("content-type") ?? "";
  // What a proxy or a wrong base URL answers: read whole, its beginning can be told.
  if (type.startsWith("text/html")) return false;
  return dialect.framing === "json-array" || !type.startsWith("application/json");
}

async function openStream(
  call: ChatCall,
  attempt: Attempt,
  route: Route,
  { reply, warnings, answerSchema }: Asked,
  services: Services,
): Promise<Result<Pick<Won, "body" | "ended" | "headers" | "warnings">, Fault>> {
  const stamp = chatStampOf(call, services.clock.now());
  const { gate } = attempt;
  if (gate?.holdsStream === true) {
    return holdStream({ call, attempt, route, reply, stamp, services }, gate, warnings);
  }
  const session = new StreamSession({ call, attempt, route, reply, stamp, services });
  const isVerbatim = route.isClientDialect;
  const isChecked = answerSchema !== undefined;
  attempt.recording?.begin({ dialect: route.dialect, form: "stream", isVerbatim, warnings, isChecked });
  const begun = await session.begin();
  if (!begun.ok) return begun;
  const body = createStreamBody(session, call.dialect.heartbeat(stamp), services);
  const unchecked = answerSchema === undefined ? [] : [schemaWarning("streamed")];
  return success({ body, ended: session.ended, headers: {}, warnings: [...warnings, ...unchecked] });
}

/**
 * Asks one target, and returns as soon as the answer is certain: the whole reply, or the first content of the stream.
 * `chosen` is the route where the client's dialect alone does not decide it.
 */
export async function exchangeChat(
  call: ChatCall,
  attempt: Attempt,
  services: Services,
  chosen?: Route,
): Promise<Result<Won, Fault>> {
  const route = findRoute(attempt, call, services, chosen);
  if (!route.ok) return route;
  const idle = answerIdleCall(call, attempt, route.value, services);
  if (idle !== null) {
    services.health.spared(attempt.planned.target);
    return success(idle);
  }
  const sentAt = services.clock.monotonic();
  const asked = await askChat(call, attempt, route.value, services);
  if (!asked.ok) return asked;
  const isStream = call.request.stream && isStreamReply(asked.value.reply, route.value);
  const answer = isStream ? openStream : readWholeReply;
  const answered = await answer(call, attempt, route.value, asked.value, services);
  if (!answered.ok) return answered;
  services.health.succeeded(attempt.planned.target);
  const waitedMs = services.clock.monotonic() - sentAt;
  const warnings = [...answered.value.warnings, ...services.localGate.warningsOf(attempt)];
  return success({ ...answered.value, warnings, waitedMs });
}
