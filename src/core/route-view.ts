import type { Candidate } from "./routing/candidates.ts";
import type { RouteDecision } from "./routing/decision.ts";
import type { Replay } from "./routing/policy-replay.ts";
import type { RuleTrace } from "./routing/rules/verdict.ts";
import type { StoredRoute } from "./routing/stored-route.ts";
import type { TaskClass } from "./routing/task-class.ts";

/** One model in `route explain`. */
export interface ExplainedCandidate extends Omit<Candidate, "block" | "belief"> {
  readonly quality: Candidate["belief"];
  /** Why it lost; null for the chosen one. */
  readonly lost: string | null;
  /** What keeps it from being asked now; null where nothing does. */
  readonly blocked: string | null;
}

/** `route explain`: what would be decided for a request now, and from what. */
export interface RouteExplainView {
  readonly header: string;
  readonly mode: RouteDecision["mode"];
  readonly verdict: RouteDecision["verdict"];
  /** Null where the classifier was not asked. */
  readonly probabilities: Readonly<Record<TaskClass, number>> | null;
  readonly features: readonly { readonly name: string; readonly weight: number }[];
  readonly rules: readonly RuleTrace[];
  readonly signals: Readonly<Record<string, unknown>>;
  readonly difficulty: number | null;
  readonly floor: RouteDecision["floor"];
  readonly dial: number;
  readonly why: string;
  readonly candidates: readonly ExplainedCandidate[];
  /** `provider/model` of all that would be tried, in order. */
  readonly plan: readonly string[];
}

/** `route explain REQUEST`: what was decided. */
export interface RoutePastView {
  readonly route: StoredRoute;
}

/** `route report`: what the router's choices come to beside the default chain's. */
export interface RouteReportView {
  /** Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  /** Requests that were answered as the router chose. */
  readonly inForce: number;
  /** What the requests really cost, as far as known. */
  readonly costNanoUsd: number;
  /** Before: the default chain. After: the router. */
  readonly all: Replay;
  readonly byClass: readonly { readonly taskClass: TaskClass | "none"; readonly replay: Replay }[];
  readonly why: Readonly<Record<string, number>>;
  readonly isTruncated: boolean;
}

/** `route simulate`: what was asked beside what another policy would have asked. */
export interface RouteSimulateView {
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  readonly dial: number;
  readonly floors: Readonly<Record<string, number>>;
  readonly rules: number;
  readonly replay: Replay;
  readonly isTruncated: boolean;
}
