import { NANO_PER_USD } from "../../core/money.ts";
import type { PlannedTarget } from "../../core/plan.ts";
import type { Reply } from "../../core/reply.ts";
import { textOfReply } from "../../core/request-text.ts";
import type { CascadeSettings } from "../../core/routing/verify/cascade-settings.ts";
import { targetName } from "../../core/target.ts";
import { estimateTokens, type Usage } from "../../core/usage.ts";
import type { Attempt } from "../attempt.ts";
import type { Job } from "../attempts.ts";
import type { ChatCall, Won } from "../call.ts";
import { estimateUsage } from "../estimate.ts";
import type { Services } from "../services.ts";
import { costAt } from "./cost.ts";
import type { Rejections } from "./rejections.ts";

/** What the cascade is run on: a chat's job, whose answers may be checked. */
export interface CascadeJob extends Job<Won> {
  readonly chat?: ChatCall;
}

/** One request in the cascade. */
export interface Run {
  readonly job: CascadeJob;
  readonly call: ChatCall;
  readonly cascade: CascadeSettings;
  readonly services: Services;
  readonly rejections: Rejections;
  /** Monotonic ms after which nobody else is asked. */
  readonly deadline: number;
  /** An answer before the one at hand is better, and nobody is left to ask. */
  isOver: boolean;
  /** Calls of the judge. */
  judgements: number;
}

/** What an answer used, by the provider's counts or an estimate. */
export function usageOf({ call }: Run, reply: Reply): Usage {
  return reply.usage ?? estimateUsage(call.request, estimateTokens(textOfReply(reply)));
}

function isLate({ services, deadline }: Run): boolean {
  return services.clock.monotonic() >= deadline;
}

/**
 * Whether a target may be asked, now that answers were rejected. A model is not asked twice; and where there is an answer to
 * give, nobody is asked once the time is up.
 */
export function mayAsk(run: Run, planned: PlannedTarget): boolean {
  if (run.isOver || run.rejections.has(planned)) return false;
  return run.rejections.best === null || !isLate(run);
}

/** Whether the cap has room for this answer, those before it, and one like it by the next model. */
function isAffordable(run: Run, { planned }: Attempt, next: PlannedTarget, usage: Usage): boolean {
  const { cascade, rejections, services } = run;
  if (cascade.capUsd === null) return true;
  const costs = [rejections.spentNanoUsd, costAt(planned, usage, services), costAt(next, usage, services)];
  if (costs.includes(null)) return false;
  return costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0) <= cascade.capUsd * NANO_PER_USD;
}

/** Who would be asked if the answer of this attempt were rejected, within the limits; null for nobody. `usage` is the answer's. */
export function nextAfter(run: Run, attempt: Attempt, usage: Usage): PlannedTarget | null {
  const { job, cascade, rejections, services } = run;
  if (rejections.count >= cascade.maxEscalations || isLate(run)) return null;
  const { targets } = job.plan;
  const own = targetName(attempt.planned.target);
  const next = targets.slice(targets.indexOf(attempt.planned) + 1).find((planned) => {
    const { provider, account, model } = planned.target;
    if (targetName(planned.target) === own || rejections.has(planned)) return false;
    return services.health.coolingUntil(provider, account, model) === null;
  });
  return next !== undefined && isAffordable(run, attempt, next, usage) ? next : null;
}
