import type { EvidenceKind } from "../evidence.ts";
import { shareOfLeft } from "../rating/vote.ts";
import type { TaskClass } from "../routing/task-class.ts";
import type { Match } from "./tournament.ts";

/** What one voter thought of one answer. */
export interface AnswerScore {
  readonly requestId: string;
  readonly model: string;
  readonly taskClass: TaskClass;
  readonly voter: string;
  readonly kind: EvidenceKind;
  /** The mean of what it got of its matches: 1 for a win, 0.5 for a tie, 0 for a loss or where both were bad. */
  readonly score: number;
}

function sharesOf({ winner, left, right }: Match): readonly (readonly [string, number])[] {
  if (winner === "both_bad")
    return [
      [left, 0],
      [right, 0],
    ];
  const share = shareOfLeft(winner);
  return [
    [left, share],
    [right, 1 - share],
  ];
}

/**
 * Votes as evidence: one piece for each answer and voter, however many matches they had. A person's is a vote; a judge's or a
 * check's, which nobody looked at, a verdict.
 */
export function evidenceOf(
  matches: readonly Match[],
  requestOf: (prompt: string, model: string) => string | null,
): readonly AnswerScore[] {
  const sums = new Map<string, AnswerScore & { readonly n: number }>();
  for (const match of matches)
    for (const [model, share] of sharesOf(match)) {
      const requestId = requestOf(match.prompt, model);
      if (requestId === null) continue;
      const { voter, taskClass } = match;
      const key = `${requestId}\n${voter}`;
      const { n = 0, score = 0 } = sums.get(key) ?? {};
      const kind = match.kind === "person" ? "vote" : "verdict";
      sums.set(key, { requestId, model, taskClass, voter, kind, n: n + 1, score: (score * n + share) / (n + 1) });
    }
  return [...sums.values()].map(({ n: _n, ...piece }) => piece);
}
