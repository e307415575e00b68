import type { JsonObject } from "./json.ts";
import { type NanoUsd, toUsd } from "./money.ts";
import type { UsageSource } from "./usage.ts";

/** What one answer cost, as every reply and last stream event carries it in its usage object. */
export interface CostStamp {
  readonly costNanoUsd: NanoUsd | null;
  readonly reason: string | null;
  readonly inputNanoUsd: NanoUsd | null;
  readonly outputNanoUsd: NanoUsd | null;
  readonly savedNanoUsd: NanoUsd | null;
  readonly usageSource: UsageSource;
  readonly priceId: string | null;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly requestId: string;
  /** What happened on the way, where the client asked for it. */
  readonly metadata?: JsonObject;
}

function usdOrNull(nano: NanoUsd | null): number | null {
  return nano === null ? null : toUsd(nano);
}

/** The members that go into the usage object of every dialect: `cost`, `cost_details`, `cost_saved`, `usage_source`. Dollars. */
export function stampFields(stamp: CostStamp): JsonObject {
  return {
    cost: usdOrNull(stamp.costNanoUsd),
    cost_details: {
      input: usdOrNull(stamp.inputNanoUsd),
      output: usdOrNull(stamp.outputNanoUsd),
      reason: stamp.reason,
      price_id: stamp.priceId,
      model: stamp.target,
      request_id: stamp.requestId,
    },
    cost_saved: usdOrNull(stamp.savedNanoUsd),
    usage_source: stamp.usageSource,
    ...(stamp.metadata === undefined ? {} : { lodestar_metadata: stamp.metadata }),
  };
}
