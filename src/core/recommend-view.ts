import type { NanoUsd } from "./money.ts";
import type { QualityBelief } from "./routing/quality.ts";

/** The probability with which a model must reach the floor. */
export const WANTED_PROBABILITY = 0.9;

/** What one request of a class takes, on average. */
export interface TypicalRequest {
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  /** How many requests it is the mean of; 0 where it is assumed. */
  readonly requests: number;
  /** Measured: requests of the class at this model, of the class at any, of any class; or assumed. */
  readonly basis: "model" | "class" | "all" | "assumed";
}

/** Why a model is, or is not, the one. */
export type ContenderVerdict =
  | "chosen"
  | "qualifies"
  | "quality"
  | "unpriced"
  | "budget"
  | "latency"
  | "unmeasured-latency";

/** One model as a recommendation sees it. */
export interface Contender {
  /** `provider/model` */
  readonly model: string;
  readonly isLocal: boolean;
  readonly quality: QualityBelief;
  /** What the prior rests on, in words. */
  readonly priorBasis: string;
  /** That its share of good answers is at least the floor. */
  readonly probability: number;
  /** Of a thousand requests; null where no price is known. */
  readonly costNanoUsd: NanoUsd | null;
  readonly tokens: TypicalRequest;
  /** Median time to a whole answer; null where too few were measured. */
  readonly latencyMs: number | null;
  readonly verdict: ContenderVerdict;
}

/** Something that would lead to another recommendation. */
export type Change =
  /** So many further good answers, each counting in full, and the model reaches the floor. */
  | { readonly kind: "good-answers"; readonly model: string; readonly count: number }
  /** So many further bad answers of the chosen model, and it no longer does. */
  | { readonly kind: "bad-answers"; readonly model: string; readonly count: number }
  /** Below this price for a thousand requests, another model that qualifies is the cheapest. */
  | { readonly kind: "price"; readonly model: string; readonly belowNanoUsd: NanoUsd }
  /** At this floor the model qualifies. */
  | { readonly kind: "floor"; readonly model: string; readonly floor: number }
  | { readonly kind: "budget"; readonly model: string; readonly nanoUsd: NanoUsd }
  | { readonly kind: "latency"; readonly model: string; readonly latencyMs: number };

/** The recommendation for one class of task. */
export interface ClassRecommendation {
  readonly taskClass: string;
  readonly floor: number;
  /** Who asks for it: `flag`, `class`, `default` or `dial`. */
  readonly floorSource: string;
  /** The cheapest that qualifies; null where none does. */
  readonly choice: string | null;
  /** Where none does, the one that is nearest to the floor; null where there are no models at all. */
  readonly nearest: string | null;
  /** The choice first, then what qualifies by price, then the others by how near they are. */
  readonly contenders: readonly Contender[];
  readonly changes: readonly Change[];
}

/** `recommend`: one entry a class. */
export interface RecommendView {
  readonly wantedProbability: number;
  readonly recommendations: readonly ClassRecommendation[];
}
