import type { Fault } from "../core/fault.ts";
import { isJsonObject } from "../core/json.ts";
import { textOfRequest } from "../core/request-text.ts";
import { failure, type Result, success } from "../core/result.ts";
import { estimateTokens, NO_USAGE } from "../core/usage.ts";
import { setTopLevelMember } from "../dialects/patch.ts";
import type { Attempt } from "./attempt.ts";
import type { CountCall, Won } from "./call.ts";
import { callUpstream, findRoute, readJson } from "./exchange.ts";
import type { Services } from "./services.ts";

const COUNT_PATH = "/messages/count_tokens";

function settleCount(attempt: Attempt, isCounted: boolean): void {
  attempt.settle({
    state: isCounted ? "final" : "estimated",
    usage: NO_USAGE,
    usageSource: isCounted ? "provider" : "estimated",
    fault: null,
    firstTokenMs: null,
    upstreamStatus: attempt.upstreamStatus,
  });
}

/**
 * Counts by the provider where it counts for free (Anthropic's `/messages/count_tokens`), else estimates from the text:
 * then the header `x-lodestar-usage-source: estimated` says so.
 */
export async function exchangeCount(
  call: CountCall,
  attempt: Attempt,
  services: Services,
): Promise<Result<Won, Fault>> {
  const route = findRoute(attempt, call, services);
  if (!route.ok) return route;
  if (route.value.dialect.name !== "anthropic" || attempt.configured.provider.countsTokens !== true) {
    settleCount(attempt, false);
    const body = JSON.stringify({ input_tokens: estimateTokens(textOfRequest(call.request)) });
    return success({ warnings: [], body, headers: { "x-lodestar-usage-source": "estimated" }, waitedMs: 0 });
  }
  const body = setTopLevelMember(call.body.text, "model", JSON.stringify(attempt.planned.target.model));
  const sentAt = services.clock.monotonic();
  const sent = await callUpstream(attempt, call, route.value, { path: COUNT_PATH, body, isStream: false }, services);
  if (!sent.ok) return sent;
  const json = await readJson(attempt, sent.value, services);
  if (!json.ok) return json;
  if (!isJsonObject(json.value) || typeof json.value.input_tokens !== "number") {
    return failure({ kind: "garbage", message: "The upstream's count of tokens has no `input_tokens`." });
  }
  settleCount(attempt, true);
  services.health.succeeded(attempt.planned.target);
  const waitedMs = services.clock.monotonic() - sentAt;
  return success({
    warnings: [],
    body: JSON.stringify(json.value),
    headers: { "x-lodestar-usage-source": "provider" },
    waitedMs,
  });
}
