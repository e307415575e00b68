import { fnv1a } from "../../core/fnv.ts";
import { isMeasured } from "../../core/routing/candidates.ts";
import { keptSignals, type RouteDecision } from "../../core/routing/decision.ts";
import type { StoredCandidate, StoredRoute } from "../../core/routing/stored-route.ts";
import type { Answered, Question } from "./decide.ts";

function storedCandidates({ choice }: RouteDecision): readonly StoredCandidate[] {
  return choice.judged.map(({ candidate }) => {
    const { name, isLocal, belief, expected, costNanoUsd, cacheNanoUsd, latencyMs, block } = candidate;
    const { mean, low, high } = belief;
    const known = { mean, low, high, isMeasured: isMeasured(belief), expected };
    return { name, isLocal, ...known, costNanoUsd, cacheNanoUsd, latencyMs, block: block?.kind ?? null };
  });
}

/** What trying another model is expected to cost more than the cheapest that is good enough; in shadow mode nothing is tried. */
export function exploredNanoUsd({ choice, floor, mode }: Pick<RouteDecision, "choice" | "floor" | "mode">): number {
  const { why, chosen, judged } = choice;
  if (mode === "shadow") return 0;
  if (why !== "explored" || chosen === null) return 0;
  const good = judged.filter(({ candidate }) => candidate.block === null && candidate.expected >= floor.value);
  const costs = good.flatMap(({ candidate }) => candidate.costNanoUsd ?? []);
  return Math.max(0, (chosen.costNanoUsd ?? 0) - Math.min(...costs, chosen.costNanoUsd ?? 0));
}

/** A decision as it is kept: its numbers, and of the request nothing that was said. */
export function storedRoute(
  decision: RouteDecision,
  { question, answered, conversationId }: { question: Question; answered: Answered; conversationId: string },
  { at, dial }: { readonly at: number; readonly dial: number },
): StoredRoute {
  const { choice, verdict, floor, mode, usual, first, sentBy, rule } = decision;
  const sentTo = sentBy === "rule" || sentBy === "chain" ? first : null;
  return {
    requestId: question.call.requestId,
    at,
    mode,
    ...verdictOf(verdict),
    difficulty: answered.difficulty?.value ?? null,
    why: choice.defaultWhy ?? choice.why,
    chosen: choice.chosen?.name ?? sentTo,
    usual,
    rule,
    floor: floor.value,
    dial,
    conversation: fnv1a(conversationId).toString(16).padStart(8, "0"),
    current: question.conversation?.target ?? null,
    signals: keptSignals(question.signals),
    candidates: storedCandidates(decision),
    exploredNanoUsd: exploredNanoUsd(decision),
    outcome: null,
  };
}

function verdictOf({ taskClass, source, probability }: RouteDecision["verdict"]) {
  return { taskClass, classSource: source, probability };
}
