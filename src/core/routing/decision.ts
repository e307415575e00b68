import type { PolicyChoice } from "./policy.ts";
import type { Floor } from "./policy-dial.ts";
import type { RoutingMode } from "./policy-settings.ts";
import type { Signals } from "./signals.ts";
import type { TaskClass } from "./task-class.ts";

/** Who said what class a request is: its own header, the classifier, the conversation before it, or nobody. */
export type ClassSource = "header" | "classifier" | "conversation" | "none";

/** The class of a request. */
export interface ClassVerdict {
  readonly taskClass: TaskClass | null;
  readonly source: ClassSource;
  /** The classifier's own, 0 to 1; null where it was not asked or abstained. */
  readonly probability: number | null;
}

/** Signals without any text: what may be kept. */
export type KeptSignals = Omit<Signals, "text" | "paths" | "failedToolCalls" | "conversationKey"> & {
  readonly failedTimes: number;
};

/** What was decided for one request, and from what. */
export interface RouteDecision {
  /** The name that was asked for, mostly `auto`. */
  readonly requested: string;
  readonly mode: Exclude<RoutingMode, "off">;
  readonly verdict: ClassVerdict;
  readonly floor: Floor;
  readonly choice: PolicyChoice;
  /** What the default chain would have asked first, `provider/model`; null where nothing could be asked. */
  readonly usual: string | null;
  /** Who said where it goes: a rule's target, a model that was named, the user's own chain for the class, or the policy. */
  readonly sentBy: "rule" | "name" | "chain" | "policy";
  /** What is asked first, in shadow mode what would be, `provider/model`; null where nothing can be. */
  readonly first: string | null;
  /** The rule that matched, if one did: it may have set a floor or a limit only. */
  readonly rule: string | null;
}

/** What of the signals may be written down: nothing that was said. */
export function keptSignals({ text: _text, paths: _paths, conversationKey: _key, ...rest }: Signals): KeptSignals {
  const { failedToolCalls, ...kept } = rest;
  return { ...kept, failedTimes: failedToolCalls?.timesInARow ?? 0 };
}

function shortened(share: number): string {
  return share.toFixed(2);
}

function whyOf({ sentBy, rule, verdict, choice }: RouteDecision): string {
  if (sentBy === "rule") return `rule:${rule}`;
  return sentBy === "chain" ? `chain:${verdict.taskClass}` : (choice.defaultWhy ?? choice.why);
}

/**
 * `x-lodestar-route`: `auto:bug_fix>ollama/qwen2.5-coder:3b; p=0.83; q=0.71; floor=0.70; why=cheapest`. In shadow mode what
 * would have been asked, with `shadow` at its end.
 */
export function routeHeader(decision: RouteDecision): string {
  const { requested, verdict, floor, choice, first, sentBy, rule, mode } = decision;
  const { chosen } = choice;
  const parts = [
    `${requested}${verdict.taskClass === null ? "" : `:${verdict.taskClass}`}${first === null ? "" : `>${first}`}`,
    ...(verdict.probability === null ? [] : [`p=${shortened(verdict.probability)}`]),
    ...(chosen === null ? [] : [`q=${shortened(chosen.expected)}`, `floor=${shortened(floor.value)}`]),
    `why=${whyOf(decision)}`,
    ...(rule !== null && sentBy !== "rule" ? [`rule=${rule}`] : []),
    ...(floor.isRaised ? ["plan"] : []),
    ...(mode === "shadow" ? ["shadow"] : []),
  ];
  return parts
    .join("; ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 300);
}
