import { type ClientError, refusal } from "../../core/fault.ts";
import type { Plan } from "../../core/plan.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type Conversations, conversationId } from "../../core/routing/conversation.ts";
import type { RouteDecision } from "../../core/routing/decision.ts";
import type { PolicyChoice } from "../../core/routing/policy.ts";
import { evaluateRules } from "../../core/routing/rules/evaluate.ts";
import type { RuleVerdict } from "../../core/routing/rules/verdict.ts";
import { readSignals } from "../../core/routing/signals.ts";
import { targetName } from "../../core/target.ts";
import type { ChatCall } from "../call.ts";
import { type Answered, answerQuestion, classOf, type Question } from "./decide.ts";
import type { DialBook } from "./dial-book.ts";
import type { ExploreBook } from "./explore-book.ts";
import { isAutoFor, isRuleFor, joinPlans, type PlanFor, plannerOf } from "./plan-for.ts";
import { reorder } from "./reorder.ts";
import { underRules, withinCeiling } from "./rule-effects.ts";
import { ruleFactsOf } from "./rule-facts.ts";
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

/** The first model that could be asked. */
function firstOf({ targets }: Plan): string | null {
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
    guess ??= world.classify(signals.text);
    return guess;
  });
  const compiled = world.rulesOf(call.caller.project);
  const { model } = call.request;
  const isAuto = isAutoFor(model, call.caller.project, services);
  const facts = ruleFactsOf(call, signals, () => verdict.taskClass, isAuto, parts);
  const rules = isRuleFor(compiled, model, isAuto) ? evaluateRules(compiled, facts) : null;
  const exploreLeftNanoUsd = exploring.leftNanoUsd();
  const calibrated = dials.floors();
  // What is expected to be paid follows from the request as the rules leave it.
  const ruled = rules === null ? call : underRules(call, rules);
  return {
    id,
    question: { call: ruled, isAuto, signals, conversation, verdict, guess, rules, exploreLeftNanoUsd, calibrated },
  };
}

/** The class's own chain where the user, or the project, has one. */
function ownChainOf({ call, verdict }: Question, services: RouterServices): string | null {
  const { directory } = services.project(call.caller.project) ?? { directory: services.directory() };
  const { taskClass } = verdict;
  return taskClass !== null && Object.hasOwn(directory.chains, taskClass) ? taskClass : null;
}

function deniedError({ by, message }: NonNullable<RuleVerdict["denied"]>): ClientError {
  const words = message === "" ? "It says no more." : message;
  return refusal("rule_denied", `The routing rule "${by.name}" refuses this request: ${words}`, {
    status: 403,
    type: "permission_error",
  });
}

/** Where a request may go: what decides that, and the plan that it leads to. */
interface Field {
  readonly by: RouteDecision["sentBy"];
  readonly plan: Result<Plan, ClientError>;
}

/** A rule's names come first, then the name that was asked for, then the class's own chain, and only then the policy. */
function fieldOf(question: Question, ownChain: string | null, planFor: PlanFor, services: RouterServices): Field {
  const { call, rules, isAuto } = question;
  const { model } = call.request;
  const { pool } = services.settings().routing;
  if (rules !== null && rules.names !== null) return { by: "rule", plan: joinPlans(rules.names, planFor) };
  if (!isAuto) return { by: "name", plan: planFor(model) };
  if (ownChain !== null) return { by: "chain", plan: planFor(model, ownChain) };
  return { by: "policy", plan: plannerOf(call, services, pool)(model) };
}

function ruleNameOf({ rules }: Question): string | null {
  return rules?.rule?.name ?? null;
}

/** The plan that is to be tried. In shadow mode, and where the router has nothing to say, it is the one of the name alone. */
function planOf(
  { order }: PolicyChoice,
  mode: RouteDecision["mode"],
  usual: Plan,
  field: Plan,
  question: Question,
  by: Field["by"],
): Plan {
  if (mode === "shadow") return usual;
  const home = question.conversation?.target ?? null;
  if (by === "rule") {
    const prefix = `rule:${ruleNameOf(question)}>`;
    return { ...field, targets: field.targets.map((planned) => ({ ...planned, reason: prefix + planned.reason })) };
  }
  if (by === "name") return usual;
  const isAsUsual = by === "policy" && order.length === 0;
  return reorder(isAsUsual ? usual : field, order, home, question.verdict);
}

/** Makes what decides: it looks at a request, and changes nothing. */
export function createConsider(parts: ConsiderParts) {
  const { services } = parts;
  return function consider(call: ChatCall, planFor: PlanFor): Result<Considered, ClientError> {
    const { question, id } = ask(call, parts);
    const { rules, verdict } = question;
    if (rules !== null && rules.denied !== null) return failure(deniedError(rules.denied));
    const ownChain = ownChainOf(question, services);
    const usual = planFor(call.request.model);
    const field = fieldOf(question, ownChain, planFor, services);
    const mode = services.settings().routing.mode === "on" && call.routeWish !== "shadow" ? "on" : "shadow";
    // A pool, or a class's own chain, works where nothing of the default chain does.
    const base = mode === "on" && (field.by === "rule" || !usual.ok) ? field.plan : usual;
    if (!base.ok) return base;
    const plan = field.plan.ok ? field.plan.value : base.value;
    const answered = answerQuestion(question, plan, field.by, parts);
    const usualPlan = usual.ok ? usual.value : base.value;
    const tried = planOf(answered.choice, mode, usualPlan, plan, question, field.by);
    const candidates = answered.choice.judged.map(({ candidate }) => candidate);
    const held = rules === null ? success(tried) : withinCeiling(tried, candidates, rules);
    if (!held.ok) return held;
    const decision: RouteDecision = {
      requested: call.request.model,
      mode,
      verdict,
      floor: answered.floor,
      choice: answered.choice,
      usual: usual.ok ? firstOf(usual.value) : null,
      first: mode === "on" ? firstOf(held.value) : (answered.choice.chosen?.name ?? firstOf(plan)),
      sentBy: field.by,
      rule: ruleNameOf(question),
    };
    return success({ question, answered, decision, plan: held.value, conversationId: id });
  };
}
