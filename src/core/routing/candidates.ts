import type { NanoUsd } from "../money.ts";
import type { QualityBelief } from "./quality.ts";

/** Why a candidate is passed over whatever it costs. */
export type BlockKind =
  | "cooling-down"
  | "over-budget"
  | "unpriced"
  | "busy"
  | "no-images"
  | "no-tools"
  | "no-key"
  | "context"
  | "ceiling";

/** What keeps a candidate from being chosen now. */
export interface Block {
  readonly kind: BlockKind;
  /** For people: `cools down for 12 s (rate-limited)`. */
  readonly words: string;
}

/** A model that could answer one request, with all that the choice follows from. */
export interface Candidate {
  /** `provider/model` */
  readonly name: string;
  readonly isLocal: boolean;
  /** Of the class; see {@link expectedQuality} for this request. */
  readonly belief: QualityBelief;
  /** Chance that its answer to this very request is good enough, 0 to 1. */
  readonly expected: number;
  /** Expected cost of this request; 0 for a local model, null where no price is known. */
  readonly costNanoUsd: NanoUsd | null;
  /** What a conversation's cached prompt saves at this model now; 0 where nothing is cached. In `costNanoUsd` already. */
  readonly cacheNanoUsd: NanoUsd;
  readonly outputTokens: number;
  /** `measured` by the ledger for this class and model (or the model alone), else estimated. */
  readonly tokens: "class" | "model" | "estimate";
  /** Until the whole answer is there; null where nothing was measured. */
  readonly latencyMs: number | null;
  /** Whether a local engine has it in memory; null for what is not local, or where nobody knows. */
  readonly isLoaded: boolean | null;
  readonly block: Block | null;
}

/** Steps away from certainty, so that a logarithm of odds stays finite. */
const LEAST = 0.01;
/** Local models up to this size are those that the difficulty was learnt for; larger and paid ones feel it less. */
const WEAK_BILLIONS = 15;
const STRONG_SHARE = 0.25;
/** An own answer counts this much before the class alone says nothing any more. */
const KNOWN_WEIGHT = 3;

function logit(share: number): number {
  const safe = Math.min(1 - LEAST, Math.max(LEAST, share));
  return Math.log(safe / (1 - safe));
}

/** How strongly a prompt's difficulty moves a model: fully for a small local one. */
export function difficultyShare(isLocal: boolean, parametersBillions: number | null): number {
  return isLocal && (parametersBillions ?? 0) <= WEAK_BILLIONS ? 1 : STRONG_SHARE;
}

/**
 * The chance that a model's answer is good enough for one request: what is believed for its class, moved in log odds by how
 * much harder (`difficulty` above its `usual` value) or easier the prompt is than others.
 */
export function expectedQuality(
  { mean }: Pick<QualityBelief, "mean">,
  difficulty: { readonly value: number; readonly usual: number } | null,
  share: number,
): number {
  if (difficulty === null) return mean;
  const moved = logit(mean) - share * (logit(difficulty.value) - logit(difficulty.usual));
  return 1 / (1 + Math.exp(-moved));
}

/** Whether a belief rests on something that was measured: a published figure, or enough own answers. */
export function isMeasured({ source, ownWeight }: Pick<QualityBelief, "source" | "ownWeight">): boolean {
  return source !== null || ownWeight >= KNOWN_WEIGHT;
}
