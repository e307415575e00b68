import type { ClientError } from "../../core/fault.ts";
import type { Plan } from "../../core/plan.ts";
import { type Result, success } from "../../core/result.ts";
import type { FeatureWeight } from "../../core/routing/classifier.ts";
import { type Conversation, createConversations } from "../../core/routing/conversation.ts";
import { routeHeader } from "../../core/routing/decision.ts";
import { targetName } from "../../core/target.ts";
import type { ChatCall } from "../call.ts";
import { type Considered, type ConsiderParts, createConsider } from "./consider.ts";
import { isAutoFor, isRuleFor, type PlanFor, plannerOf } from "./plan-for.ts";
import type { Regenerations } from "./regenerations.ts";
import type { RouteWriter } from "./route-writer.ts";
import { exploredNanoUsd, storedRoute } from "./store-route.ts";

/** A request that the router has looked at. */
export interface Routed {
  readonly call: ChatCall;
  readonly plan: Plan;
  readonly headers: Readonly<Record<string, string>>;
  /** A model has answered: its conversation stays with it. */
  answered(target: { readonly provider: string; readonly model: string }): void;
}

/** Chooses the model of requests for `auto`. */
export interface Router {
  /** Whether requests of this name are looked at: it means `auto`, or a rule is about it. All others pass untouched. */
  wants(requested: string, project: string | null): boolean;
  route(call: ChatCall, planFor: PlanFor): Result<Routed, ClientError>;
  /** What would be decided now; nothing is remembered of it. */
  consider(call: ChatCall): Result<Considered, ClientError>;
  /** What in a text spoke most for its class, the strongest first; slow. */
  spokeFor(text: string): readonly FeatureWeight[];
}

/** What a router stands on. */
export interface RouterParts extends Omit<ConsiderParts, "conversations"> {
  readonly writer: Pick<RouteWriter, "add">;
  readonly regenerations: Regenerations;
}

function stallOf({ question, answered }: Considered): Conversation["stall"] {
  const failed = question.signals.failedToolCalls;
  if (answered.choice.why !== "stalled" || failed === null) return question.conversation?.stall ?? null;
  return { signature: failed.signature, timesInARow: failed.timesInARow };
}

/** Makes a router. Nothing is read or loaded before the first request that it is asked about. */
export function createRouter(parts: RouterParts): Router {
  const { services, world, exploring, writer, regenerations } = parts;
  const conversations = createConversations();
  const consider = createConsider({ ...parts, conversations });

  function remember(considered: Considered, answeredBy: { readonly provider: string; readonly model: string }): void {
    const target = targetName(answeredBy);
    regenerations.answered(considered, answeredBy);
    const { question, conversationId } = considered;
    const { taskClass } = question.verdict;
    const { inputTokens } = question.signals;
    const at = services.clock.now();
    conversations.note(conversationId, { target, taskClass, inputTokens, at, stall: stallOf(considered) });
  }

  function keep(considered: Considered): void {
    const { decision } = considered;
    exploring.spent(exploredNanoUsd(decision));
    const { dial } = services.settings().routing;
    const now = services.clock.now();
    writer.add(storedRoute(decision, considered, { at: now, dial }));
    // Beside the request: the first one must not wait for the ledger's sums.
    world.later(() => world.runs.learn(now));
  }

  return {
    wants(requested, project) {
      const isAuto = isAutoFor(requested, project, services);
      if (isAuto && services.settings().routing.mode !== "off") return true;
      return isRuleFor(world.rulesOf(project), requested, isAuto);
    },
    consider: (call) => consider(call, plannerOf(call, services)),
    spokeFor: world.spokeFor,
    route(call, planFor) {
      const considered = consider(call, planFor);
      if (!considered.ok) return considered;
      const { decision, plan, question } = considered.value;
      const { isAuto } = question;
      // A request that was named and that no rule is about is not the router's.
      const isOn = services.settings().routing.mode !== "off";
      const isOurs = isOn && (isAuto || decision.rule !== null);
      if (isOurs) {
        keep(considered.value);
        regenerations.asked(considered.value);
      }
      const { call: ruled } = question;
      return success({
        call: isOurs && isAuto ? { ...ruled, task: decision.verdict.taskClass ?? call.task } : ruled,
        plan,
        headers: isOurs ? { "x-lodestar-route": routeHeader(decision) } : {},
        answered: (target) => remember(considered.value, target),
      });
    },
  };
}
