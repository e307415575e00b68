import type { Fault } from "../core/fault.ts";
import { type JsonValue, parseJson } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { UpstreamReply } from "../host/upstream/upstream.ts";
import type { Attempt } from "./attempt.ts";
import type { Call } from "./call.ts";
import { type Route, routeTo, upstreamHeaders, upstreamUrl } from "./endpoint.ts";
import type { Services } from "./services.ts";
import { createBodyDeadline } from "./stream-deadline.ts";

/** An error reply is read up to this many bytes. */
const FAULT_BYTES = 64 * 1024;
/** A whole reply may be this long. */
const REPLY_BYTES = 64 * 1024 * 1024;

/**
 * The endpoint an attempt goes to, or why it cannot be asked; `chosen` where the dialects alone do not decide. An account
 * without a key is there only where none is needed.
 */
export function findRoute(attempt: Attempt, call: Call, services: Services, chosen?: Route): Result<Route, Fault> {
  const { configured } = attempt;
  const { provider } = configured;
  if (provider.draws !== undefined) {
    const message = `${provider.name} draws images and answers nothing else: POST /v1/images/generations.`;
    return failure({ kind: "unsupported", feature: call.dialect.name, message });
  }
  const route = chosen ?? routeTo(configured, call.dialect, services.dialects);
  if (route === null) {
    return failure({
      kind: "unavailable",
      message: `${provider.name} speaks no dialect that this version of Lodestar can use.`,
    });
  }
  if (configured.auth === "client" && call.caller.credential === null) {
    return failure({
      kind: "no-key",
      message: `${provider.name} is set to use the client's own credential, and the client sent none.`,
    });
  }
  return success(route);
}

/** One call to a provider. An error status is read and returned as the fault that the provider's dialect makes of it. */
export async function callUpstream(
  attempt: Attempt,
  call: Call,
  route: Route,
  request: { readonly path: string; readonly body: string; readonly isStream: boolean },
  services: Services,
): Promise<Result<UpstreamReply, Fault>> {
  const { deadlines } = services.settings();
  const sent = await services.send({
    url: upstreamUrl(route.endpoint, request.path),
    method: "POST",
    headers: {
      ...upstreamHeaders(attempt, call, route, services.version),
      ...(request.isStream ? { accept: "text/event-stream", "accept-encoding": "identity" } : {}),
    },
    body: request.body,
    isLocal: attempt.configured.provider.isLocal === true,
    signal: attempt.signal,
    deadlines: {
      connectMs: deadlines.connectMs,
      headersMs: Math.min(deadlines.headersMs, deadlines.totalMs ?? Number.POSITIVE_INFINITY),
    },
  });
  if (!sent.ok) return sent;
  const reply = sent.value;
  attempt.upstreamStatus = reply.status;
  if (reply.status < 400) return sent;
  const text = await readText(attempt, reply, FAULT_BYTES, services);
  return failure(route.dialect.decodeFault(reply.status, (name) => reply.header(name), text.ok ? text.value : ""));
}

/** A whole body; one that falls silent, or takes too long in all, is given up. */
async function readText(
  attempt: Attempt,
  reply: UpstreamReply,
  maxBytes: number,
  services: Services,
): Promise<Result<string, Fault>> {
  const { watch, touch } = createBodyDeadline(attempt, services.settings().deadlines, services.clock);
  services.watchdog.add(watch);
  const text = await reply.text(maxBytes, touch);
  services.watchdog.remove(watch);
  return text;
}

/** A whole JSON reply. What it was written as goes to the attempt's recording. */
export async function readJson(
  attempt: Attempt,
  reply: UpstreamReply,
  services: Services,
): Promise<Result<JsonValue, Fault>> {
  const text = await readText(attempt, reply, REPLY_BYTES, services);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  if (json !== undefined) {
    attempt.recording?.add(text.value);
    return success(json);
  }
  const start = text.value.trimStart().slice(0, 80);
  return failure({
    kind: "garbage",
    message: `The upstream's reply is not JSON; it starts with ${JSON.stringify(start)}.`,
  });
}
