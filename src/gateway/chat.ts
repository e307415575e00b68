import type { Fault } from "../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import type { Reply } from "../core/reply.ts";
import { partsOfReply } from "../core/reply-parts.ts";
import type { Warning } from "../core/request.ts";
import { textOfReply } from "../core/request-text.ts";
import { type Result, success } from "../core/result.ts";
import type { CostStamp } from "../core/stamp.ts";
import { estimateTokens, type Usage } from "../core/usage.ts";
import type { Dialect, ReplyStamp } from "../dialects/dialect.ts";
import { createStreamWriter } from "../dialects/framing.ts";
import type { UpstreamReply } from "../host/upstream.ts";
import { costHeader } from "./answer-headers.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall, Won } from "./call.ts";
import { writeChatRequest } from "./chat-request.ts";
import type { Route } from "./endpoint.ts";
import { estimateUsage } from "./estimate.ts";
import { callUpstream, findRoute, readJson } from "./exchange.ts";
import type { Services } from "./services.ts";
import { StreamSession } from "./stream-session.ts";

function stampOf(call: ChatCall, services: Services): ReplyStamp {
  return {
    requestedModel: call.request.model,
    requestId: call.requestId,
    nowMs: services.clock.now(),
    streamUsage: call.request.streamUsage === true,
    ...(call.dialect.echoOf === undefined ? {} : { echo: call.dialect.echoOf(call.body.json) }),
  };
}

/** Books a whole reply, by the provider's counts or by ours. */
function settleReply(
  call: ChatCall,
  attempt: Attempt,
  reply: Reply,
  services: Services,
): { usage: Usage; cost: CostStamp } {
  attempt.firstTokenMs = Math.round(services.clock.monotonic() - attempt.startedAt);
  const usage = reply.usage ?? estimateUsage(call.request, estimateTokens(textOfReply(reply)));
  const isCounted = reply.usage !== undefined;
  const cost = attempt.settle({
    state: isCounted ? "final" : "estimated",
    usage,
    usageSource: isCounted ? "provider" : "estimated",
    fault: null,
    firstTokenMs: attempt.firstTokenMs,
    upstreamStatus: attempt.upstreamStatus,
  });
  return { usage, cost };
}

interface WholeReply {
  readonly json: JsonValue;
  readonly reply: Reply;
  readonly from: Dialect;
}

function writeReply(
  call: ChatCall,
  whole: WholeReply,
  isVerbatim: boolean,
  usage: Usage,
  cost: CostStamp,
  stamp: ReplyStamp,
): string {
  const body: JsonObject =
    isVerbatim && isJsonObject(whole.json)
      ? call.dialect.stampReply(whole.json, stamp, usage, cost)
      : call.dialect.encodeReply({ ...whole.reply, usage }, stamp, cost);
  return JSON.stringify(body);
}

/** A whole reply to a client that asked for a stream, as the shortest stream that says the same. */
function writeAsStream(call: ChatCall, reply: Reply, usage: Usage, cost: CostStamp, stamp: ReplyStamp): string {
  const writer = createStreamWriter(call.dialect.framing);
  let state = call.dialect.encoder.initial(stamp);
  let text = "";
  for (const part of partsOfReply({ ...reply, usage })) {
    const [next, events] = call.dialect.encoder.step(state, part, part.type === "finish" ? cost : undefined);
    state = next;
    text += events.map((event) => writer.write(event)).join("");
  }
  return text + writer.end();
}

