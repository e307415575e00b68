import type { NanoUsd } from "../money.ts";
import type { BlockKind } from "./candidates.ts";
import type { ClassSource, KeptSignals } from "./decision.ts";
import type { DefaultWhy, RouteWhy } from "./policy.ts";
import type { RoutingMode } from "./policy-settings.ts";
import type { TaskClass } from "./task-class.ts";

/** One model as a decision saw it. */
export interface StoredCandidate {
  /** `provider/model` */
  readonly name: string;
  readonly isLocal: boolean;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly isMeasured: boolean;
  readonly expected: number;
  readonly costNanoUsd: NanoUsd | null;
  readonly cacheNanoUsd: NanoUsd;
  readonly latencyMs: number | null;
  readonly block: BlockKind | null;
}

/** What a request came to. */
export interface RouteOutcome {
  readonly requestId: string;
  /** The model that answered, `provider/model`; null where none did. */
  readonly served: string | null;
  /** Of all attempts; null where one has no known cost. */
  readonly costNanoUsd: NanoUsd | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** One decision of the router as it is kept: no word of the prompt. */
export interface StoredRoute {
  readonly requestId: string;
  /** Unix ms. */
  readonly at: number;
  readonly mode: Exclude<RoutingMode, "off">;
  readonly taskClass: TaskClass | null;
  readonly classSource: ClassSource;
  readonly probability: number | null;
  readonly difficulty: number | null;
  readonly why: RouteWhy | DefaultWhy;
  /** `provider/model`; null where the default chain stayed as it was. */
  readonly chosen: string | null;
  /** What the default chain would have asked first. */
  readonly usual: string | null;
  readonly rule: string | null;
  readonly floor: number;
  readonly dial: number;
  /** A hash. */
  readonly conversation: string;
  /** The model that the conversation was with before, `provider/model`. */
  readonly current: string | null;
  readonly signals: KeptSignals;
  readonly candidates: readonly StoredCandidate[];
  /** What trying another model was expected to cost more; 0 where nothing was tried. */
  readonly exploredNanoUsd: NanoUsd;
  /** Null while the request runs, or where the process ended before it. */
  readonly outcome: Omit<RouteOutcome, "requestId"> | null;
}
