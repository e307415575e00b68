/**
 * What a piece of evidence is about, by where it came from. `vote`: a person compared answers blindly. `thumb`: a person
 * judged one answer. `exit`: the exit code of a command that ran what was answered. `edit`: whether an answered edit could be
 * applied. `verdict`: whether the verified cascade's checks passed. `regeneration`: the same question was asked again at once.
 */
export const EVIDENCE_KINDS = ["vote", "thumb", "exit", "edit", "verdict", "regeneration"] as const;

/** One of {@link EVIDENCE_KINDS}. */
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/**
 * What a piece counts, in answers judged by a person. Assumed, not measured: a command can fail for reasons of its own, an edit
 * that applies need not be right, and who asks again may only want another wording.
 */
const WEIGHTS: Readonly<Record<EvidenceKind, number>> = {
  vote: 1,
  thumb: 1,
  exit: 0.5,
  verdict: 0.5,
  edit: 0.3,
  regeneration: 0.25,
};

/** What a piece of this kind counts, in answers judged by a person. */
export function evidenceWeightOf(kind: EvidenceKind): number {
  return WEIGHTS[kind];
}

/** Whether a person's opinion is behind it; what one person thinks of a model is much alike from answer to answer. */
export function isJudgement(kind: EvidenceKind): boolean {
  return kind === "vote" || kind === "thumb" || kind === "regeneration";
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

/** Where evidence goes. Recording never throws; false: it could not be kept. */
export interface EvidenceSink {
  recordEvidence(evidence: Evidence): boolean;
}
