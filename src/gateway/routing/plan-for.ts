import { meansAuto } from "../../core/expand.ts";
import type { ClientError } from "../../core/fault.ts";
import { makePlan, type Plan, type PlanInput, type PlannedTarget } from "../../core/plan.ts";
import { type Result, success } from "../../core/result.ts";
import type { CompiledRules } from "../../core/routing/rules/compile.ts";
import type { Call } from "../call.ts";
import type { RouterServices } from "./surroundings.ts";

/** The plan that a name leads to for one caller; `task`: the class whose own chain `auto` follows, instead of the call's. */
export type PlanFor = (requested: string, task?: string | null) => Result<Plan, ClientError>;

/** Where a caller's names are looked up: the project's own before the user's, which alone say what a key's list means. */
function namesFor({ project }: Call["caller"], services: RouterServices): Pick<PlanInput, "directory" | "project"> {
  const view = services.project(project);
  const directory = services.directory();
  if (view === null) return { directory };
  return { directory: view.directory, project: { models: view.project.models, userDirectory: directory } };
}

/** Whether a caller of a project means `auto` by a name: itself, an alias of it, or a chain of nothing else. */
export function isAutoFor(requested: string, project: string | null, services: RouterServices): boolean {
  if (requested === "auto") return true;
  const { directory } = services.project(project) ?? { directory: services.directory() };
  return meansAuto(requested, directory);
}

/** Whether some rule is about a name that was asked for. */
export function isRuleFor(rules: CompiledRules | null, requested: string, isAuto: boolean): rules is CompiledRules {
  if (rules === null) return false;
  return rules.requested.one(requested) || (isAuto && rules.requested.one("auto"));
}

/** The user's pool in the place of the default chain, unless the project has a default chain of its own. */
function withPool(
  names: Pick<PlanInput, "directory" | "project">,
  pool: readonly string[],
): Pick<PlanInput, "directory" | "project"> {
  const { directory, project } = names;
  const users = project?.userDirectory ?? directory;
  const isProjects = directory.chains.default !== users.chains.default;
  if (pool.length === 0 || isProjects) return names;
  const pooled = { ...directory, chains: { ...directory.chains, default: pool } };
  if (project === undefined) return { directory: pooled };
  return { directory: pooled, project: { ...project, userDirectory: { ...users, chains: pooled.chains } } };
}

function keyOf({ target }: PlannedTarget): string {
  return `${target.provider}/${target.model} ${target.account}`;
}

/** The plans of several names as one, in their order; the first one's problem where none of them leads anywhere now. */
export function joinPlans(names: readonly string[], planFor: PlanFor): Result<Plan, ClientError> {
  const plans = names.map((name) => planFor(name));
  const [first, ...others] = plans.filter((plan) => plan.ok).map(({ value }) => value);
  if (first === undefined) return plans[0] ?? planFor("auto");
  const known = new Set(first.targets.map(keyOf));
  const more = others.flatMap(({ targets }) => targets).filter((planned) => !known.has(keyOf(planned)));
  const skipped = [first, ...others].flatMap((plan) => plan.skipped);
  return success({ ...first, targets: [...first.targets, ...more], skipped });
}

/** What the plans of one call follow from; `pool` takes the place of the default chain. */
export function plannerOf(call: Call, services: RouterServices, pool: readonly string[] = []): PlanFor {
  const { allowedModels } = call.caller;
  const { coolingUntil, pausedBy } = services.health;
  const names = withPool(namesFor(call.caller, services), pool);
  return (requested, task = call.task) =>
    makePlan({ ...names, allowedModels, coolingUntil, pausedBy, requested, task }, services.clock.now());
}
