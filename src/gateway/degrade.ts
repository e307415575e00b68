import type { BudgetRefusal } from "../core/budget/book.ts";
import type { ClientError } from "../core/fault.ts";
import { ESTIMATE_MARGIN, inputTokensFor } from "../core/input-bound.ts";
import type { Plan, PlannedTarget } from "../core/plan.ts";
import type { Result } from "../core/result.ts";
import { substitutesFor } from "../core/substitute.ts";
import { targetName } from "../core/target.ts";
import type { Demand } from "./demand.ts";
import type { Services } from "./services.ts";

/** A request whose plan may have to go on with free models. */
export interface Degradable {
  readonly plan: Plan;
  readonly demand: (() => Demand) | null;
  /** The plan that another name would lead to, for this caller. */
  readonly planFor: (requested: string) => Result<Plan, ClientError>;
}

/** Last step of the reason for a target that stands in for one that a budget refused; no alias or chain is told like it. */
const STEP = ">degraded";
/** A client that was told of a budget does not wait for more local models than these. */
const MOST_SUBSTITUTES = 3;
/** An answer of this length should have room; a client's own limit is mostly far above what it needs. */
const ANSWER_TOKENS = 1_000;

/** The client named a model: it gets that one or none. */
function isExplicit({ targets }: Plan): boolean {
  return targets.every(({ reason }) => reason === "explicit" || reason === "bare-name");
}

/** Whether a target stands in for one that a budget refused. */
export function isSubstitute({ reason }: PlannedTarget): boolean {
  return reason.endsWith(STEP);
}

function findSubstitutes({ plan, demand, planFor }: Degradable, services: Services): readonly PlannedTarget[] {
  const asked = demand?.() ?? null;
  if (asked === null || asked.needs === null) return [];
  const tokens =
    Math.ceil(inputTokensFor(asked.input, "") / ESTIMATE_MARGIN) +
    Math.min(asked.maxOutputTokens ?? ANSWER_TOKENS, ANSWER_TOKENS);
  const models = substitutesFor(services.budgets.freeModels(), { ...asked.needs, tokens });
  const planned = models.slice(0, MOST_SUBSTITUTES).flatMap((model) => {
    const found = planFor(targetName(model));
    return found.ok ? found.value.targets : [];
  });
  const known = new Set(plan.targets.map(({ target }) => targetName(target)));
  const [first] = plan.targets;
  return planned
    .filter(({ target }) => !known.has(targetName(target)))
    .map((target) => ({ ...target, isHome: false, reason: `${first?.reason ?? plan.requested}${STEP}` }));
}

/**
 * After a budget refused a target: the plan with free models at its end, where that budget would rather have them answer and
 * the client named no model of its own. They must have the tools, the images and the context that the request needs, and
 * whoever asks must be allowed to use them.
 */
export function withSubstitutes(job: Degradable, refusal: BudgetRefusal | null, services: Services): Plan {
  const { plan } = job;
  if (refusal?.mayDegrade !== true || isExplicit(plan) || plan.targets.some(isSubstitute)) return plan;
  return { ...plan, targets: [...plan.targets, ...findSubstitutes(job, services)] };
}
