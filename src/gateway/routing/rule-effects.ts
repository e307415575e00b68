import { type ClientError, refusal } from "../../core/fault.ts";
import { exactUsd, type NanoUsd } from "../../core/money.ts";
import type { Plan } from "../../core/plan.ts";
import type { ChatRequest, ReasoningEffort, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Candidate } from "../../core/routing/candidates.ts";
import { CLAMPED_EFFORTS, type ParameterClamps } from "../../core/routing/rules/rule.ts";
import type { RuleVerdict } from "../../core/routing/rules/verdict.ts";
import { targetName } from "../../core/target.ts";
import { effortForBudget } from "../../dialects/effort.ts";
import type { ChatCall } from "../call.ts";

type Reasoning = NonNullable<ChatRequest["reasoning"]>;

/** A request brought within one limit, and what was changed. */
interface Clamped {
  readonly request: ChatRequest;
  readonly warnings: readonly Warning[];
}

/** What a request without a temperature counts as: the default of nearly every provider. */
const USUAL_TEMPERATURE = 1;

function changed(request: ChatRequest, field: string, value: string | number, rule: string): Clamped {
  return { request, warnings: [{ field, action: "changed", reason: `rule ${rule}: ${value}` }] };
}

function isThinking({ reasoning }: ChatRequest): boolean {
  return reasoning !== undefined && reasoning.effort !== "none" && reasoning.shape !== "disabled";
}

/** A budget of thinking within the new limit: without its shape, every codec finds room for it or leaves it out. */
function fittingReasoning(reasoning: Reasoning | undefined, most: number): Pick<ChatRequest, "reasoning"> {
  if (reasoning?.budgetTokens === undefined || reasoning.budgetTokens < most) return {};
  const { shape: _, ...plain } = reasoning;
  return { reasoning: plain };
}

function clampOutput(request: ChatRequest, most: number | null, rule: string): Clamped | null {
  if (most === null || (request.maxOutputTokens !== undefined && request.maxOutputTokens <= most)) return null;
  const limited = { ...request, maxOutputTokens: most, ...fittingReasoning(request.reasoning, most) };
  return changed(limited, "max_tokens", most, rule);
}

/** Providers take no temperature of ours beside thinking. */
function clampTemperature(request: ChatRequest, most: number | null, rule: string): Clamped | null {
  if (most === null || (request.temperature ?? USUAL_TEMPERATURE) <= most || isThinking(request)) return null;
  return changed({ ...request, temperature: most }, "temperature", most, rule);
}

/** The effort that a request asks for; where it only asks to think, as much as models do by themselves. */
function effortOf({ effort, budgetTokens }: Reasoning): ReasoningEffort {
  return effort ?? (budgetTokens === undefined ? "high" : effortForBudget(budgetTokens));
}

function rankOf(effort: ReasoningEffort): number {
  const rank = (CLAMPED_EFFORTS as readonly ReasoningEffort[]).indexOf(effort);
  return rank === -1 ? CLAMPED_EFFORTS.length : rank;
}

function clampEffort(request: ChatRequest, most: ParameterClamps["maxEffort"], rule: string): Clamped | null {
  const { reasoning } = request;
  if (most === null || reasoning === undefined || !isThinking(request)) return null;
  if (rankOf(effortOf(reasoning)) <= rankOf(most)) return null;
  const { shape: _shape, budgetTokens: _budget, ...plain } = reasoning;
  return changed({ ...request, reasoning: { ...plain, effort: most } }, "reasoning", most, rule);
}

/** Brings a request within the limits of a rule; `rule` is its name, for what is told of it. */
function clampRequest(request: ChatRequest, clamps: ParameterClamps, rule: string): Clamped {
  const steps = [
    (asked: ChatRequest) => clampEffort(asked, clamps.maxEffort, rule),
    (asked: ChatRequest) => clampOutput(asked, clamps.maxOutputTokens, rule),
    (asked: ChatRequest) => clampTemperature(asked, clamps.maxTemperature, rule),
  ];
  return steps.reduce<Clamped>(
    (before, step) => {
      const after = step(before.request);
      return after === null ? before : { request: after.request, warnings: [...before.warnings, ...after.warnings] };
    },
    { request, warnings: [] },
  );
}

/**
 * A call as the rules want it: its parameters within their limits, their word on the cache beside the client's own. The same call
 * where they want nothing of it, so that its bytes still go out as they came.
 */
export function underRules(
  call: ChatCall,
  { rule, limitedBy, cache, clamps }: Pick<RuleVerdict, "rule" | "limitedBy" | "cache" | "clamps">,
): ChatCall {
  if (cache === null && clamps === null) return call;
  const name = [rule, limitedBy].flatMap((one) => (one === null ? [] : [one.name])).join("+");
  const { request, warnings } =
    clamps === null ? { request: call.request, warnings: [] } : clampRequest(call.request, clamps, name);
  const ruled = { ...call, ruled: { cache, warnings } };
  return warnings.length === 0 ? ruled : { ...ruled, request, mustRewrite: true };
}

type Priced = Pick<Candidate, "name" | "isLocal" | "costNanoUsd">;

function tooDear(rule: string, ceilingNanoUsd: NanoUsd, dear: readonly Priced[]): ClientError {
  const [cheapest] = dear
    .filter(({ costNanoUsd }) => costNanoUsd !== null)
    .toSorted((left, right) => (left.costNanoUsd ?? 0) - (right.costNanoUsd ?? 0));
  const least =
    cheapest === undefined
      ? "no price is known of any"
      : `${cheapest.name} would be the cheapest, at about ${exactUsd(cheapest.costNanoUsd ?? 0)}`;
  const message = `The routing rule "${rule}" lets a request cost ${exactUsd(ceilingNanoUsd)} at most, and every model it may go to is expected to cost more: ${least}. Raise its ceilingUsd, or add a cheaper model.`;
  return refusal("rule_ceiling", message, { status: 403, type: "permission_error" });
}

/**
 * A plan without the models that are expected to cost more than a rule allows, whoever named them; those of unknown price count
 * as too dear. Refused where none is left.
 */
export function withinCeiling(
  plan: Plan,
  candidates: readonly Priced[],
  { rule, ceilingNanoUsd }: Pick<RuleVerdict, "rule" | "ceilingNanoUsd">,
): Result<Plan, ClientError> {
  if (rule === null || ceilingNanoUsd === null) return success(plan);
  const dear = candidates.filter(
    ({ isLocal, costNanoUsd }) => !isLocal && (costNanoUsd === null || costNanoUsd > ceilingNanoUsd),
  );
  const names = new Set(dear.map(({ name }) => name));
  const targets = plan.targets.filter(({ target }) => !names.has(targetName(target)));
  return targets.length === 0 ? failure(tooDear(rule.name, ceilingNanoUsd, dear)) : success({ ...plan, targets });
}
