import type { BudgetState } from "../../core/budget/budget.ts";
import { leftOf } from "../../core/budget/cells.ts";
import type { Plan } from "../../core/plan.ts";
import { costOf, type RateCard } from "../../core/price.ts";
import { type Block, type Candidate, difficultyShare, expectedQuality } from "../../core/routing/candidates.ts";
import type { ModelFacts } from "../../core/routing/quality.ts";
import type { Signals } from "../../core/routing/signals.ts";
import type { TaskClass } from "../../core/routing/task-class.ts";
import { targetName } from "../../core/target.ts";
import type { Usage } from "../../core/usage.ts";
import type { ChatCall } from "../call.ts";
import type { Difficulty, LocalTime, RouterServices, RouterWorld } from "./surroundings.ts";

/** One request, as far as its candidates depend on it. */
export interface Wanted {
  readonly call: ChatCall;
  readonly signals: Signals;
  readonly taskClass: TaskClass | null;
  readonly difficulty: Difficulty | null;
  /** The conversation's model, and the tokens that its provider still has in its cache. */
  readonly cached: { readonly name: string; readonly tokens: number } | null;
  /** Most that the request may be expected to cost; null for no limit. */
  readonly ceilingNanoUsd: number | null;
}

/** A model that a plan leads to, wherever and with whatever account. */
interface Place {
  readonly provider: string;
  readonly model: string;
  readonly isLocal: boolean;
  readonly coolingUntil: number | null;
}

/** Tokens of an answer whose length nobody limited or measured. */
const USUAL_OUTPUT = 600;
/** The class that is believed of what nobody could tell. */
const UNKNOWN_CLASS = "general";

function placesOf(plan: Plan): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { target, isLocal } of plan.targets) {
    const { provider, model } = target;
    const name = targetName(target);
    if (!places.has(name)) places.set(name, { provider, model, isLocal, coolingUntil: null });
  }
  for (const { target, untilMs } of plan.skipped) {
    const { provider, model } = target;
    const name = targetName(target);
    if (!places.has(name)) places.set(name, { provider, model, isLocal: false, coolingUntil: untilMs });
  }
  return [...places.values()];
}

function usageOf(inputTokens: number, cachedTokens: number, outputTokens: number): Usage {
  return {
    input: { uncached: inputTokens - cachedTokens, cacheRead: cachedTokens, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: outputTokens, reasoning: 0 },
    raw: null,
  };
}

function tokensOf(place: Place, { call, taskClass }: Wanted, { runs }: RouterWorld) {
  const run = runs.of(targetName(place), taskClass);
  const most = call.request.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const outputTokens = Math.round(Math.min(most, run?.outputTokens ?? USUAL_OUTPUT));
  return { outputTokens, tokens: run?.basis ?? ("estimate" as const), durationMs: run?.durationMs ?? null };
}

/** What a request costs at a model, and what of that the conversation's cached prompt saves there. */
function costAt(place: Place, outputTokens: number, wanted: Wanted, rates: RateCard | null) {
  if (place.isLocal) return { costNanoUsd: 0, cacheNanoUsd: 0 };
  if (rates === null) return { costNanoUsd: null, cacheNanoUsd: 0 };
  const { inputTokens } = wanted.signals;
  const cached = wanted.cached?.name === targetName(place) ? wanted.cached.tokens : 0;
  const costNanoUsd = costOf(usageOf(inputTokens, cached, outputTokens), rates).nanoUsd;
  if (cached === 0) return { costNanoUsd, cacheNanoUsd: 0 };
  const cold = costOf(usageOf(inputTokens, 0, outputTokens), rates).nanoUsd;
  return { costNanoUsd, cacheNanoUsd: Math.max(0, cold - costNanoUsd) };
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}

function abilityBlock(place: Place, { signals }: Wanted, world: RouterWorld): Block | null {
  const facts = world.abilitiesOf(place.provider, place.model);
  if (signals.imageCount > 0 && facts.canReadImages === false) return { kind: "no-images", words: "reads no images" };
  if (signals.toolCount > 0 && facts.canUseTools === false) return { kind: "no-tools", words: "uses no tools" };
  if (facts.contextTokens !== null && signals.inputTokens > facts.contextTokens)
    return { kind: "context", words: `reads at most ${facts.contextTokens} tokens` };
  return null;
}

