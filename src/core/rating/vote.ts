/** What a voter said of two answers: one is better, they are alike, or neither is any good. */
export const VERDICTS = ["left", "right", "tie", "both_bad"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One comparison of two competitors, by their names. */
export interface Vote {
  readonly left: string;
  readonly right: string;
  readonly winner: Verdict;
  /** Votes of one voter are correlated, and form one cluster; null: a voter of its own. */
  readonly voter: string | null;
}

/** What `left` got of a vote: 1, 0, or half where nobody won. */
export function shareOfLeft(winner: Verdict): number {
  if (winner === "left") return 1;
  return winner === "right" ? 0 : 0.5;
}
