import type { Plan, PlannedTarget } from "../../core/plan.ts";
import type { ClassVerdict } from "../../core/routing/decision.ts";
import { targetName } from "../../core/target.ts";

/** `auto>free` of a request of a known class is `auto:bug_fix>classifier>free`: the class, and who said so; also behind an alias. */
function reasonWith(reason: string, { taskClass, source }: ClassVerdict): string {
  return taskClass === null ? reason : reason.replace(/(?<=^|>)auto(?=>|$)/, `auto:${taskClass}>${source}`);
}

/**
 * A plan in another order: by `order` (names), the rest as it was. The home of signed thinking is where the conversation was, else
 * where it now begins.
 */
export function reorder(plan: Plan, order: readonly string[], home: string | null, verdict: ClassVerdict): Plan {
  const places = new Map(order.map((name, index) => [name, index]));
  const placeOf = ({ target }: PlannedTarget): number => places.get(targetName(target)) ?? order.length;
  const sorted = [...plan.targets].sort((left, right) => placeOf(left) - placeOf(right));
  const homeProvider = home?.split("/")[0] ?? (order.length === 0 ? null : sorted[0]?.target.provider);
  const targets = sorted.map((planned) => ({
    ...planned,
    isHome: homeProvider === null ? planned.isHome : planned.target.provider === homeProvider,
    reason: reasonWith(planned.reason, verdict),
  }));
  return { ...plan, targets };
}
