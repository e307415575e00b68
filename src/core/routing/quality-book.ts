import type { Evidence, EvidenceSink } from "../evidence.ts";
import { believe, type ModelFacts, type QualityBelief } from "./quality.ts";
import type { PublishedFigure } from "./quality-prior.ts";

/** Beliefs by model and task class, ready at every request, and where new evidence comes in. */
export interface QualityBook extends EvidenceSink {
  /** At `now`, Unix ms. What was reckoned within the last hour is not reckoned again, unless evidence came. */
  believe(model: ModelFacts, taskClass: string, now: number): QualityBelief;
  /** Evidence was removed or came by another way: all is reckoned anew. */
  forgetBeliefs(): void;
}

/** What a book of beliefs stands on. */
export interface QualityBookParts {
  readonly figures: () => readonly PublishedFigure[];
  /** Kept evidence of one model and class. */
  readonly evidenceOf: (provider: string, model: string, taskClass: string) => readonly Evidence[];
  /** Keeps a piece; false where it cannot. */
  readonly save: (evidence: Evidence) => boolean;
}

/** In an hour, forgetting takes three hundredths of a per cent of what evidence counts. */
const STALE_MS = 3_600_000;
const MOST_BELIEFS = 2_000;

function keyOf(provider: string, model: string, taskClass: string): string {
  return `${taskClass} ${provider}/${model}`;
}

/** A book of beliefs that reads evidence only when it must. */
export function createQualityBook({ figures, evidenceOf, save }: QualityBookParts): QualityBook {
  const beliefs = new Map<string, { readonly belief: QualityBelief; readonly at: number }>();

  function reckon(model: ModelFacts, taskClass: string, now: number): QualityBelief {
    const evidence = evidenceOf(model.provider, model.model, taskClass);
    return believe(model, taskClass, { figures: figures(), evidence, now });
  }

  return {
    believe(model, taskClass, now) {
      const key = keyOf(model.provider, model.model, taskClass);
      const known = beliefs.get(key);
      if (known !== undefined && Math.abs(now - known.at) < STALE_MS) return known.belief;
      if (beliefs.size >= MOST_BELIEFS) beliefs.clear();
      const belief = reckon(model, taskClass, now);
      beliefs.set(key, { belief, at: now });
      return belief;
    },
    recordEvidence(evidence) {
      beliefs.delete(keyOf(evidence.provider, evidence.model, evidence.taskClass));
      return save(evidence);
    },
    forgetBeliefs: () => beliefs.clear(),
  };
}
