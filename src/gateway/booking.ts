import type { CostStamp } from "../core/stamp.ts";
import type { Usage } from "../core/usage.ts";
import type { Attempt } from "./attempt.ts";

/** A booked answer: the usage it was booked with, and what it cost. */
export interface Booked {
  readonly usage: Usage;
  readonly cost: CostStamp;
}

/** Books a whole answer by the provider's own counts, or where it stated none by an estimate, which the ledger then says. */
export function bookAnswer(attempt: Attempt, stated: Usage | undefined, estimate: () => Usage): Booked {
  const isCounted = stated !== undefined;
  const usage = stated ?? estimate();
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
