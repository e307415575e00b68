import type { Check, CheckResult } from "../../core/tournament/check.ts";
import type { Match, StoredAnswer, Tournament, TournamentPrompt } from "../../core/tournament/tournament.ts";

/** Whose votes the results of checks are. */
const CHECK_VOTER = "check";

/** What checks found of a tournament's answers. */
export interface Checked {
  readonly matches: readonly Match[];
  /** By model: answers that passed, of those that a program could judge. */
  readonly byModel: ReadonlyMap<string, { readonly passed: number; readonly of: number }>;
}

/** How answers are found and checked. */
export interface CheckParts {
  answerOf(prompt: TournamentPrompt, model: string): StoredAnswer | null;
  check(check: Check, answer: string): Promise<CheckResult>;
  /** Unix ms. */
  now(): number;
}

function winnerOf(left: CheckResult, right: CheckResult): Match["winner"] {
  if (left !== right) return left === "passed" ? "left" : "right";
  return left === "passed" ? "tie" : "both_bad";
}

/** Checks every answer that can be checked. Two answers of which it is known whether they are right make one vote. */
export async function checkMatches(tournament: Tournament, { answerOf, check, now }: CheckParts): Promise<Checked> {
  const matches: Match[] = [];
  const byModel = new Map<string, { passed: number; of: number }>();
  for (const prompt of tournament.prompts) {
    if (prompt.check === null) continue;
    const results: { readonly model: string; readonly result: CheckResult }[] = [];
    for (const model of tournament.models) {
      const answer = answerOf(prompt, model);
      if (answer === null) continue;
      const result = await check(prompt.check, answer.text);
      if (result === "unknown") continue;
      results.push({ model, result });
      const counts = byModel.get(model) ?? { passed: 0, of: 0 };
      byModel.set(model, { passed: counts.passed + (result === "passed" ? 1 : 0), of: counts.of + 1 });
    }
    for (const [at, left] of results.entries())
      for (const right of results.slice(at + 1))
        matches.push({
          tournament: tournament.id,
          prompt: prompt.id,
          taskClass: prompt.taskClass,
          left: left.model,
          right: right.model,
          winner: winnerOf(left.result, right.result),
          voter: CHECK_VOTER,
          kind: "check",
          at: now(),
          isConsistent: null,
        });
  }
  return { matches, byModel };
}
