import { leftOf } from "../../core/budget/cells.ts";
import type { HealthWord } from "../../core/routing/rules/rule.ts";
import type { RuleFacts } from "../../core/routing/rules/verdict.ts";
import type { Signals } from "../../core/routing/signals.ts";
import type { ChatCall } from "../call.ts";
import type { RouterServices, RouterWorld } from "./surroundings.ts";

/** Asked once, at the first time that somebody wants to know. */
function once<Value>(read: () => Value): () => Value {
  let known: { readonly value: Value } | null = null;
  return () => {
    known ??= { value: read() };
    return known.value;
  };
}

function budgetLeft({ caller }: ChatCall, { budgets }: RouterServices): ReturnType<RuleFacts["budgetLeft"]> {
  try {
    const lefts = budgets.statesOf(caller).map((state) => {
      const nanoUsd = Math.max(0, leftOf(state));
      return { nanoUsd, share: state.budget.limitNanoUsd === 0 ? 0 : nanoUsd / state.budget.limitNanoUsd };
    });
    return lefts.sort((left, right) => left.nanoUsd - right.nanoUsd)[0] ?? null;
  } catch (error) {
    // A ledger that cannot be read says nothing of what is left.
    if (error instanceof Error) return null;
    throw error;
  }
}

function healthOf(provider: string, model: string | null, services: RouterServices): HealthWord | null {
  const configured = services.settings().providers.find((entry) => entry.provider.id === provider);
  if (configured === undefined) return null;
  const { accounts } = configured;
  const out = accounts.filter(
    ({ id }) => services.health.coolingUntil(provider, id, model ?? undefined) !== null,
  ).length;
  if (out === 0 && accounts.length > 0) return "ok";
  return out === accounts.length ? "down" : "degraded";
}

function toolNames({ request }: ChatCall): readonly string[] {
  return (request.tools ?? []).flatMap((tool) => (tool.type === "function" ? [tool.name] : []));
}

/** What rules may ask of a request; `task` finds its class where the client states none. */
export function ruleFactsOf(
  call: ChatCall,
  signals: Signals,
  task: () => string | null,
  isAuto: boolean,
  { world, services }: { readonly world: RouterWorld; readonly services: RouterServices },
): RuleFacts {
  const { caller, request, header } = call;
  return {
    requested: request.model,
    isAuto,
    project: caller.project,
    key: caller.keyId === null ? null : world.keyNameOf(caller.keyId),
    tag: caller.tag,
    client: caller.client,
    now: services.clock.now(),
    header: (name) => header?.(name) ?? null,
    signals: () => signals,
    toolNames: once(() => toolNames(call)),
    task: once(() => call.task ?? task()),
    budgetLeft: once(() => budgetLeft(call, services)),
    loaded: once(world.loaded),
    health: (provider, model) => healthOf(provider, model, services),
  };
}
