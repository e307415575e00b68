import type { Evidence, EvidenceKind } from "./evidence.ts";

/** Which evidence: all members must match. */
export interface EvidenceFilter {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly taskClass?: string | undefined;
}

/** Evidence of one kind about one model and class, counted as it came. `good` is the sum of the scores. */
export interface EvidenceTally {
  readonly provider: string;
  readonly model: string;
  readonly taskClass: string;
  readonly kind: EvidenceKind;
  readonly pieces: number;
  readonly good: number;
  /** Unix ms. */
  readonly latestAt: number;
}

/** Reading what was observed of answers. */
export interface EvidenceReader {
  /** Newest first. */
  list(filter: EvidenceFilter, limit: number): readonly Evidence[];
  /** The latest of one model and class, as many as can matter. */
  ofModel(provider: string, model: string, taskClass: string): readonly Evidence[];
  tallies(filter: EvidenceFilter): readonly EvidenceTally[];
  close(): void;
}

/** What was observed of how good answers were, bounded: the oldest make room. */
export interface EvidenceStore extends EvidenceReader {
  /** In place of a piece of the same id. False: it could not be written. */
  save(evidence: Evidence): boolean;
  /** Deletes one chunk of what matches; returns how many, 0 when done. */
  remove(filter: EvidenceFilter): number;
  /** Deletes one chunk of what is older than `before` (Unix ms) or beyond the bound; returns how many, 0 when done. */
  prune(before: number): number;
}