function textStream(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

async function openStream(
  call: ChatCall,
  attempt: Attempt,
  reply: UpstreamReply,
  from: Dialect,
  services: Services,
): Promise<Result<Pick<Won, "body" | "ended">, Fault>> {
  const session = new StreamSession({
    call,
    attempt,
    from,
    reply,
    stamp: stampOf(call, services),
    services,
  });
  const begun = await session.begin();
  return begun.ok ? success({ body: session.body(), ended: session.ended }) : begun;
}

/** Reads a whole reply, books it, and writes it in the client's dialect, as a stream if one was asked for. */
async function readWhole(
  call: ChatCall,
  attempt: Attempt,
  upstream: UpstreamReply,
  from: Dialect,
  isVerbatim: boolean,
  services: Services,
): Promise<Result<{ body: Won["body"]; cost: CostStamp }, Fault>> {
  const json = await readJson(attempt, upstream, services);
  if (!json.ok) return json;
  const reply = from.decodeReply(json.value);
  if (!reply.ok) return reply;
  const { usage, cost } = settleReply(call, attempt, reply.value, services);
  const stamp = stampOf(call, services);
  const body = call.request.stream
    ? textStream(writeAsStream(call, reply.value, usage, cost, stamp))
    : writeReply(call, { json: json.value, reply: reply.value, from }, isVerbatim, usage, cost, stamp);
  return success({ body, cost });
}

function isStreamReply(reply: UpstreamReply, from: Dialect): boolean {
  const type = reply.header("content-type") ?? "";
  // What a proxy or a wrong base URL answers: read whole, its beginning can be told.
  if (type.startsWith("text/html")) return false;
  return from.framing === "json-array" || !type.startsWith("application/json");
}

/** A call that went out, and what came back. */
interface Asked {
  readonly reply: UpstreamReply;
  readonly warnings: readonly Warning[];
  readonly isVerbatim: boolean;
}

async function askOnce(
  call: ChatCall,
  attempt: Attempt,
  route: Route,
  services: Services,
): Promise<Result<Asked, Fault>> {
  const outgoing = await writeChatRequest(call, attempt, route, services);
  if (!outgoing.ok) return outgoing;
  const { body, warnings, isVerbatim } = outgoing.value;
  const isStream = call.request.stream;
  const path = route.dialect.chatPath(attempt.planned.target.model, isStream);
  const sent = await callUpstream(attempt, call, route, { path, body, isStream }, services);
  return sent.ok ? success({ reply: sent.value, warnings, isVerbatim }) : sent;
}

/** Coding agents ask every model to think; one that cannot is asked again without, since a refusal costs nothing. */
async function ask(call: ChatCall, attempt: Attempt, route: Route, services: Services): Promise<Result<Asked, Fault>> {
  const asked = await askOnce(call, attempt, route, services);
  const { reasoning, ...request } = call.request;
  if (asked.ok || reasoning === undefined) return asked;
  if (asked.error.kind !== "unsupported" || asked.error.feature !== "thinking") return asked;
  const again = await askOnce({ ...call, request }, attempt, route, services);
  if (!again.ok) return again;
  const warning: Warning = { field: "reasoning", action: "dropped", reason: "the model cannot think" };
  return success({ ...again.value, warnings: [...again.value.warnings, warning] });
}

/** Asks one target, and returns as soon as the answer is certain: the whole reply, or the first content of the stream. */
export async function exchangeChat(call: ChatCall, attempt: Attempt, services: Services): Promise<Result<Won, Fault>> {
  const route = findRoute(attempt, call, services);
  if (!route.ok) return route;
  const { dialect } = route.value;
  const sentAt = services.clock.monotonic();
  const asked = await ask(call, attempt, route.value, services);
  if (!asked.ok) return asked;
  const { reply, warnings, isVerbatim } = asked.value;
  if (call.request.stream && isStreamReply(reply, dialect)) {
    const stream = await openStream(call, attempt, reply, dialect, services);
    if (!stream.ok) return stream;
    services.health.succeeded(attempt.planned.target);
    return success({ warnings, ...stream.value, headers: {}, waitedMs: services.clock.monotonic() - sentAt });
  }
  const whole = await readWhole(call, attempt, reply, dialect, isVerbatim, services);
  if (!whole.ok) return whole;
  services.health.succeeded(attempt.planned.target);
  const waitedMs = services.clock.monotonic() - sentAt;
  return success({ warnings, body: whole.value.body, headers: costHeader(whole.value.cost.costNanoUsd), waitedMs });
}
