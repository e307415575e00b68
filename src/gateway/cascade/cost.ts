import type { NanoUsd } from "../../core/money.ts";
import type { PlannedTarget } from "../../core/plan.ts";
import { costOf } from "../../core/price.ts";
import type { Usage } from "../../core/usage.ts";
import type { Services } from "../services.ts";

/** What this usage costs at a target by today's price; null where no price is known. */
export function costAt({ target, isLocal }: PlannedTarget, usage: Usage, services: Services): NanoUsd | null {
  if (isLocal) return 0;
  const price = services.prices.priceOf(target.provider, target.model, services.clock.now(), usage.serviceTier);
  return price === null ? null : costOf(usage, price.rates).nanoUsd;
}
