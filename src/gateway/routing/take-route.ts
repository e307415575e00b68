import type { ClientError } from "../../core/fault.ts";
import type { Plan } from "../../core/plan.ts";
import type { Result } from "../../core/result.ts";
import type { Call } from "../call.ts";
import { chatCourse } from "../chat-course.ts";
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

/** Plans a request: by the router where its name asks for that, else by its name alone, at no further cost. */
export function takeRoute(course: Course, call: Call, services: Services): Result<Taken, ClientError> {
  const planFor = plannerOf(call, services);
  const { router } = services;
  const { chat } = course;
  if (router === null || chat === undefined || !router.wants(course.requested)) {
    const plan = planFor(course.requested);
    return plan.ok ? { ok: true, value: { course, call, plan: plan.value, planFor, routed: null } } : plan;
  }
  const routed = router.route(chat, planFor);
  if (!routed.ok) return routed;
  const { call: changed, plan } = routed.value;
  const changedCourse = chatCourse(changed, services);
  return { ok: true, value: { course: changedCourse, call: changed, plan, planFor, routed: routed.value } };
}
