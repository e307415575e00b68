import type { ChatRequest } from "../core/request.ts";
import { textOfRequest } from "../core/request-text.ts";
import { estimateTokens } from "../core/usage.ts";
import type { EncodeTarget } from "../dialects/dialect.ts";
import type { Attempt } from "./attempt.ts";
import type { Route } from "./endpoint.ts";
import type { Services } from "./services.ts";

/** Room for an answer whose length the client left open, when a local engine's context is chosen. */
const DEFAULT_LOCAL_OUTPUT = 1_024;

/** Tokens that a local engine must hold at once: the prompt and its answer. */
function sizeOf(request: ChatRequest | null): number {
  if (request === null) return 0;
  return estimateTokens(textOfRequest(request)) + (request.maxOutputTokens ?? DEFAULT_LOCAL_OUTPUT);
}

/** What a codec must know of the target an attempt goes to. `request` is null where nothing is generated. */
export function encodeTargetOf(
  attempt: Attempt,
  route: Route,
  request: ChatRequest | null,
  services: Services,
): EncodeTarget {
  const { provider, model } = attempt.planned.target;
  const { quirks, isLocal } = attempt.configured.provider;
  const { maxOutputTokens } = services.prices.factsOf(provider, model);
  const { streamUsageFlag: _flag, refusedFields: _refused, ...wire } = quirks ?? {};
  const isOurs = isLocal === true && route.dialect.hasRunnerOptions === true;
  return {
    provider,
    model,
    ...wire,
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    ...(isOurs
      ? {
          localOptions: services.localRunner.optionsFor(model, sizeOf(request)),
          keepAlive: services.settings().local.keepAlive,
        }
      : {}),
  };
}
