import type { EncodeTarget } from "../dialects/dialect.ts";
import type { Attempt } from "./attempt.ts";
import type { Services } from "./services.ts";

/** What a codec must know of the target an attempt goes to. */
export function encodeTargetOf(attempt: Attempt, services: Services): EncodeTarget {
  const { provider, model } = attempt.planned.target;
  const { quirks } = attempt.configured.provider;
  const { maxOutputTokens } = services.prices.factsOf(provider, model);
  const { streamUsageFlag: _flag, refusedFields: _refused, ...wire } = quirks ?? {};
  return {
    provider,
    model,
    ...wire,
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    ...services.localGate.termsOf(attempt),
  };
}
