import type { Fault } from "../core/fault.ts";
import { textOfRequest } from "../core/request-text.ts";
import { type Result, success } from "../core/result.ts";
import { estimateTokens, NO_USAGE } from "../core/usage.ts";
import type { TokenCountCodec } from "../dialects/dialect.ts";
import type { Attempt } from "./attempt.ts";
import { bookAnswer } from "./booking.ts";
import type { CountCall, Won } from "./call.ts";
import { encodeTargetOf } from "./encode-target.ts";
import type { Route } from "./endpoint.ts";
import { callUpstream, findRoute, readJson } from "./exchange.ts";
import type { Services } from "./services.ts";

function answer(call: CountCall, inputTokens: number, source: "provider" | "estimated", waitedMs: number): Won {
  const body = call.dialect.tokenCount?.encodeReply(inputTokens) ?? { input_tokens: inputTokens };
  return { warnings: [], body: JSON.stringify(body), headers: { "x-lodestar-usage-source": source }, waitedMs };
}

async function askProvider(
  call: CountCall,
  attempt: Attempt,
  route: Route,
  codec: TokenCountCodec,
  services: Services,
): Promise<Result<number, Fault>> {
  const { body } = codec.encodeRequest(call.request, encodeTargetOf(attempt, route, call.request, services));
  const path = codec.path(attempt.planned.target.model);
  const request = { path, body: JSON.stringify(body), isStream: false };
  const sent = await callUpstream(attempt, call, route, request, services);
  if (!sent.ok) return sent;
  const json = await readJson(attempt, sent.value, services);
  return json.ok ? codec.decodeReply(json.value) : json;
}

/**
 * Counts by the provider where it counts for free, else estimates from the text: then the header
 * `x-lodestar-usage-source: estimated` says so.
 */
export async function exchangeCount(
  call: CountCall,
  attempt: Attempt,
  services: Services,
): Promise<Result<Won, Fault>> {
  const route = findRoute(attempt, call, services);
  if (!route.ok) return route;
  const codec = route.value.dialect.tokenCount;
  if (codec === undefined || attempt.configured.provider.countsTokens !== true) {
    bookAnswer(attempt, undefined, () => NO_USAGE);
    return success(answer(call, estimateTokens(textOfRequest(call.request)), "estimated", 0));
  }
  const sentAt = services.clock.monotonic();
  const counted = await askProvider(call, attempt, route.value, codec, services);
  if (!counted.ok) return counted;
  bookAnswer(attempt, NO_USAGE, () => NO_USAGE);
  services.health.succeeded(attempt.planned.target);
  return success(answer(call, counted.value, "provider", services.clock.monotonic() - sentAt));
}
