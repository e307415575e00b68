import type { ClientError } from "../../core/fault.ts";
import type { Plan } from "../../core/plan.ts";
import { type Result, success } from "../../core/result.ts";
import { type Conversations, conversationId } from "../../core/routing/conversation.ts";
import type { RouteDecision } from "../../core/routing/decision.ts";
import { readSignals } from "../../core/routing/signals.ts";
import { targetName } from "../../core/target.ts";
import type { ChatCall } from "../call.ts";
import { type Answered, answerQuestion, classOf, type Question } from "./decide.ts";
import type { DialBook } from "./dial-book.ts";
import type { ExploreBook } from "./explore-book.ts";
import { type PlanFor, plannerOf } from "./plan-for.ts";
import { reorder } from "./reorder.ts";
import type { ClassGuess, RouterServices, RouterWorld } from "./surroundings.ts";

/** Everything that a decision was made of. */
export interface Considered {
  readonly question: Question;
  readonly answered: Answered;
  readonly decision: RouteDecision;
  /** What is to be tried. */
  readonly plan: Plan;
  readonly conversationId: string;
}

/** What a decision stands on. */
export interface ConsiderParts {
  readonly services: RouterServices;
  readonly world: RouterWorld;
  readonly conversations: Conversations;
  readonly dials: DialBook;
  readonly exploring: ExploreBook;
}

/** The default chain's first model that could be asked. */
function usualOf({ targets }: Plan): string | null {
  const [first] = targets;
  return first === undefined ? null : targetName(first.target);
}

function ask(call: ChatCall, parts: ConsiderParts): { readonly question: Question; readonly id: string } {
  const { services, world, conversations, dials, exploring } = parts;
  const signals = readSignals(call.request);
  const id = conversationId(call.caller, signals.conversationKey);
  const conversation = conversations.find(id, services.clock.now());
  let guess: ClassGuess | null = null;
  const verdict = classOf(call, signals, conversation, () => {
    guess ??= world.classify(signals);
    return guess;
  });
  const exploreLeftNanoUsd = exploring.leftNanoUsd();
  const calibrated = dials.floors();
  const question = { call, signals, conversation, verdict, guess, rules: null, exploreLeftNanoUsd, calibrated };
  return { id, question };
}

/** The class's own chain where the user, or the project, has one. */
function ownChainOf({ call, verdict }: Question, services: RouterServices): string | null {
  const { directory } = services.project(call.caller.project) ?? { directory: services.directory() };
  const { taskClass } = verdict;
  return taskClass !== null && Object.hasOwn(directory.chains, taskClass) ? taskClass : null;
}

/** The plan that is to be tried: as the router has it, or in shadow mode, and where it has nothing to say, as ever. */
function planOf(
  { mode, ownChain, choice, verdict }: RouteDecision,
  { usual, pool }: { readonly usual: Plan; readonly pool: Plan },
  home: string | null,
): Plan {
  if (mode === "shadow") return usual;
  const order = ownChain === null ? choice.order : [];
  return reorder(order.length === 0 && ownChain === null ? usual : pool, order, home, verdict);
}

/** Makes what decides: it looks at a request, and changes nothing. */
export function createConsider(parts: ConsiderParts) {
  const { services, world } = parts;
  return function consider(call: ChatCall, planFor: PlanFor): Result<Considered, ClientError> {
    const { routing } = services.settings();
    const usual = planFor(call.request.model);
    if (!usual.ok) return usual;
    const { question, id } = ask(call, parts);
    const ownChain = ownChainOf(question, services);
    const pooled = ownChain === null ? plannerOf(call, services, routing.pool)("auto") : planFor("auto", ownChain);
    const pool = pooled.ok ? pooled.value : usual.value;
    const answered = answerQuestion(question, pool, world, services);
    const decision: RouteDecision = {
      mode: routing.mode === "on" && call.routeWish !== "shadow" ? "on" : "shadow",
      verdict: question.verdict,
      floor: answered.floor,
      choice: answered.choice,
      usual: usualOf(usual.value),
      rule: null,
      ownChain,
    };
    const plan = planOf(decision, { usual: usual.value, pool }, question.conversation?.target ?? null);
    return success({ question, answered, decision, plan, conversationId: id });
  };
}
