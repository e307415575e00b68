import type { Fault } from "../core/fault.ts";
import type { ChatRequest } from "../core/request.ts";
import { textOfRequest } from "../core/request-text.ts";
import { type Result, success } from "../core/result.ts";
import { hasSignatures, isSignatureRefusal, withoutSignatures } from "../core/signatures.ts";
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

/** A question for a count. */
interface Question {
  readonly call: CountCall;
  readonly attempt: Attempt;
  readonly route: Route;
  readonly codec: TokenCountCodec;
}

async function askOnce(
  { call, attempt, route, codec }: Question,
  request: ChatRequest,
  services: Services,
): Promise<Result<number, Fault>> {
  const { body } = codec.encodeRequest(request, encodeTargetOf(attempt, services));
  const path = codec.path(attempt.planned.target.model);
  const outgoing = { path, body: JSON.stringify(body), isStream: false };
  const sent = await callUpstream(attempt, call, route, outgoing, services);
  if (!sent.ok) return sent;
  const json = await readJson(attempt, sent.value, services);
  return json.ok ? codec.decodeReply(json.value) : json;
}

/** Signatures go where they would go with the request itself. */
async function askProvider(question: Question, services: Services): Promise<Result<number, Fault>> {
  const { call, attempt } = question;
  const request = attempt.planned.isHome ? call.request : withoutSignatures(call.request);
  const counted = await askOnce(question, request, services);
  if (counted.ok || !isSignatureRefusal(counted.error) || !hasSignatures(request)) return counted;
  return askOnce(question, withoutSignatures(request), services);
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
  const counted = await askProvider({ call, attempt, route: route.value, codec }, services);
  if (!counted.ok) return counted;
  bookAnswer(attempt, NO_USAGE, () => NO_USAGE);
  services.health.succeeded(attempt.planned.target);
  return success(answer(call, counted.value, "provider", services.clock.monotonic() - sentAt));
}
