/**
 * What a piece of evidence is about, by where it came from. `vote`: a person compared answers blindly. `thumb`: a person
 * judged one answer. `exit`: the exit code of a command that ran what was answered. `edit`: whether an answered edit could be
 * applied. `verdict`: whether the verified cascade's checks passed. `regeneration`: the same question was asked again at once.
 */
export const EVIDENCE_KINDS = ["vote", "thumb", "exit", "edit", "verdict", "regeneration"] as const;

/** One of {@link EVIDENCE_KINDS}. */
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** Whether a text names a kind of evidence. */
export function isEvidenceKind(text: string): text is EvidenceKind {
  return EVIDENCE_KINDS.some((kind) => kind === text);
}

/** One observation of how good an answer of a model was. It holds no word of what was asked or answered. */
export interface Evidence {
  /** A later piece with the same id takes the place of this one: a person may change their mind. */
  readonly id: string;
  /** Unix ms. */
  readonly at: number;
  readonly provider: string;
  readonly model: string;
  readonly taskClass: string;
  readonly kind: EvidenceKind;
  /** 0 is bad, 1 is good, 0.5 a tie. */
  readonly score: number;
  /** Who judged: a key's id, a judge's name; null for the one user of this machine, and for commands. */
  readonly voter: string | null;
  /** The request that was judged, where there is one. */
  readonly requestId: string | null;
  readonly project: string | null;
}

/** Where evidence goes. Recording never throws and never blocks an answer; false: it could not be kept. */
export interface EvidenceSink {
  recordEvidence(evidence: Evidence): boolean;
}