/** A ledger that cannot be read blocks nothing here: the attempt itself is refused then, and says why. */
function bindingBudgets(place: Place, { call }: Wanted, { budgets }: RouterServices): readonly BudgetState[] {
  try {
    return budgets.statesOf(call.caller, place).filter(({ budget }) => budget.over !== "warn");
  } catch (error) {
    if (error instanceof Error) return [];
    throw error;
  }
}

function budgetBlock(place: Place, costNanoUsd: number | null, wanted: Wanted, services: RouterServices): Block | null {
  if (place.isLocal) return null;
  const binding = bindingBudgets(place, wanted, services);
  if (costNanoUsd === null) {
    const strict = binding.find(({ budget }) => !budget.isUnpricedAllowed);
    if (strict === undefined) return null;
    return { kind: "unpriced", words: `no price is known, and the budget ${strict.budget.id} wants one` };
  }
  const tight = binding.find((state) => leftOf(state) < costNanoUsd);
  return tight === undefined ? null : { kind: "over-budget", words: `the budget ${tight.budget.id} is used up` };
}

function keyBlock(place: Place, { call }: Wanted, services: RouterServices): Block | null {
  const configured = services.settings().providers.find(({ provider }) => provider.id === place.provider);
  const lacksKey = configured?.auth === "client" && call.caller.credential === null;
  return lacksKey ? { kind: "no-key", words: "wants the client's own credential, and none was sent" } : null;
}

function timeBlock(
  { coolingUntil }: Place,
  time: LocalTime | null,
  { call }: Wanted,
  services: RouterServices,
): Block | null {
  if (coolingUntil !== null)
    return { kind: "cooling-down", words: `cools down for ${seconds(coolingUntil - services.clock.now())}` };
  const { overflowMs } = services.settings().local;
  const isBusy = time !== null && overflowMs !== null && time.waitMs > overflowMs && call.isBatch !== true;
  return isBusy ? { kind: "busy", words: `busy for about ${seconds(time.waitMs)}` } : null;
}

function ceilingBlock(costNanoUsd: number | null, { ceilingNanoUsd }: Wanted): Block | null {
  const isDear = ceilingNanoUsd !== null && (costNanoUsd ?? Number.POSITIVE_INFINITY) > ceilingNanoUsd;
  return isDear ? { kind: "ceiling", words: "above the rule's ceiling" } : null;
}

function traitsOf({ provider, model, isLocal }: Place, rates: RateCard | null, world: RouterWorld): ModelFacts {
  const output = rates?.output;
  const listed = typeof output === "number" ? output : (output?.base ?? null);
  const parametersBillions = world.parametersOf(provider, model);
  return { provider, model, isLocal, parametersBillions, outputUsdPerMillion: isLocal ? 0 : listed };
}

/** A model's chance, cost and time for one request, and what keeps it from being asked. */
function candidateAt(place: Place, wanted: Wanted, world: RouterWorld, services: RouterServices): Candidate {
  const { provider, model, isLocal } = place;
  const rates = isLocal ? null : (services.prices.priceOf(provider, model, services.clock.now())?.rates ?? null);
  const { outputTokens, tokens, durationMs } = tokensOf(place, wanted, world);
  const traits = traitsOf(place, rates, world);
  const belief = world.believe(traits, wanted.taskClass ?? UNKNOWN_CLASS);
  const cost = costAt(place, outputTokens, wanted, rates);
  const size = { promptTokens: wanted.signals.inputTokens, outputTokens };
  const time = isLocal ? world.localTime(provider, model, size) : null;
  return {
    name: targetName(place),
    isLocal,
    belief,
    expected: expectedQuality(belief, wanted.difficulty, difficultyShare(isLocal, traits.parametersBillions)),
    ...cost,
    outputTokens,
    tokens,
    latencyMs: time?.totalMs ?? durationMs,
    isLoaded: isLocal ? world.isLoaded(provider, model) : null,
    block:
      keyBlock(place, wanted, services) ??
      abilityBlock(place, wanted, world) ??
      budgetBlock(place, cost.costNanoUsd, wanted, services) ??
      ceilingBlock(cost.costNanoUsd, wanted) ??
      timeBlock(place, time, wanted, services),
  };
}

/** Every model that a plan leads to, in its order, as it would answer one request. */
export function candidatesOf(
  plan: Plan,
  wanted: Wanted,
  world: RouterWorld,
  services: RouterServices,
): readonly Candidate[] {
  return placesOf(plan).map((place) => candidateAt(place, wanted, world, services));
}
