import type { ClientError } from "../../core/fault.ts";
import type { Plan } from "../../core/plan.ts";
import { type Result, success } from "../../core/result.ts";
import type { Call } from "../call.ts";
import type { Course } from "../course.ts";
import type { Services } from "../services.ts";
import { type PlanFor, plannerOf } from "./plan-for.ts";
import type { Routed } from "./router.ts";

/** A request with the targets it is to try. */
export interface Taken {
  readonly course: Course;
  readonly call: Call;
  readonly plan: Plan;
  readonly planFor: PlanFor;
  /** Null where the router had nothing to say. */
  readonly routed: Routed | null;
}

function planned(course: Course, call: Call, planFor: PlanFor): Result<Taken, ClientError> {
  const plan = planFor(course.requested);
  return plan.ok ? success({ course, call, plan: plan.value, planFor, routed: null }) : plan;
}

/** Plans a request: by the router where its name asks for that, else by its name alone, at no further cost. */
export function takeRoute(course: Course, call: Call, services: Services): Result<Taken, ClientError> {
  const planFor = plannerOf(call, services);
  const { router, log } = services;
  const { routing } = course;
  const isRouted = router?.wants(course.requested, call.caller.project) === true;
  if (router === null || routing === undefined || !isRouted) return planned(course, call, planFor);
  try {
    const { again } = routing;
    if (again === null) {
      const considered = router.consider(routing.call);
      return considered.ok ? success({ course, call, plan: considered.value.plan, planFor, routed: null }) : considered;
    }
    const routed = router.route(routing.call, planFor);
    if (!routed.ok) return routed;
    const { call: changed, plan } = routed.value;
    return success({ course: again(changed), call: changed, plan, planFor, routed: routed.value });
  } catch (error) {
    // A bug in the router must not cost an answer: the request goes where it would go without one.
    log.write("error", "the router broke", { requestId: call.requestId, stack: bugStack(error) });
    return planned(course, call, planFor);
  }
}

function bugStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
