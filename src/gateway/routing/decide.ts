import type { Plan } from "../../core/plan.ts";
import { type Conversation, cachedTokens, isNewStall } from "../../core/routing/conversation.ts";
import type { ClassVerdict } from "../../core/routing/decision.ts";
import { choosePolicy, type DefaultWhy, leaveAsIs, type PolicyChoice } from "../../core/routing/policy.ts";
import { type Floor, floorOf, isWished } from "../../core/routing/policy-dial.ts";
import type { RuleVerdict } from "../../core/routing/rules/verdict.ts";
import type { Signals } from "../../core/routing/signals.ts";
import { isTaskClass } from "../../core/routing/task-class.ts";
import type { ChatCall } from "../call.ts";
import { candidatesOf } from "./candidates.ts";
import type { ClassGuess, Difficulty, RouterServices, RouterWorld } from "./surroundings.ts";

/** One request before it is decided where it goes. */
export interface Question {
  readonly call: ChatCall;
  /** It was asked for by `auto`, or another word for it. */
  readonly isAuto: boolean;
  readonly signals: Signals;
  readonly conversation: Conversation | null;
  readonly verdict: ClassVerdict;
  /** Null where the classifier was not asked. */
  readonly guess: ClassGuess | null;
  readonly rules: RuleVerdict | null;
  /** What trying other models may still cost today; null: no trying. */
  readonly exploreLeftNanoUsd: number | null;
  /** The dial's floors by own traffic, where there is enough of it. */
  readonly calibrated: readonly number[] | null;
}

/** What the policy says of one request. */
export interface Answered {
  readonly choice: PolicyChoice;
  readonly floor: Floor;
  readonly difficulty: Difficulty | null;
}

/** The class: what the client says, else what the classifier finds, else what the conversation was about. */
export function classOf(
  { task }: Pick<ChatCall, "task">,
  { turn }: Pick<Signals, "turn">,
  conversation: Conversation | null,
  guess: () => ClassGuess,
): ClassVerdict {
  if (task !== null && isTaskClass(task)) return { taskClass: task, source: "header", probability: null };
  const before = conversation?.taskClass ?? null;
  if (turn === "tool-result" && before !== null)
    return { taskClass: before, source: "conversation", probability: null };
  if (turn === "housekeeping") return { taskClass: null, source: "none", probability: null };
  const { taskClass, probabilities, abstained } = guess();
  if (!abstained) return { taskClass, source: "classifier", probability: probabilities[taskClass] };
  if (before !== null) return { taskClass: before, source: "conversation", probability: null };
  return { taskClass: null, source: "none", probability: null };
}

/** Why the policy is not asked; null where it is. */
function fixedBy({ signals }: Question, by: "rule" | "name" | "chain" | "policy"): DefaultWhy | null {
  if (by !== "policy") return by;
  const isEmpty = signals.text.trim() === "" && signals.imageCount === 0 && signals.turn === "user";
  return isEmpty ? "empty" : null;
}

/** Asks the policy which of a plan's models is to answer, where nothing before it decides that (`by`). */
export function answerQuestion(
  question: Question,
  plan: Plan,
  by: "rule" | "name" | "chain" | "policy",
  { world, services }: { readonly world: RouterWorld; readonly services: RouterServices },
): Answered {
  const { call, signals, conversation, verdict, rules } = question;
  const { taskClass } = verdict;
  const { routing } = services.settings();
  const now = services.clock.now();
  const isUser = signals.turn === "user";
  const difficulty = isUser && taskClass !== null ? world.difficultyOf(signals) : null;
  const tokens = cachedTokens(conversation, signals.inputTokens, now);
  const candidates = candidatesOf(
    plan,
    {
      call,
      signals,
      taskClass,
      difficulty,
      cached: conversation === null ? null : { name: conversation.target, tokens },
      ceilingNanoUsd: rules?.ceilingNanoUsd ?? null,
    },
    world,
    services,
  );
  const { isPlan } = signals;
  const floor = floorOf(routing, taskClass, { rule: rules?.floor ?? null, isPlan, calibrated: question.calibrated });
  const left = question.exploreLeftNanoUsd;
  const { share } = routing.explore;
  const fixed = fixedBy(question, by);
  const choice =
    fixed !== null
      ? leaveAsIs(candidates, fixed)
      : choosePolicy({
          candidates,
          taskClass,
          turn: signals.turn,
          isPlan,
          hasTools: signals.toolCount > 0,
          floor: floor.value,
          isWished: isWished(floor, routing.dial),
          current: conversation?.target ?? null,
          isSticky: routing.isSticky && rules?.isStickyOff !== true,
          isStalled: isNewStall(signals.failedToolCalls, conversation),
          explore: left === null ? null : { share, leftNanoUsd: left, chance: services.clock.random() },
        });
  return { choice, floor, difficulty };
}
